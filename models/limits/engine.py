"""The limit of N enterprises at once: gates, sources, ceilings, waterfall, outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, reduce
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.limits.arithmetic import FenColumn, Mask
from models.limits.case import NO_REQUEST, Cases
from models.limits.ceilings import CEILINGS
from models.limits.gates import GATES
from models.limits.rule import AmountColumns, GateColumns, Status
from models.limits.sources import SOURCES
from models.limits.waterfall import StepColumns, run_waterfall

SOURCES_TOTAL = "sources_total"  # the row of the order-free table: what the evidence carries, less what we lent already
AmountRule: TypeAlias = "Callable[[Cases], AmountColumns]"


class Outcome(IntEnum):
    """What is decided. Missing facts refer; only a policy rule declines."""

    APPROVE = 0
    REDUCE = 1
    REFER = 2
    DECLINE = 3

    @property
    def word(self) -> str:
        """The word that records and tables use."""
        return self.name.lower()


@dataclass(frozen=True)
class LimitColumns:
    """Everything about N limits, in columns. A referred case carries the amount at its prudent values."""

    gates: tuple[GateColumns, ...]
    sources: tuple[AmountColumns, ...]
    ceilings: tuple[AmountColumns, ...]
    steps: tuple[StepColumns, ...]
    minimum_fen: FenColumn
    step_fen: FenColumn
    requested_fen: FenColumn
    stopped: Mask  # a gate fired or cannot say: nothing is available until it is settled

    @property
    def limit_fen(self) -> FenColumn:
        """The limit: what runs out of the last step."""
        return self.steps[-1].running

    @property
    def rules(self) -> tuple[GateColumns | AmountColumns, ...]:
        """Every rule in order."""
        return (*self.gates, *self.sources, *self.ceilings)

    @cached_property
    def sources_total(self) -> FenColumn:
        """What the sources add up to less the exposure that this bank has already, before any gate or ceiling."""
        return self.steps[len(self.sources) + 1].running

    @cached_property
    def fired(self) -> Mask:
        """Where at least one knock-out declines."""
        return _any([gate.status == Status.FIRED for gate in self.gates], len(self.limit_fen))

    @cached_property
    def pending(self) -> Mask:
        """Where at least one rule lacks a fact."""
        return _any([rule.status == Status.PENDING for rule in self.rules], len(self.limit_fen))

    @cached_property
    def below_minimum(self) -> Mask:
        """Where the amount after rounding is under the product's minimum."""
        result: Mask = self.steps[-2].running < self.minimum_fen
        return result

    @cached_property
    def outcome(self) -> npt.NDArray[np.int8]:
        """A fired knock-out declines; else a missing fact refers; else the product's minimum declines; else granted."""
        cut = (self.requested_fen != NO_REQUEST) & (self.limit_fen < self.requested_fen)
        outcome = np.where(cut, Outcome.REDUCE, Outcome.APPROVE).astype(np.int8)
        outcome[self.below_minimum] = Outcome.DECLINE
        outcome[self.pending] = Outcome.REFER
        outcome[self.fired] = Outcome.DECLINE
        return outcome

    @cached_property
    def caps(self) -> tuple[AmountColumns, ...]:
        """The order-free table: the sources together, then every ceiling."""
        pending = _any([source.status == Status.PENDING for source in self.sources], len(self.limit_fen))
        total = AmountColumns(
            code=SOURCES_TOTAL,
            value=self.sources_total,
            status=np.where(pending, Status.PENDING, Status.APPLIED).astype(np.int8),
            follows_grade=any(source.follows_grade for source in self.sources),
        )
        return (total, *self.ceilings)

    @cached_property
    def lowest_cap(self) -> FenColumn:
        """The lowest of all caps that count, before rounding: what the waterfall must come to, in whatever order."""
        columns = [np.where(cap.counts, cap.value, np.iinfo(np.int64).max) for cap in self.caps]
        result: FenColumn = np.minimum.reduce(columns)
        return result

    def binds(self, cap: AmountColumns) -> Mask:
        """Where a cap is the lowest, so that it decides; several may tie. Where a gate stops the case, none decides."""
        result: Mask = cap.counts & (cap.value == self.lowest_cap) & ~self.stopped
        return result

    def binds_at(self, cap: AmountColumns, row: int) -> bool:
        """The same of one row: a record looks at its own row, however many others there are."""
        return cap.counts_at(row) and bool(cap.value[row] == self.lowest_cap[row]) and not self.stopped[row]


def compute_limits(
    cases: Cases,
    *,
    gates: Sequence[Callable[[Cases], GateColumns]] = GATES,
    sources: Sequence[AmountRule] = SOURCES,
    ceilings: Sequence[AmountRule] = CEILINGS,
) -> LimitColumns:
    """Gates, sources and ceilings of N cases, and the waterfall that they make."""
    passed = tuple(gate(cases) for gate in gates)
    sourced, by_source, carried = _sourced(cases, sources)
    exposure = cases.own_exposure
    loans = np.minimum(cases.own_loans, exposure)
    room = cases.carrying(np.maximum(carried - exposure, 0), by_source)
    capped = tuple(ceiling(room) for ceiling in ceilings)
    minimum = cases.terms(lambda product: product.minimum_fen)
    step = cases.terms(lambda product: product.step_fen)
    stopped = _any([(gate.status == Status.FIRED) | (gate.status == Status.PENDING) for gate in passed], len(cases))
    steps = run_waterfall(
        sources=sourced,
        loans=loans,
        committed=exposure - loans,
        stopped=stopped,
        ceilings=capped,
        step=step,
        minimum=minimum,
    )
    return LimitColumns(
        gates=passed,
        sources=sourced,
        ceilings=capped,
        steps=steps,
        minimum_fen=minimum,
        step_fen=step,
        requested_fen=cases.requested_fen,
        stopped=stopped,
    )


def _sourced(
    cases: Cases, sources: Sequence[AmountRule]
) -> tuple[tuple[AmountColumns, ...], dict[str, FenColumn], FenColumn]:
    """Each source told what those before it carry, so that none counts again what another counts; and their sum."""
    found: list[AmountColumns] = []
    by_source: dict[str, FenColumn] = {}
    carried: FenColumn = np.zeros(len(cases), dtype=np.int64)
    for source in sources:
        columns = source(cases.carrying(carried, dict(by_source)))
        found.append(columns)
        by_source[columns.code] = np.where(columns.counts, columns.value, 0)
        carried = carried + by_source[columns.code]
    return tuple(found), by_source, carried


def _any(masks: Sequence[Mask], rows: int) -> Mask:
    return reduce(np.logical_or, masks, np.zeros(rows, dtype=np.bool_))
