"""The two tables of one limit: the waterfall in order, and the order-free table of caps. DOMAIN section 8.2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from models.explanation.catalogue import DOCUMENTS
from models.explanation.figures import figure
from models.limits import COMMITTED_LINES, EXISTING_EXPOSURE, AmountColumns, Document, InputColumn, LimitColumns, Status
from models.money import yuan_text
from models.policy import Policy


@dataclass(frozen=True)
class Step:
    """A step of the waterfall: what it changes and what runs on after it."""

    code: str
    delta_yuan: str
    running_yuan: str


@dataclass(frozen=True)
class PolicyUse:
    """A policy value that a rule read, and the first day of the value it read."""

    name: str
    first_day: date


@dataclass(frozen=True)
class Gate:
    """A gate as it stood: the observed value beside its threshold, exact text in `unit` (money in yuan)."""

    code: str
    status: str
    fact: str
    value: str | None
    threshold: str | None
    unit: str
    policy: PolicyUse | None
    document: str | None


@dataclass(frozen=True)
class Cap:
    """A source or a cap. `slack_yuan` is value minus limit; `rank` 1 is the lowest; several caps can bind together."""

    code: str
    status: str
    value_yuan: str | None
    slack_yuan: str | None
    rank: int | None
    binding: bool
    inputs: dict[str, str | None]
    policy: tuple[PolicyUse, ...]
    document: str | None


def waterfall(limits: LimitColumns, row: int) -> list[Step]:
    """Every step that concerns the case, in order; the last one's running amount is the limit."""
    silent = {rule.code for rule in (*limits.sources, *limits.ceilings) if not rule.counts_at(row)}
    exposure = (step for step in limits.steps if step.code in (EXISTING_EXPOSURE, COMMITTED_LINES))
    silent |= {step.code for step in exposure if not step.delta[row]}
    return [
        Step(step.code, yuan_text(int(step.delta[row])), yuan_text(int(step.running[row])))
        for step in limits.steps
        if step.code not in silent
    ]


def gates(limits: LimitColumns, policy: Policy, row: int) -> list[Gate]:
    """Every gate in order."""
    found = []
    for gate in limits.gates:
        status = Status(int(gate.status[row]))
        found.append(
            Gate(
                code=gate.code,
                status=status.word,
                fact=gate.fact,
                value=figure(float(gate.value[row]), gate.unit).text,
                threshold=figure(gate.threshold, gate.unit).text,
                unit="yuan" if gate.unit == "fen" else gate.unit,
                policy=_use(gate.policy_name, policy) if gate.policy_name else None,
                document=_document(gate.document_at(row), status),
            )
        )
    return found


def sources(limits: LimitColumns, policy: Policy, row: int) -> list[Cap]:
    """Every source; sources add up, so they have neither slack nor rank."""
    return [_cap(source, policy, row, limit=None, rank=None, binding=False) for source in limits.sources]


def caps(limits: LimitColumns, policy: Policy, row: int) -> list[Cap]:
    """The order-free table: lowest first, ties in the order of the waterfall, not applicable ones last."""
    counting = sorted({int(cap.value[row]) for cap in limits.caps if cap.counts_at(row)})
    limit = int(limits.limit_fen[row])
    rows = [
        _cap(
            cap,
            policy,
            row,
            limit=limit,
            rank=counting.index(int(cap.value[row])) + 1 if cap.counts_at(row) else None,
            binding=limits.binds_at(cap, row),
        )
        for cap in limits.caps
    ]
    return sorted(rows, key=lambda cap: (cap.rank is None, cap.rank or 0))


def _cap(rule: AmountColumns, policy: Policy, row: int, *, limit: int | None, rank: int | None, binding: bool) -> Cap:
    status = Status(int(rule.status[row]))
    value = None if status is Status.NOT_APPLICABLE else int(rule.value[row])
    return Cap(
        code=rule.code,
        status=status.word,
        value_yuan=None if value is None else yuan_text(value),
        slack_yuan=None if value is None or limit is None else yuan_text(value - limit),
        rank=rank,
        binding=binding,
        inputs={name: _input(column, row) for name, column in rule.inputs.items()},
        policy=tuple(_use(name, policy) for name in rule.policy_names),
        document=_document(rule.document_at(row), status),
    )


def _use(name: str, policy: Policy) -> PolicyUse:
    return PolicyUse(name, policy.in_force(name).first_day)


def _document(document: Document, status: Status) -> str | None:
    words = DOCUMENTS.get(document) if status is Status.PENDING else None
    return words.code if words else None


def _input(column: InputColumn, row: int) -> str | None:
    if column.unit == "word":
        place = int(float(column.values[row]))
        return column.words[place] if place >= 0 else None
    return figure(float(column.values[row]), column.unit).text
