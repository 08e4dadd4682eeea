"""An application as it stands, with what a person moved about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from models.grades import GRADES, WORSE
from models.money import fen_from_yuan
from models.policy import Policy
from models.policy.approval_rules import DOWN
from service.applications.transitions import State

GRADE_MAXIMUM = "ceiling.grade_maximum"
RISK_LEVEL = "risk"  # the authority of a risk manager, above every level of approval when an override is to be ended
What = Literal["grade", "amount"]


@dataclass(frozen=True)
class Approval:
    """One person's yes in the present round."""

    approver: str
    level: str
    amount_fen: int
    at: str


@dataclass(frozen=True)
class Withdrawal:
    """The end of an override before its day, by somebody of at least the authority of whoever made it."""

    override_id: str
    application_id: str
    at: datetime
    actor: str
    level: str | None
    reason: str
    explanation: str


@dataclass(frozen=True)
class Override:
    """A grade or amount that a person put in the place of the assessed one, through `expires_on`.

    `level`: the authority of whoever made it, a level of the policy or `RISK_LEVEL`; None: from before it was kept.
    """

    id: str
    application_id: str
    assessment_id: str
    at: datetime
    actor: str
    what: What
    direction: str
    before: str
    after: str
    reason: str
    explanation: str
    evidence: str
    expires_on: date
    policy_sha256: str
    level: str | None = None
    withdrawn: Withdrawal | None = None

    def counts(self, assessment_id: str, today: date) -> bool:
        """Whether it holds on a day: neither past its end nor withdrawn.

        One that goes down stays whatever is assessed later: no new assessment has seen what the person saw. One that
        goes up is of its own assessment only.
        """
        stands = self.withdrawn is None and today <= self.expires_on
        return stands and (self.direction == DOWN or self.assessment_id == assessment_id)


@dataclass(frozen=True)
class Exposure:
    """What an assessment counted as exposure of this bank, in fen.

    `own_fen`: loans and lines of the enterprise, without the line that this one would replace (`replaced_fen`);
    `group_fen`: those of the other members of its group, None where there is none or nobody knows; `lines`: the lines
    that it saw, of the enterprise and of whoever may be in its group, by number.
    """

    own_fen: int = 0
    group_fen: int | None = None
    replaced_fen: int | None = None
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Today:
    """What an assessment finds on the day of a step that commits the bank.

    `warning`: the level of the early warning; `most_fen`: what it leaves beside the exposure; None: it takes nothing.
    """

    exposure: Exposure
    warning: str
    most_fen: int | None


@dataclass(frozen=True)
class Application:
    """One row. Amounts are fen.

    `limit_fen`, `grade`, `outcome` and `exposure` are the assessment's, untouched by any override.
    """

    id: str
    version: int
    state: State
    enterprise_id: str
    product: str
    amount_fen: int
    tenor_months: int
    purpose: str
    branch: str
    park: str | None
    officer: str
    created_at: datetime
    updated_at: datetime
    assessment_id: str
    as_of: date
    outcome: str
    grade: str | None
    limit_fen: int
    approved_fen: int | None = None
    approvals: tuple[Approval, ...] = ()
    replaces: str | None = None  # the application whose line this one takes the place of
    ends_on: date | None = None  # last day on which the approval, then the line, counts
    exposure: Exposure = Exposure()

    @property
    def etag(self) -> str:
        """The tag of this version."""
        return f'"{self.version}"'

    def current(self) -> dict[str, Any]:
        """What a caller whose knowledge is out of date needs to see."""
        return {"id": self.id, "etag": self.etag, "version": self.version, "state": self.state.value}


@dataclass(frozen=True)
class Beside:
    """The same enterprise's other business: applications that are not decided yet, and lines that count today.

    `in_reach`: the ids of those that whoever looks may open; of the others only state and amounts are told.
    """

    open: tuple[Standing, ...] = ()
    lines: tuple[Application, ...] = ()
    in_reach: frozenset[str] = frozenset()

    def line(self, application_id: str | None) -> Application | None:
        """The line of that id, where it counts today."""
        return next((one for one in self.lines if one.id == application_id), None)


@dataclass(frozen=True)
class Standing:
    """What may be approved on a day: the assessment, and the overrides that count then.

    `overrides` are those of the application itself, and those that go down and were made on others of the enterprise.
    """

    application: Application
    today: date
    overrides: Sequence[Override] = field(default_factory=tuple)
    beside: Beside = field(default_factory=Beside)

    @property
    def counting(self) -> tuple[Override, ...]:
        """The overrides that count today."""
        return tuple(one for one in self.overrides if one.counts(self.application.assessment_id, self.today))

    def counting_of(self, what: What) -> Override | None:
        """The one that counts for grade or amount: the lowest of those that go down, else the one that goes up."""
        found = [one for one in self.counting if one.what == what]
        down = [one for one in found if one.direction == DOWN]
        if not down:
            return found[0] if found else None
        return max(down, key=lambda one: GRADES.index(one.after) if what == "grade" else -fen_from_yuan(one.after))

    @property
    def grade(self) -> str:
        """The grade that authority is measured by: overridden, else assessed, else the class for worse.

        A grade that was lowered never improves one that a later assessment found worse.
        """
        moved, assessed = self.counting_of("grade"), self.application.grade or WORSE
        if moved is None:
            return assessed
        return max(moved.after, assessed, key=GRADES.index) if moved.direction == DOWN else moved.after

    def proposed_fen(self, policy: Policy) -> int:
        """The amount that may be approved at most.

        An overridden amount, else the assessed limit; an amount that was lowered never raises one. A grade that was
        lowered takes it down to what the maximum of that grade leaves beside the exposure; one that was raised never
        takes it up.
        """
        amount = self.counting_of("amount")
        proposed = self.application.limit_fen
        if amount is not None:
            moved = fen_from_yuan(amount.after)
            proposed = min(moved, proposed) if amount.direction == DOWN else moved
        grade = self.counting_of("grade")
        if grade is not None and grade.direction == DOWN:
            most = policy.fen_by_grade(GRADE_MAXIMUM)[GRADES.index(grade.after)]
            proposed = min(proposed, max(most - self.application.exposure.own_fen, 0))
        return min(proposed, self.application.amount_fen)

    def open_fen(self, policy: Policy) -> int:
        """What the enterprise's other undecided applications would add, each less the line that it replaces."""
        return sum(
            max(one.proposed_fen(policy) - (one.application.exposure.replaced_fen or 0), 0) for one in self.beside.open
        )

    def total_fen(self, amount_fen: int, policy: Policy) -> int:
        """What authority is measured by: this amount, all exposure to enterprise and group, and what else is asked."""
        counted = self.application.exposure
        return amount_fen + counted.own_fen + (counted.group_fen or 0) + self.open_fen(policy)
