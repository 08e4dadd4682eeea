"""An application as it stands, with what a person moved about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from models.grades import GRADES, WORSE
from models.money import fen_from_yuan
from models.policy import Policy
from service.applications.transitions import State

GRADE_MAXIMUM = "ceiling.grade_maximum"
What = Literal["grade", "amount"]


@dataclass(frozen=True)
class Approval:
    """One person's yes in the present round."""

    approver: str
    level: str
    amount_fen: int
    at: str


@dataclass(frozen=True)
class Override:
    """A grade or amount that a person put in the place of the assessed one, through `expires_on`."""

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

    def counts(self, assessment_id: str, today: date) -> bool:
        """Whether it holds on a day: of the present assessment, and not past its end."""
        return self.assessment_id == assessment_id and today <= self.expires_on


@dataclass(frozen=True)
class Application:
    """One row. Amounts are fen; `limit_fen`, `grade` and `outcome` are the assessment's, untouched by any override."""

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

    @property
    def etag(self) -> str:
        """The tag of this version."""
        return f'"{self.version}"'

    def current(self) -> dict[str, Any]:
        """What a caller whose knowledge is out of date needs to see."""
        return {"id": self.id, "etag": self.etag, "version": self.version, "state": self.state.value}


@dataclass(frozen=True)
class Standing:
    """What may be approved on a day: the assessment, and the overrides that count then."""

    application: Application
    today: date
    overrides: Sequence[Override] = field(default_factory=tuple)

    @property
    def counting(self) -> tuple[Override, ...]:
        """The overrides that count today."""
        return tuple(one for one in self.overrides if one.counts(self.application.assessment_id, self.today))

    def counting_of(self, what: What) -> Override | None:
        """The one that counts for grade or amount."""
        return next((one for one in self.counting if one.what == what), None)

    @property
    def grade(self) -> str:
        """The grade that authority is measured by: overridden, else assessed, else the class for worse."""
        moved = self.counting_of("grade")
        return moved.after if moved is not None else self.application.grade or WORSE

    def proposed_fen(self, policy: Policy) -> int:
        """The amount that may be approved at most.

        An overridden amount, else the assessed limit. A grade that was lowered takes it down to the maximum of that
        grade; one that was raised never takes it up.
        """
        amount = self.counting_of("amount")
        proposed = self.application.limit_fen if amount is None else fen_from_yuan(amount.after)
        grade = self.counting_of("grade")
        if grade is not None and grade.direction == "down":
            proposed = min(proposed, policy.fen_by_grade(GRADE_MAXIMUM)[GRADES.index(grade.after)])
        return min(proposed, self.application.amount_fen)
