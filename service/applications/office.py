"""What every step on an application shares: store, rules of the day, who may see it, which version is meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection

from models.policy import Policy
from models.policy.approval_rules import ApprovalRules
from service.applications import rows
from service.applications.application import Application, Standing
from service.applications.at_hand import AtHand
from service.applications.beside import standings
from service.applications.commitments import require_cases_as_told, require_file_as_told
from service.applications.errors import ApplicationNotFound, VersionChanged, VersionMissing
from service.assessing import Assessor, Clock
from service.outbox.event import SOURCE
from service.people import Principal
from service.recording import Recorder
from service.store import Store

ANY = "*"


@dataclass(frozen=True)
class Office:
    """Where applications are worked on. Threads may share it."""

    store: Store
    assessor: Assessor
    recorder: Recorder
    rules_on: Callable[[date], ApprovalRules]
    new_id: Callable[[datetime], str]
    event_source: str = SOURCE
    at_hand: AtHand = field(default_factory=AtHand)

    @property
    def clock(self) -> Clock:
        """The one clock."""
        return self.assessor.clock

    def rules(self) -> ApprovalRules:
        """The approval rules of today."""
        return self.rules_on(self.assessor.today())

    def policy(self) -> Policy:
        """The policy of today."""
        return self.assessor.policy_on(self.assessor.today())

    def standing(self, connection: Connection, application: Application, caller: Principal) -> Standing:
        """The application with its overrides and what stands beside it, as of today."""
        return standings(connection, [application], self.assessor.today(), caller)[0]

    def held(self, connection: Connection, application_id: str, caller: Principal) -> Standing:
        """The application for a change, locked; it and every case of its enterprise as the ledger says.

        Raises ApplicationNotFound, RowNotAsTold.
        """
        found = seen(rows.held(connection, application_id), application_id, caller)
        require_cases_as_told(connection, [found.enterprise_id], found.id)
        return self.standing(connection, found, caller)

    def read(self, connection: Connection, application_id: str, caller: Principal) -> Standing:
        """The application to look at; it and every case of its enterprise as the ledger says.

        Raises ApplicationNotFound, RowNotAsTold.
        """
        found = seen(rows.read(connection, application_id), application_id, caller)
        require_cases_as_told(connection, [found.enterprise_id], found.id)
        return self.standing(connection, found, caller)

    def read_whole(self, connection: Connection, application_id: str, caller: Principal) -> Standing:
        """The same, and everything that was written into it too. Raises ApplicationNotFound, RowNotAsTold."""
        standing = self.read(connection, application_id, caller)
        require_file_as_told(connection, standing.application.id)
        return standing


def seen(application: Application | None, application_id: str, caller: Principal) -> Application:
    """The application, if the caller may know of it. Raises ApplicationNotFound: the same for both reasons."""
    if application is None or not caller.sees(
        owner=application.officer, branch=application.branch, park=application.park
    ):
        raise ApplicationNotFound(
            "no application with this id is in your reach",
            field="application_id",
            expected="an id that GET /v1/applications lists",
            found=application_id,
        )
    return application


def require_version(standing: Standing, if_match: str | None) -> None:
    """Refuse a change of another version than the caller saw. Raises VersionMissing, VersionChanged.

    `*` and a list of tags hold of more than one version (RFC 9110, 13.1.1), so they say nothing of what the caller saw:
    they count as none. A weak tag never matches (13.1.1, 8.8.3.2).
    """
    application = standing.application
    found = None if if_match is None else if_match.strip()
    unsaid = _says_no_version(found)
    if unsaid is not None:
        raise VersionMissing(
            unsaid,
            current=application.current(),
            field="If-Match",
            expected="the ETag of the application as you read it, in its quotes",
            found=if_match,
            advice=f"read it; where you decide on what you read, send If-Match: {application.etag}",
        )
    if found != application.etag:
        bare = application.etag.strip('"') == found
        weak = found is not None and found.startswith("W/")
        raise VersionChanged(
            "a version stands in quotes"
            if bare
            else "a weak tag cannot be used: it never matches"
            if weak
            else "the application was changed since you read it",
            current=application.current(),
            field="If-Match",
            expected=application.etag,
            found=if_match,
            advice=f"send If-Match: {application.etag}"
            if bare
            else "send the ETag as you were given it, without W/"
            if weak
            else "read it again, and decide again",
        )


def _says_no_version(if_match: str | None) -> str | None:
    """Why a header does not say which version somebody saw; None: it does."""
    if if_match is None:
        return "the change does not say which version it is of"
    tags = [tag.strip() for tag in if_match.split(",")]
    if ANY in tags:
        return "If-Match: * is of any version, and money moves on the one that somebody has seen"
    if len(tags) > 1:
        return "If-Match with several tags is of several versions, and money moves on the one that somebody has seen"
    return None
