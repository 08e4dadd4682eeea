"""What is answered about applications."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from service.applications.transitions import Action, State
from service.people import Role


class AssessedAs(BaseModel):
    """What the engine computed, whatever people did with it later."""

    id: str
    href: str
    as_of: date
    outcome: Literal["approve", "reduce", "refer", "decline"]
    grade: str | None
    limit_yuan: str


class WithdrawalShown(BaseModel):
    """An override was ended before its day."""

    at: datetime
    actor: str
    reason: str
    explanation: str


class OverrideShown(BaseModel):
    """An override, always shown as one. `counts`: it has not ended; one that goes up is of the present assessment.

    One that goes down stays through every later assessment, and bears on the enterprise's other applications.
    """

    id: str
    at: datetime
    actor: str
    what: Literal["grade", "amount"]
    direction: Literal["up", "down"]
    before: str
    after: str
    reason: str
    explanation: str
    evidence: str
    expires_on: date
    assessment_id: str
    application_id: str | None = Field(description="the case on which it was made; null: another one, out of reach")
    level: str | None = Field(description="authority of whoever made it; ending it needs as much")
    counts: bool
    withdrawn: WithdrawalShown | None


class ApprovalShown(BaseModel):
    """One person's yes in the present round."""

    approver: str
    level: str
    amount_yuan: str
    at: datetime


class ExposureChanged(BaseModel):
    """Lines of the enterprise changed after the assessment, so its figures are not those of now."""

    committed_since_yuan: str = Field(description="lines that the assessment did not see")
    replaced_gone_yuan: str = Field(description="what can no longer be replaced of the line named in `replaces`")
    own_now_yuan: str = Field(description="`own_yuan` with those lines")
    total_now_yuan: str = Field(description="`total_yuan` with those lines")
    zh: str = Field(description="what has changed and what to do, in Chinese")
    en: str


class ExposureShown(BaseModel):
    """What the bank is exposed to, and would be once this is approved: as of the assessment."""

    own_yuan: str = Field(description="loans and lines of the enterprise, as the assessment counted them")
    group_yuan: str | None = Field(description="those of its group's other members; null: none, or not known")
    replaced_yuan: str | None = Field(description="the line that this one replaces, which is not in `own_yuan`")
    other_applications_yuan: str = Field(description="what the enterprise's other undecided applications would add")
    total_yuan: str = Field(description="all of it with the proposed amount: authority is measured by this")
    changed: ExposureChanged | None = Field(
        description="lines were committed since, or the one to replace is gone: an approval is refused until the case "
        "is assessed again; null: no line of the enterprise changed, or the case is decided for good"
    )


class LineShown(BaseModel):
    """A line of the enterprise that counts today."""

    id: str | None = Field(description="null: out of the caller's reach")
    state: Literal["approved", "active", "frozen"]
    product: str
    approved_yuan: str
    ends_on: date | None = Field(description="null: it has no end, or is frozen from before ends were kept")
    replaced: bool = Field(description="this application takes its place")


class OtherApplication(BaseModel):
    """Another application of the same enterprise that nobody has decided yet."""

    id: str | None = Field(description="null: out of the caller's reach")
    state: Literal["assessed", "in_review"]
    product: str
    amount_yuan: str
    proposed_yuan: str
    created_at: datetime


class ApplicationResponse(BaseModel):
    """An application as it stands. Its ETag names the version; a change names it in If-Match."""

    id: str
    version: int
    state: State
    state_zh: str
    enterprise_id: str
    product: str
    amount_yuan: str
    tenor_months: int
    purpose: str
    branch: str
    park: str | None
    officer: str = Field(description="who made it; nobody else submits it and they never approve it")
    created_at: datetime
    updated_at: datetime
    assessment: AssessedAs
    overridden: bool = Field(description="a person's override counts now: grade or proposed amount are not computed")
    overrides: list[OverrideShown]
    grade: str = Field(description="what authority is measured by; D where no grade is known")
    proposed_yuan: str = Field(description="the most that may be approved now")
    approvals: list[ApprovalShown]
    approvals_needed: int
    approved_yuan: str | None
    replaces: str | None = Field(description="the application whose line this one takes the place of")
    ends_on: date | None = Field(description="last day on which the approval, then the line, counts")
    exposure: ExposureShown
    lines: list[LineShown] = Field(description="the enterprise's lines that count today, beside this one")
    other_applications: list[OtherApplication] = Field(description="open ones of the same enterprise")
    actions: list[Action] = Field(description="what the state allows, whoever may do it")


class ApplicationPage(BaseModel):
    """Some applications, newest first."""

    applications: list[ApplicationResponse]
    next: str | None = Field(description="cursor of the next page; null: that was all")
    not_as_told: list[str] = Field(
        description="ids of applications that are left out of this page: a row of theirs, or of a case of the same "
        "enterprise, is not as the ledger says; reading one is 503 row-not-as-told"
    )


class EventShown(BaseModel):
    """One thing that happened to an application."""

    number: int
    at: datetime
    actor: str
    actor_name: str | None = Field(description="as the token had it then; null for what was kept before names were")
    kind: Literal["made", "transition", "override", "withdrawal", "comment", "attachment"]
    content: dict[str, Any]


class EventPage(BaseModel):
    """What happened, in order."""

    events: list[EventShown]
    next: int | None = Field(description="`after` of the next page; null: that was all")


class CommentShown(BaseModel):
    """A comment as it was kept."""

    text: str
    at: datetime
    actor: str


class AttachmentShown(BaseModel):
    """A file of a case."""

    sha256: str
    name: str
    media_type: str
    size: int
    at: datetime
    actor: str


class AttachmentListed(AttachmentShown):
    """A file of a case; the same bytes attached again under another name are the same file."""

    names: list[str] = Field(description="every name under which it was attached, the first one first")


class Attachments(BaseModel):
    """The files of a case, the first one first."""

    attachments: list[AttachmentListed]


class TransitionShown(BaseModel):
    """One row of the table of transitions."""

    action: Action
    zh: str
    sources: list[State]
    target: State
    roles: list[Role]
    own: bool = Field(description="only the officer of the case")
    not_own: bool = Field(description="never the officer of the case")
    reason: bool = Field(description="needs a reason in words")
    within_authority: bool = Field(description="needs authority for amount and grade, and no override by the caller")


class TransitionTable(BaseModel):
    """Who may take an application from where to where."""

    transitions: list[TransitionShown]
    states: dict[str, str] = Field(description="every state with its Chinese word")
    override_roles: list[Role]
    override_states: list[State]


class DirectionCount(BaseModel):
    """Overrides of one direction."""

    overrides: int
    applications: int
    rate: str


class OverrideReport(BaseModel):
    """How often people overrode what was computed. Rates are fractions of the applications made in the days."""

    from_: date = Field(alias="from")
    to: date
    applications: int
    overridden: int
    rate: str
    band: Literal["green", "amber", "red"]
    bands: dict[str, str]
    by_direction: dict[str, DirectionCount]
    by_what: dict[str, int]
    by_reason: dict[str, int]
