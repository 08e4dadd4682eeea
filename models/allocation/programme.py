"""The mixed-integer programme, solved by HiGHS.

For every pair k of applicant and rate that is worth offering: x_k, whether it is offered, and n_k, how many steps of
the product it is. Maximise the sum of margin * step * n_k - cost * x_k where

    lowest * x_k <= n_k <= highest_k * x_k  between the product's minimum and what the applicant may get
    sum of x_k of one applicant <= 1        one rate each
    sum of n_k <= budget                    offers count in full, whoever leaves
    sum of n_k of a group <= its share      of the budget: industry, region, park, core enterprise, where known

HiGHS: Huangfu, Hall (2018), Parallelizing the dual revised simplex method, Math. Prog. Comp. 10. One thread and a fixed
seed: the same input gives the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from models.errors import AssetlightError

_YUAN = 100.0  # the solver counts in yuan, whose sizes suit its tolerances


class NotSolved(AssetlightError):
    """The solver ended without a plan."""


@dataclass(frozen=True)
class Bound:
    """A line that the sum of offers of some pairs may not cross. `kind` "budget", or a kind of group with its name."""

    kind: str
    name: str
    pairs: tuple[int, ...]
    most_steps: int


@dataclass(frozen=True)
class Programme:
    """K pairs: applicant, profit per step and cost of each in fen, least and most steps; and the bounds."""

    applicant: NDArray[np.int64]
    profit_per_step: NDArray[np.float64]
    cost: NDArray[np.float64]
    least: int
    most: NDArray[np.int64]
    bounds: tuple[Bound, ...]


@dataclass(frozen=True)
class Solution:
    """Steps of each pair; profit in fen, the solver's proved upper bound, and their relative gap."""

    steps: NDArray[np.int64]
    profit_fen: float
    bound_fen: float
    gap: float


def solve(programme: Programme, *, gap: float, seconds: float) -> Solution:
    """The best plan to a proved relative gap, or the best found in the time. Raises NotSolved."""
    if not len(programme.applicant):
        return Solution(np.zeros(0, dtype=np.int64), 0.0, 0.0, 0.0)
    solver = _solver(gap, seconds)
    solver.passModel(_model(programme))
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status != highspy.kSolutionStatusFeasible:
        raise NotSolved(
            "no plan was found in the time given",
            found=solver.modelStatusToString(solver.getModelStatus()),
            advice="Give it more seconds",
        )
    count = len(programme.applicant)
    steps = np.rint(np.array(solver.getSolution().col_value)[count:]).astype(np.int64)
    profit = float(programme.profit_per_step @ steps - programme.cost @ (steps > 0))
    return Solution(steps, profit, max(profit, float(info.mip_dual_bound) * _YUAN), float(info.mip_gap))


def with_room(programme: Programme, number: int, steps: int) -> Programme:
    """The same with one bound moved out by so many steps: solving it says what the room is worth."""
    bounds = list(programme.bounds)
    bounds[number] = replace(bounds[number], most_steps=bounds[number].most_steps + steps)
    return replace(programme, bounds=tuple(bounds))


def _solver(gap: float, seconds: float) -> highspy.Highs:
    solver = highspy.Highs()
    for name, value in (
        ("output_flag", False), ("threads", 1), ("random_seed", 0), ("mip_rel_gap", gap), ("time_limit", seconds),
    ):  # fmt: skip
        solver.setOptionValue(name, value)
    return solver


def _model(programme: Programme) -> highspy.HighsLp:
    """Columns: x_0..x_K-1, then n_0..n_K-1."""
    count = len(programme.applicant)
    pairs = range(count)
    applicants, first = np.unique(programme.applicant, return_inverse=True)
    rows: list[tuple[int, int]] = []
    values: list[float] = []
    for pair in pairs:
        rows += [(pair, count + pair), (pair, pair), (count + pair, count + pair), (count + pair, pair)]
        values += [1.0, -float(programme.most[pair]), 1.0, -float(programme.least)]
    rows += [(2 * count + int(first[pair]), int(pair)) for pair in pairs]
    values += [1.0] * count
    begin = 2 * count + len(applicants)
    for number, bound in enumerate(programme.bounds):
        rows += [(begin + number, count + pair) for pair in bound.pairs]
        values += [1.0] * len(bound.pairs)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = 2 * count, begin + len(programme.bounds)
    lp.col_cost_ = np.concatenate([-programme.cost, programme.profit_per_step]) / _YUAN
    lp.col_lower_ = np.zeros(2 * count)
    lp.col_upper_ = np.concatenate([np.ones(count), programme.most.astype(float)])
    _fill(lp, rows, np.array(values))
    infinite = highspy.kHighsInf
    lp.row_lower_ = np.concatenate(
        [np.full(count, -infinite), np.zeros(count), np.full(len(applicants) + len(programme.bounds), -infinite)]
    )
    lp.row_upper_ = np.concatenate(
        [
            np.zeros(count),
            np.full(count, infinite),
            np.ones(len(applicants)),
            [float(bound.most_steps) for bound in programme.bounds],
        ]
    )
    lp.integrality_ = [highspy.HighsVarType.kInteger] * (2 * count)
    lp.sense_ = highspy.ObjSense.kMaximize
    return lp


def _fill(lp: highspy.HighsLp, places: list[tuple[int, int]], values: NDArray[np.float64]) -> None:
    at = np.array(places, dtype=np.int64).reshape(-1, 2)
    matrix = coo_array((values, (at[:, 0], at[:, 1])), shape=(lp.num_row_, lp.num_col_)).tocsc()
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data
