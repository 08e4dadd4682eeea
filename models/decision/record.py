"""DecisionRecord: a decision as a value that outlives the code that made it.

Version 3 says with whom the points compare; it is written only where that is not the average of training, which is
what version 2 means by saying nothing. Version 2 says in what interval the probability lies (`pd_low`, `pd_high`);
version 1 does not. Each keeps its bytes. A
published version owns its nested types; a change of meaning is a new version beside it. Money is decimal yuan text.
Numbers are JSON numbers in their shortest form, so they come back bit for bit (a negative zero is stored as zero).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer, model_validator

from models.canonical import canonical_json, canonical_parts, sha256_hex


class Frozen(BaseModel):
    """A part of a record: never changed, nothing unknown in it, no infinite number."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True, allow_inf_nan=False)


class RequestV1(Frozen):
    """What was asked: the product and, if named, the amount."""

    product: str
    currency: str
    tenor_months: int
    amount_yuan: str | None


class PolicyUseV1(Frozen):
    """A policy value that a rule read, and the first day of that value."""

    name: str
    first_day: date


class BesideV1(Frozen):
    """What such a folder brings that no computed amount depends on: rules of approval, references of explanations."""

    replaces: tuple[str, ...]
    digest: str


class OverlayV1(Frozen):
    """A bank's own policy folder over the defaults. `beside` is written only where there is something beside."""

    name: str
    replaces: tuple[str, ...]
    digest: str
    beside: BesideV1 | None = None

    @model_serializer(mode="wrap")
    def _absent_when_none(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        tree: dict[str, Any] = handler(self)
        return {name: value for name, value in tree.items() if name != "beside" or value is not None}


class PolicyV1(Frozen):
    """Which policy decided: its day, the digest of the values in force, the folders laid over the defaults."""

    on: date
    digest: str
    overlays: tuple[OverlayV1, ...]


class BundleV1(Frozen):
    """Which fitted model gave the probability, and what data it was fitted on."""

    digest: str
    data_origin: tuple[str, ...]
    label_origin: str


class GateV1(Frozen):
    """A gate: passed, fired (a knock-out), pending or not_applicable; the value beside its threshold."""

    code: str
    status: Literal["passed", "fired", "pending", "not_applicable"]
    fact: str
    value: str | None
    threshold: str | None
    unit: str
    policy: PolicyUseV1 | None
    document: str | None


class CapV1(Frozen):
    """A source, or a cap of the order-free table (lowest first); slack is value minus limit."""

    code: str
    status: Literal["applied", "pending", "not_applicable"]
    value_yuan: str | None
    slack_yuan: str | None
    rank: int | None
    binding: bool
    inputs: dict[str, str | None]
    policy: tuple[PolicyUseV1, ...]
    document: str | None


class StepV1(Frozen):
    """A step of the waterfall; the last one's running amount is the limit."""

    code: str
    delta_yuan: str
    running_yuan: str


class ReasonV1(Frozen):
    """A reason from the fixed catalogue, with the case's own figures."""

    code: str
    about: Literal["eligibility", "evidence", "amount", "probability"]
    zh: str
    en: str
    title_zh: str
    title_en: str
    fact: str
    value: str | None
    threshold: str | None
    unit: str
    window_months: int | None
    facts_on: date
    policy: str | None
    policy_from: date | None
    document: str | None
    points: float | None


class DocumentV1(Frozen):
    """A document that would settle what is pending."""

    code: str
    zh: str
    en: str


class CautionV1(Frozen):
    """What a reader must know about the data before using the figure."""

    zh: str
    en: str


class ComparedWithV1(Frozen):
    """The enterprises that base points and contributions compare with: a population frozen into the bundle."""

    name: str
    zh: str
    en: str
    enterprises: int


WITHOUT_FRACTIONS = frozenset({"gates", "sources", "caps", "waterfall", "missing_documents", "request"})
SINCE_VERSION_2 = ("pd_low", "pd_high")
SINCE_VERSION_3 = ("compared_with",)
WITHOUT = {1: {*SINCE_VERSION_2, *SINCE_VERSION_3}, 2: {*SINCE_VERSION_3}, 3: set[str]()}  # by version


class DecisionRecord(Frozen):
    """One decision on one enterprise. `reasons` decide; `probability_reasons` say why this probability, always.

    `pd` lies between `pd_low` and `pd_high`; both are null in version 1 and where the model has no interval.
    `compared_with` is null where that is the average of training.
    """

    schema_version: Literal[1, 2, 3]
    decision_id: str
    enterprise_id: str
    as_of: date
    request: RequestV1
    outcome: Literal["approve", "reduce", "refer", "decline"]
    limit_yuan: str
    grade: str | None
    pd: float | None
    pd_low: float | None = None
    pd_high: float | None = None
    points: float | None
    base_points: float
    compared_with: ComparedWithV1 | None = None
    contributions: dict[str, float]
    reasons: tuple[ReasonV1, ...]
    probability_reasons: tuple[ReasonV1, ...]
    missing_documents: tuple[DocumentV1, ...]
    gates: tuple[GateV1, ...]
    sources: tuple[CapV1, ...]
    caps: tuple[CapV1, ...]
    waterfall: tuple[StepV1, ...]
    feature_values: dict[str, float | None]
    input_sha256: str
    bundle: BundleV1
    policy: PolicyV1
    code_version: str
    data_origin: tuple[str, ...]
    simulated: bool
    caution: CautionV1 | None

    @model_validator(mode="after")
    def _fields_by_version(self) -> Self:
        later = [name for name in type(self).model_fields if name in WITHOUT[self.schema_version]]
        if self.model_fields_set.intersection(later):
            raise ValueError(f"a record of version {self.schema_version} has none of {', '.join(later)}")
        if self.schema_version == 3 and self.compared_with is None:
            raise ValueError("a record of version 3 says with whom it compares")
        return self

    def content_bytes(self) -> bytes:
        """Canonical JSON of everything but the id."""
        return canonical_json(self.tree({"decision_id"}))

    def to_json(self) -> bytes:
        """Canonical JSON of the whole record: the bytes that are stored, hashed and compared."""
        return canonical_json(self.tree())

    def computed_id(self) -> str:
        """SHA-256 of the content."""
        return sha256_hex(self.content_bytes())

    def as_version(self, version: int) -> DecisionRecord:
        """The same decision as an older (or its own) version would have kept it, with the id of that content.

        A later version says what this one has nothing to say about, so it stays what it is.
        """
        version = min(version, self.schema_version)
        tree = self.model_dump(exclude=WITHOUT[version])
        return _with_id(DecisionRecord.model_validate({**tree, "schema_version": version}))

    def in_form_of(self, kept: DecisionRecord) -> DecisionRecord:
        """The same decision in the form in which another one was kept.

        Records of earlier releases say nothing of what an overlay brings beside; nothing computed depends on it.
        """
        found = self.as_version(kept.schema_version)
        if any(one.beside is not None for one in kept.policy.overlays):
            return found
        overlays = tuple(one.model_copy(update={"beside": None}) for one in found.policy.overlays)
        return _with_id(found.model_copy(update={"policy": found.policy.model_copy(update={"overlays": overlays})}))

    def tree(self, without: Collection[str] = ()) -> dict[str, Any]:
        """The record as a JSON value, in the fields of its version."""
        return self.model_dump(mode="json", exclude=set(without) | WITHOUT[self.schema_version])


def _with_id(draft: DecisionRecord) -> DecisionRecord:
    return draft.model_copy(update={"decision_id": draft.computed_id()})


def sealed(draft: DecisionRecord) -> tuple[DecisionRecord, bytes]:
    """The record with its id, and its canonical JSON: every part is written once for both."""
    members = {name: canonical_json(value) for name, value in draft.tree().items()}
    del members["decision_id"]
    identity = sha256_hex(_joined(members))
    members["decision_id"] = canonical_json(identity)
    return draft.model_copy(update={"decision_id": identity}), _joined(members)


def members_of(record: DecisionRecord, names: Collection[str]) -> dict[str, bytes]:
    """Some members of a record as they are written."""
    tree = record.tree()
    return {name: canonical_json(tree[name]) for name in names if name in tree}


def identity(content: Mapping[str, Any], shared: Mapping[str, bytes]) -> str:
    """The id of the record that `content` would become; members that are in `shared` are taken as written there."""
    members = dict(shared)
    for name, value in content.items():
        if name not in shared:
            parts = name in WITHOUT_FRACTIONS
            members[name] = canonical_parts(value, _part) if parts else canonical_json(_with_fractions(value))
    del members["decision_id"]
    return sha256_hex(_joined(members))


def _part(value: object) -> object:
    """The fields of a part of a record, a day as text."""
    return value.isoformat() if isinstance(value, date) else vars(value)


def _with_fractions(value: object) -> object:
    """The reasons, which have points, as JSON values; whatever else has fractions is one."""
    if not isinstance(value, list):
        return value
    return [
        {name: _part(item) if isinstance(item, date) else item for name, item in vars(one).items()} for one in value
    ]


def _joined(members: Mapping[str, bytes]) -> bytes:
    return b"{" + b",".join(b'"%b":%b' % (name.encode(), members[name]) for name in sorted(members)) + b"}"
