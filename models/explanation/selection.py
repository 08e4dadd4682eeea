"""Which reasons are the primary ones, for N decisions at once: the same choice for a flat file and for one record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.default_probability import ProbabilityColumns
from models.explanation.catalogue import (
    BELOW_MINIMUM,
    BINDING_REASONS,
    GATE_REASONS,
    LOSS_MAKER,
    PENDING_REASONS,
    ROUNDED,
    ReasonText,
)
from models.explanation.features import feature_words, reason_code
from models.explanation.joining import joined_texts, text_where
from models.limits import AmountColumns, GateColumns, LimitColumns, Outcome, Status
from models.policy import Policy

Mask: TypeAlias = "npt.NDArray[np.bool_]"
Rule: TypeAlias = "GateColumns | AmountColumns | None"
_SEPARATOR = "; "
_SEPARATOR_ZH = "；"


@dataclass(frozen=True)
class Candidate:
    """A reason that holds where `mask` is true; `rule` is the rule it speaks about."""

    text: ReasonText
    mask: Mask
    rule: Rule = None


@dataclass(frozen=True)
class ReasonColumns:
    """The primary reasons of N decisions, in order: candidates that are chosen, then features that cost points."""

    candidates: tuple[Candidate, ...]
    chosen: npt.NDArray[np.bool_]  # [N, len(candidates)]
    costly: npt.NDArray[np.int64]  # [N, K] features by points lost, most first; -1 = none
    probability_slots: npt.NDArray[np.int64]  # [N] how many of `costly` are primary reasons
    feature_names: tuple[str, ...]

    def codes(self) -> pa.Array:
        """Codes of the primary reasons, one text per decision."""
        return self._joined(lambda text: text.code, [reason_code(name) for name in self.feature_names], _SEPARATOR)

    def titles_zh(self) -> pa.Array:
        """Short Chinese titles of the primary reasons."""
        words = [feature_words(name).title_zh for name in self.feature_names]
        return self._joined(lambda text: text.title_zh, words, _SEPARATOR_ZH)

    def titles_en(self) -> pa.Array:
        """Short English titles of the primary reasons."""
        words = [feature_words(name).title_en for name in self.feature_names]
        return self._joined(lambda text: text.title_en, words, _SEPARATOR)

    @cached_property
    def _primary_costly(self) -> npt.NDArray[np.int64]:
        place = np.arange(self.costly.shape[1])
        return np.where(place < self.probability_slots[:, None], self.costly, -1)

    def _joined(self, of: Callable[[ReasonText], str], by_feature: list[str], separator: str) -> pa.Array:
        parts = [
            text_where(self.chosen[:, place], of(candidate.text)) for place, candidate in enumerate(self.candidates)
        ]
        words = pa.array(by_feature, pa.string())
        for place in range(self._primary_costly.shape[1]):
            index = self._primary_costly[:, place]
            parts.append(words.take(pa.array(index, mask=index < 0)))
        return joined_texts(parts, separator, len(self.chosen))


def select_reasons(limits: LimitColumns, probability: ProbabilityColumns, policy: Policy) -> ReasonColumns:
    """Choose at most `explanation.maximum_reasons` primary reasons for every decision.

    What decides goes first: knock-outs, else missing evidence, else the product minimum, then the binding caps. Points
    lost are reasons of the amount only where every binding cap follows the grade: when the requested amount or a
    product cap is the lowest, a better probability would change nothing (DOMAIN 8.1).
    """
    most = policy.whole("explanation.maximum_reasons")
    candidates = (*_gate_candidates(limits), *_pending_candidates(limits), *_amount_candidates(limits))
    rows = len(limits.limit_fen)
    masks = np.stack([candidate.mask for candidate in candidates], axis=1)
    chosen = masks & (np.cumsum(masks, axis=1) <= most)
    costly = _costly(probability, most, float(policy.number("explanation.smallest_contribution")))
    matters = _grade_decides(limits)
    room = np.where(matters, most - chosen.sum(axis=1), 0)
    slots = np.minimum(room, (costly >= 0).sum(axis=1)).astype(np.int64).reshape(rows)
    return ReasonColumns(
        candidates=candidates,
        chosen=chosen,
        costly=costly,
        probability_slots=slots,
        feature_names=tuple(probability.feature_names),
    )


def _gate_candidates(limits: LimitColumns) -> list[Candidate]:
    found = []
    for gate in limits.gates:
        text = GATE_REASONS[gate.code]
        if text.about == "evidence":
            mask = (gate.status == Status.PENDING) & (limits.outcome == Outcome.REFER)
        else:
            mask = gate.status == Status.FIRED
        found.append(Candidate(text, mask, gate))
    return found


def _pending_candidates(limits: LimitColumns) -> list[Candidate]:
    refer = limits.outcome == Outcome.REFER
    return [
        Candidate(PENDING_REASONS[rule.code], (rule.status == Status.PENDING) & refer, rule)
        for rule in (*limits.sources, *limits.ceilings)
        if rule.code in PENDING_REASONS
    ]


def _amount_candidates(limits: LimitColumns) -> list[Candidate]:
    settled = ~limits.fired & ~limits.pending
    found = [Candidate(BELOW_MINIMUM, settled & limits.below_minimum)]
    found += [Candidate(BINDING_REASONS[cap.code], settled & limits.binds(cap), cap) for cap in limits.caps]
    found += [
        Candidate(LOSS_MAKER, settled & limits.binds(cap) & _negative(cap, "statement_net_profit_fen"), cap)
        for cap in limits.ceilings
        if "statement_net_profit_fen" in cap.inputs
    ]
    rounded = settled & ~limits.below_minimum & (limits.limit_fen < limits.lowest_cap)
    found.append(Candidate(ROUNDED, rounded))
    return found


def _negative(cap: AmountColumns, name: str) -> Mask:
    result: Mask = np.asarray(cap.inputs[name].values, dtype=np.float64) < 0
    return result


def _grade_decides(limits: LimitColumns) -> Mask:
    weak = np.zeros(len(limits.limit_fen), dtype=np.bool_)
    for gate in limits.gates:
        if gate.fact == "grade":
            weak |= gate.status == Status.FIRED
    structural = np.zeros(len(limits.limit_fen), dtype=np.bool_)
    for cap in limits.caps:
        if not cap.follows_grade:
            structural |= limits.binds(cap)
    result: Mask = weak | (~limits.fired & ~limits.pending & ~structural)
    return result


def _costly(probability: ProbabilityColumns, most: int, smallest: float) -> npt.NDArray[np.int64]:
    points = np.where(np.isnan(probability.pd)[:, None], 0.0, probability.contributions)
    order = np.argsort(points, axis=1, kind="stable")[:, :most]
    lost = np.take_along_axis(points, order, axis=1)
    result: npt.NDArray[np.int64] = np.where(lost <= -smallest, order, -1).astype(np.int64)
    return result
