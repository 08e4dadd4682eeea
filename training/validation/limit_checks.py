"""What must hold of any limit, whatever the policy says: recomputed in plain integers and moved over its boundaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.decision import DecisionNotReproduced, Decisions
from models.decision.explained import cases_of
from models.grades import GRADES, PERFORMING, UNKNOWN, grade_index
from models.limits import NO_REQUEST, Cases, LimitColumns, Outcome, Status, compute_limits
from models.limits.ceilings import CEILINGS
from models.policy import Policy
from training.validation.report import Words
from training.validation.writing import words

Mask = NDArray[np.bool_]
WORDS: Mapping[str, tuple[str, str]] = {
    "plain": ("逐步整数重算与引擎一致", "A plain recomputation in integers gives the limit"),
    "lowest": ("额度等于最低上限取整，与顺序无关", "The limit is the lowest cap rounded down, in whatever order"),
    "steps": ("上限只减不增，从不为负", "Ceilings only take away, and nothing is negative"),
    "shape": (
        "额度是步长的倍数，不低于起点，不超过申请",
        "A multiple of the step, not under the minimum or over the request",
    ),
    "outcome": ("缺失只转人工，只有规则拒绝", "Missing facts refer; only a rule declines"),
    "ceiling": ("去掉任一上限，额度不降", "Without any one ceiling no limit falls"),
    "grade": ("等级变差，额度不升", "A worse grade never raises a limit"),
    "worst_grade": ("差于准入等级者额度为0", "Beyond the worst grade allowed the limit is 0"),
    "asked": ("申请等于额度则全额批准", "Asking for the limit is granted whole"),
    "asked_more": ("申请更多，额度不降", "Asking for more never lowers a limit"),
    "master_scale": ("等级边界含上界", "A probability at a bound is of the better grade"),
    "alone": ("单户打分与批量打分得到同一决定", "One enterprise alone is decided as among many"),
    "record": ("由决定记录重算得到同一额度", "The kept record alone gives the same limit"),
}


@dataclass(frozen=True)
class Check:
    """One property: how often it was looked at, how often it failed, and one enterprise where it did."""

    code: str
    looked: int
    wrong: int
    example: str = ""

    @property
    def words(self) -> Words:
        """What is checked."""
        return words(*WORDS[self.code])


def engine_checks(cases: Cases, limits: LimitColumns, names: Sequence[str]) -> list[Check]:
    """Every property of these limits. `names`: of the enterprises, for the example."""
    return [
        _check("plain", _plain(cases, limits), names),
        _check("lowest", _lowest(limits), names),
        _check("steps", _steps(limits), names),
        _check("shape", _shape(limits), names),
        _check("outcome", _outcome(limits), names),
        _check("ceiling", _without_a_ceiling(cases, limits), names),
        *_worse_grades(cases, names),
        *_requests(cases, names),
    ]


def master_scale(upper_pd: Sequence[float]) -> Check:
    """A probability at a bound is of the better grade, the next number above it of the worse one."""
    places = np.arange(len(PERFORMING), dtype=np.int16)
    at = grade_index(np.array(upper_pd), upper_pd)
    above = grade_index(np.nextafter(np.array(upper_pd), 1.0), upper_pd)
    wrong = np.concatenate([at != places, above != places + 1])
    return Check("master_scale", len(wrong), int(wrong.sum()))


def same_alone(decisions: Decisions, again: Mapping[str, Decisions]) -> Check:
    """Decisions of single enterprises beside those of the same ones among many."""
    different = [
        name
        for name, alone in again.items()
        if alone.record_of(name).decision_id != decisions.record_of(name).decision_id
    ]
    return Check("alone", len(again), len(different), "".join(different[:1]))


def same_from_record(decisions: Decisions, policy: Policy, names: Sequence[str]) -> Check:
    """Each record decided again from itself and nothing else."""
    broken = []
    for name in names:
        try:
            cases_of(decisions.record_of(name), policy)
        except DecisionNotReproduced:
            broken.append(name)
    return Check("record", len(names), len(broken), "".join(broken[:1]))


def _check(code: str, wrong: Mask, names: Sequence[str]) -> Check:
    places = np.flatnonzero(wrong)
    example = str(names[int(places[0]) % len(names)]) if len(places) else ""
    return Check(code, int(wrong.size), len(places), example)


def _rounded(limits: LimitColumns, row: int, amount: int) -> int:
    left = amount - amount % int(limits.step_fen[row])
    return 0 if left < int(limits.minimum_fen[row]) else left


def _plain(cases: Cases, limits: LimitColumns) -> Mask:
    wrong = np.zeros(len(cases), dtype=np.bool_)
    for row in range(len(cases)):
        left = sum(int(source.value[row]) for source in limits.sources if source.counts[row])
        left = max(left - int(cases.own_exposure[row]), 0)
        if any(gate.status[row] in (Status.FIRED, Status.PENDING) for gate in limits.gates):
            left = 0
        for ceiling in reversed(limits.ceilings):  # the other way round than the engine
            if ceiling.counts[row]:
                left = min(left, int(ceiling.value[row]))
        wrong[row] = _rounded(limits, row, left) != int(limits.limit_fen[row])
    return wrong


def _lowest(limits: LimitColumns) -> Mask:
    expected = [
        0 if limits.stopped[row] else _rounded(limits, row, max(int(limits.lowest_cap[row]), 0))
        for row in range(len(limits.limit_fen))
    ]
    return np.asarray(np.array(expected) != limits.limit_fen)


def _steps(limits: LimitColumns) -> Mask:
    steps = limits.steps[len(limits.sources) :]
    return np.stack([(step.delta > 0) | (step.running < 0) for step in steps]).ravel()


def _shape(limits: LimitColumns) -> Mask:
    limit, asked = limits.limit_fen, limits.requested_fen
    small = (limit > 0) & (limit < limits.minimum_fen)
    return np.asarray((limit % limits.step_fen != 0) | small | ((asked != NO_REQUEST) & (limit > asked)))


def _outcome(limits: LimitColumns) -> Mask:
    declined, referred = limits.outcome == Outcome.DECLINE, limits.outcome == Outcome.REFER
    without_rule = declined & ~limits.fired & ~(limits.below_minimum & ~limits.pending)
    return np.asarray(without_rule | (limits.pending & ~limits.fired & ~referred))


def _without_a_ceiling(cases: Cases, limits: LimitColumns) -> Mask:
    lower = []
    for at in range(len(CEILINGS)):
        rest = compute_limits(cases, ceilings=(*CEILINGS[:at], *CEILINGS[at + 1 :]))
        lower.append(rest.limit_fen < limits.limit_fen)
    return np.concatenate(lower)


def _worse_grades(cases: Cases, names: Sequence[str]) -> list[Check]:
    """Every grade in turn, for every case: a worse one never gives more, and a barred one gives nothing."""
    worst_allowed = GRADES.index(cases.policy.text("eligibility.worst_grade"))
    before = np.full(len(cases), np.iinfo(np.int64).max)
    rises, barred = [], []
    for index in range(len(GRADES)):
        grade = np.where(cases.grade == UNKNOWN, UNKNOWN, index).astype(np.int16)
        limit = compute_limits(replace(cases, grade=grade)).limit_fen
        rises.append(limit > before)
        barred.append((limit > 0) & (index > worst_allowed))
        before = limit
    return [_check("grade", np.concatenate(rises), names), _check("worst_grade", np.concatenate(barred), names)]


def _requests(cases: Cases, names: Sequence[str]) -> list[Check]:
    """Asking for exactly the limit is granted whole; asking for twice as much gives no less."""
    nothing = np.full(len(cases), NO_REQUEST, dtype=np.int64)
    free = compute_limits(replace(cases, requested_fen=nothing)).limit_fen
    asking = free > 0
    exact = compute_limits(replace(cases, requested_fen=np.where(asking, free, NO_REQUEST)))
    more = compute_limits(replace(cases, requested_fen=np.where(asking, free * 2, NO_REQUEST)))
    clear = asking & ~exact.pending & ~exact.fired
    refused = clear & ((exact.outcome != Outcome.APPROVE) | (exact.limit_fen != free))
    return [_check("asked", refused, names), _check("asked_more", more.limit_fen < exact.limit_fen, names)]
