"""From applicants, rates and a budget to a plan, with what bounds it in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.allocation.applicants import Applicants
from models.allocation.menu import RateMenu
from models.allocation.profit import Offers, offers, worth_offering
from models.allocation.programme import Bound, Programme, Solution, solve, with_room
from models.allocation.terms import GROUPS, LendingTerms
from models.errors import AssetlightError
from models.grades import GRADES
from models.money import FEN_PER_YUAN, yuan_text

GAP, SECONDS = 1e-6, 60.0
MORE_FEN = 1_000_000 * FEN_PER_YUAN  # "one more million"
MOST_ROOMS = 12  # bounds whose room is priced, each by solving again


class BudgetNotUsable(AssetlightError):
    """The budget does not reach for one loan."""


@dataclass(frozen=True)
class Allocation:
    """Offers to N applicants. `rate` -1: no offer. Profits are expected, of one year, in fen (not whole)."""

    applicants: Applicants
    menu: RateMenu
    terms: LendingTerms
    budget_fen: int
    amount_fen: NDArray[np.int64]
    rate: NDArray[np.int64]
    profit_fen: NDArray[np.float64]
    because: tuple[str, ...]  # what ends each amount, or why there is no offer
    bound_fen: float  # proved: no plan earns more
    gap: float  # of the profit to that bound
    rooms: Mapping[tuple[str, str], float] = field(default_factory=dict)  # full bound -> fen that a million more earns
    next_million_fen: float | None = None

    @property
    def offered_fen(self) -> int:
        """Sum of the offers."""
        return int(self.amount_fen.sum())

    @property
    def expected_profit_fen(self) -> float:
        """Expected profit of the plan."""
        return float(self.profit_fen.sum())

    @property
    def taken_up_fen(self) -> float:
        """Expected sum of the offers that are accepted."""
        return float((self.amount_fen * self._stays()).sum())

    @property
    def expected_loss_fen(self) -> float:
        """Expected loss by default among those accepted."""
        lost = self.applicants.pd * self.terms.loss_given_default
        return float((self.amount_fen * self._stays() * lost).sum())

    def _stays(self) -> NDArray[np.float64]:
        rating = np.array(self.terms.rating_of_grade)[self.applicants.grade]
        return np.where(self.rate >= 0, 1.0 - self.menu.lost[rating, self.rate], 0.0)

    def to_arrow(self) -> pa.Table:
        """One row per applicant, then one per enterprise that was left out."""
        ids = [*self.applicants.enterprise_id, *self.applicants.left_out]
        none = [None] * len(self.applicants.left_out)
        offered = self.rate >= 0
        rates = [float(self.menu.rates[each]) if each >= 0 else None for each in self.rate]
        return pa.table(
            {
                "enterprise_id": pa.array(ids, pa.string()),
                "offered_yuan": pa.array([yuan_text(int(fen)) for fen in self.amount_fen] + ["0.00"] * len(none)),
                "offered_fen": pa.array([*(int(fen) for fen in self.amount_fen), *([0] * len(none))], pa.int64()),
                "annual_rate": pa.array(rates + none, pa.float64()),
                "stays": pa.array(
                    [float(s) if o else None for s, o in zip(self._stays(), offered, strict=True)] + none
                ),
                "expected_profit_yuan": pa.array(
                    [yuan_text(round(fen)) for fen in self.profit_fen] + ["0.00"] * len(none)
                ),
                "pd": pa.array([*self.applicants.pd.tolist(), *none], pa.float64()),
                "grade": pa.array([GRADES[each] for each in self.applicants.grade] + none, pa.string()),
                "because": pa.array([*self.because, *self.applicants.left_out.values()], pa.string()),
            }
        ).sort_by("enterprise_id")


def allocate(
    applicants: Applicants,
    menu: RateMenu,
    terms: LendingTerms,
    budget_fen: int,
    *,
    gap: float = GAP,
    seconds: float = SECONDS,
) -> Allocation:
    """The plan of the greatest expected profit, and what one more million yuan would earn.

    Raises BudgetNotUsable, NotSolved.
    """
    if budget_fen < terms.minimum_fen:
        raise BudgetNotUsable(
            "the budget is smaller than one loan",
            field="budget",
            expected=f"at least {yuan_text(terms.minimum_fen)} yuan",
            found=yuan_text(budget_fen),
        )
    plan, solution, programme = _solved(applicants, menu, terms, budget_fen, gap, seconds)
    steps = MORE_FEN // terms.step_fen
    rooms = {}
    for number in _full(programme, solution)[:MOST_ROOMS]:
        wider = solve(with_room(programme, number, steps), gap=gap, seconds=seconds)
        bound = programme.bounds[number]
        rooms[bound.kind, bound.name] = max(0.0, wider.profit_fen - solution.profit_fen)
    more = _solved(applicants, menu, terms, budget_fen + MORE_FEN, gap, seconds)[0]
    return Allocation(
        **{
            **plan.__dict__,
            "rooms": rooms,
            "next_million_fen": max(0.0, more.expected_profit_fen - plan.expected_profit_fen),
        }
    )


def _solved(
    applicants: Applicants, menu: RateMenu, terms: LendingTerms, budget_fen: int, gap: float, seconds: float
) -> tuple[Allocation, Solution, Programme]:
    every = offers(applicants, menu, terms, budget_fen)
    pairs = worth_offering(every)
    programme = _programme(applicants, every, pairs, terms, budget_fen)
    solution = solve(programme, gap=gap, seconds=seconds)
    amount = np.zeros(len(applicants), dtype=np.int64)
    rate = np.full(len(applicants), -1, dtype=np.int64)
    for (applicant, number), steps in zip(pairs, solution.steps, strict=True):
        if steps:
            amount[applicant], rate[applicant] = int(steps) * terms.step_fen, number
    profit = np.array(
        [
            every.profit_fen(i, int(r), int(a)) if r >= 0 else 0.0
            for i, (r, a) in enumerate(zip(rate, amount, strict=True))
        ]
    )
    full = {(programme.bounds[number].kind, programme.bounds[number].name) for number in _full(programme, solution)}
    room = {
        (bound.kind, bound.name): (bound.most_steps - _used(bound, solution)) * terms.step_fen
        for bound in programme.bounds
    }
    worth = {applicant for applicant, _ in pairs}
    because = tuple(
        _because(applicants, every, terms, full, room, worth, row, int(amount[row])) for row in range(len(applicants))
    )
    plan = Allocation(
        applicants, menu, terms, budget_fen, amount, rate, profit, because, solution.bound_fen, solution.gap
    )
    return plan, solution, programme


def _full(programme: Programme, solution: Solution) -> list[int]:
    """The bounds with no room left for another loan of the least size."""
    return [
        number
        for number, bound in enumerate(programme.bounds)
        if _used(bound, solution) + programme.least > bound.most_steps
    ]


def _used(bound: Bound, solution: Solution) -> int:
    """Steps that the offers take of a bound."""
    return int(solution.steps[list(bound.pairs)].sum())


def _programme(
    applicants: Applicants, every: Offers, pairs: list[tuple[int, int]], terms: LendingTerms, budget_fen: int
) -> Programme:
    applicant = np.array([pair[0] for pair in pairs], dtype=np.int64)
    rate = np.array([pair[1] for pair in pairs], dtype=np.int64)
    bounds = [Bound("budget", "", tuple(range(len(pairs))), budget_fen // terms.step_fen)]
    for kind in GROUPS:
        names = applicants.groups.get(kind, ())
        most = int(terms.group_share[kind] * budget_fen) // terms.step_fen
        for name in sorted(set(names) - {""}):
            members = tuple(k for k, i in enumerate(applicant) if names[i] == name)
            if int((every.highest_fen[sorted({int(applicant[k]) for k in members})]).sum()) > most * terms.step_fen:
                bounds.append(Bound(kind, name, members, most))
    return Programme(
        applicant=applicant,
        profit_per_step=every.margin[applicant, rate] * terms.step_fen,
        cost=every.cost_fen[applicant, rate],
        least=every.lowest_fen // terms.step_fen,
        most=every.highest_fen[applicant] // terms.step_fen,
        bounds=tuple(bounds),
    )


def _because(
    applicants: Applicants,
    every: Offers,
    terms: LendingTerms,
    full: set[tuple[str, str]],
    room: Mapping[tuple[str, str], int],
    worth: set[int],
    row: int,
    amount_fen: int,
) -> str:
    """Code of what ends the amount: see `words.BECAUSE`. `room`: fen left under each bound."""
    highest = int(every.highest_fen[row])
    if not highest:
        return "limit_below_minimum" if applicants.limit_fen[row] < every.lowest_fen else "enterprise_share"
    if row not in worth:
        return "no_rate_pays"
    if amount_fen == highest:
        if highest + terms.step_fen > int(applicants.limit_fen[row]):
            return "limit"
        return "product_maximum" if highest + terms.step_fen > terms.maximum_fen else "enterprise_share"
    return _outside(applicants, full, room, row, highest - amount_fen)


def _outside(
    applicants: Applicants,
    full: set[tuple[str, str]],
    room: Mapping[tuple[str, str], int],
    row: int,
    wanted_fen: int,
) -> str:
    """Which bound that others share keeps an applicant from so much more."""
    mine = [(kind, names[row]) for kind in GROUPS if (names := applicants.groups.get(kind, ()))]
    found = [kind for kind, name in mine if (kind, name) in full]
    if not found and ("budget", "") not in full:  # a group's room is less than could be used, and pays no handling cost
        found = [kind for kind, name in mine if room.get((kind, name), wanted_fen) < wanted_fen]
    return found[0] if found else "budget"
