"""What is asked about applications; what is answered is in `application_answers`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from models.grades import GRADES
from service.api.messages import Day, EnterpriseId, Strict, Yuan
from service.applications.listing import LONGEST_PAGE
from service.applications.transitions import Action, State

# Control characters, halves of pairs, and marks that make text read in another order than it was written (UAX 9).
INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def readable(value: Any) -> Any:  # noqa: ANN401
    """Text without control characters but line breaks and tabs, not blank; a database could not keep a NUL.

    Marks of direction are refused: an approver must read what the officer wrote, in its order.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").strip()
    if not text or INVISIBLE.search(text):
        raise PydanticCustomError("text", "visible text that is not blank")
    return text


Words = Annotated[str, Field(min_length=1, max_length=2000), BeforeValidator(readable)]
LongWords = Annotated[str, Field(min_length=1, max_length=4000), BeforeValidator(readable)]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
Place = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(readable)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256, hexadecimal")]


class ApplicationRequest(Strict):
    """An enterprise applies. It is assessed at once, by the same path as POST /v1/assessments, on today's records."""

    enterprise_id: EnterpriseId
    product: str | None = Field(None, min_length=1, max_length=64, description="default: the policy's default product")
    amount_yuan: Yuan
    tenor_months: int = Field(ge=1, le=360, strict=True, examples=[12])
    purpose: Words = Field(examples=["Steel for the orders of the second quarter"])
    branch: Place | None = Field(None, description="default: the caller's branch, where there is only one")
    park: Place | None = Field(None, description="industrial park, where the enterprise sits in one")
    replaces: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="id of the application whose line this one takes the place of: it does not count beside the new "
        "one, and is closed when the new one becomes active",
    )


class ApplicationQuery(Strict):
    """Which applications to list, and which page of them."""

    enterprise_id: EnterpriseId | None = None
    state: State | None = None
    product: str | None = Field(None, max_length=64)
    officer: str | None = Field(None, max_length=200)
    branch: str | None = Field(None, max_length=200)
    park: str | None = Field(None, max_length=200)
    grade: Literal[GRADES] | None = Field(None, description="assessed grade")  # type: ignore[valid-type]
    made_from: Day | None = Field(None, description="made on this day or later, Beijing")
    made_to: Day | None = Field(None, description="made on this day or earlier")
    search: str | None = Field(None, max_length=100, description="part of the enterprise's id or the purpose")
    limit: int = Field(50, ge=1, le=LONGEST_PAGE)
    cursor: str | None = Field(None, max_length=500, description="`next` of the page before, as it came")


class TransitionRequest(Strict):
    """One step by the table of GET /v1/applications/transitions."""

    action: Action
    reason: Words | None = Field(None, description="in words; needed where the table says so")
    amount_yuan: Yuan | None = Field(None, description="of an approval: at most `proposed_yuan`, which is the default")


class OverrideRequest(Strict):
    """A person's judgement in the place of the computed grade or amount, within the bounds of the policy."""

    what: Literal["grade", "amount"]
    direction: Literal["up", "down"] = Field(description="for the enterprise; must be that of the move")
    to_grade: Literal[GRADES] | None = Field(None, description="with what=grade")  # type: ignore[valid-type]
    to_amount_yuan: Yuan | None = Field(None, description="with what=amount")
    reason: Code = Field(description="code of the policy's list, for this direction", examples=["newer_information"])
    explanation: Words
    evidence: Sha256 = Field(description="SHA-256 of an attachment of this application")
    expires_on: Day = Field(description="the last day on which it counts")

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        """The target of what is moved, and no other."""
        given = {"grade": self.to_grade, "amount": self.to_amount_yuan}
        if given.pop(self.what) is None or any(value is not None for value in given.values()):
            raise PydanticCustomError("target", "to_grade with what=grade, to_amount_yuan with what=amount, never both")
        return self


class WithdrawalRequest(Strict):
    """Why an override ends before its day."""

    reason: Code = Field(description="code of the policy's list", examples=["cause_remedied"])
    explanation: Words


class CommentRequest(Strict):
    """Something said about a case."""

    text: LongWords
