"""What goes over the wire about applications."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from models.grades import GRADES
from service.api.messages import Day, EnterpriseId, Strict, Yuan
from service.applications.listing import LONGEST_PAGE
from service.applications.transitions import Action, State
from service.people import Role

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
