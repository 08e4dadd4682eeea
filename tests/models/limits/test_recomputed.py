"""The whole limit recomputed by a second, deliberately plain implementation: Decimal, one firm at a time."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import Any

import numpy as np

from models.limits import NO_REQUEST, Outcome, compute_limits
from tests.limit_cases import GOOD, cases

# The policy of 2020-02-29 written out a second time, as a credit officer would copy it from the policy files.
BOUNDS = [
    "0.0005",
    "0.00086",
    "0.00149",
    "0.00256",
    "0.00442",
    "0.00762",
    "0.0131",
    "0.0226",
    "0.0390",
    "0.0673",
    "0.116",
    "0.20",
]
SHARES = ["0.30", "0.30", "0.28", "0.28", "0.26", "0.24", "0.22", "0.20", "0.18", "0.15", "0.12", "0.10", "0"]
MAXIMA = [5_000_000, 5_000_000, 4_000_000, 4_000_000, 3_000_000, 3_000_000] + [2_000_000] * 2
MAXIMA += [1_500_000, 1_000_000, 500_000, 300_000, 0]
PRODUCT_MAXIMUM, PRODUCT_MINIMUM, STEP, LINE = 5_000_000, 100_000, 10_000, 10_000_000
FIRMS = 3_000


def by_hand(firm: dict[str, Any]) -> tuple[str, Decimal]:
    """Outcome and limit in yuan of one firm."""
    pd, sales = firm["pd"], firm["sales_12m_fen"]
    sold, bought, first = firm["days_since_last_sale"], firm["days_since_last_purchase"], firm["days_since_first_sale"]
    grade = None if pd is None else next((at for at, bound in enumerate(BOUNDS) if pd <= float(bound)), 12)
    seen = [days for days in (sold, bought) if days is not None]
    stale = bool(seen) and min(seen) > 180
    declined = grade == 12
    if not stale:
        declined |= sold is not None and sold > 90
        declined |= sales is not None and sales <= 0
        declined |= sales is not None and firm["void_rate_12m"] is not None and firm["void_rate_12m"] > 0.20
    if declined:
        return "decline", Decimal(0)
    if stale or grade is None or sales is None or sold is None or first is None or first < 365:
        return "refer", Decimal(0)
    carried = Decimal(int(sales)) / 100 * Decimal(SHARES[grade])
    asked = None if firm["requested_fen"] == NO_REQUEST else Decimal(firm["requested_fen"]) / 100
    lowest = min(
        [carried, Decimal(MAXIMA[grade]), Decimal(PRODUCT_MAXIMUM), Decimal(LINE), *([asked] if asked else [])]
    )
    limit = (lowest / STEP).to_integral_value(ROUND_FLOOR) * STEP
    if limit < PRODUCT_MINIMUM:
        return "decline", Decimal(0)
    return ("reduce" if asked and limit < asked else "approve"), limit


def random_firms() -> list[dict[str, Any]]:
    """Firms from a local seed, a good part of each fact near its threshold or not known."""
    rng = np.random.default_rng(20200229)

    def one() -> dict[str, Any]:
        firm: dict[str, Any] = {
            **GOOD,
            "pd": float(rng.choice([float(bound) for bound in BOUNDS]) * rng.choice([1.0, rng.uniform(0.5, 1.5)])),
            "sales_12m_fen": float(np.floor(rng.lognormal(20.0, 1.5))) * rng.choice([1, 1, 1, 1, 1, 1, 1, 1, 1, -1]),
            "requested_fen": int(rng.choice([NO_REQUEST, rng.integers(1, 6 * 10**8), rng.integers(1, 10**8)])),
        }
        near: dict[str, list[float | None]] = {
            "days_since_last_sale": [90.0, 91.0, 180.0, 181.0, None],
            "days_since_last_purchase": [180.0, 181.0, None],
            "days_since_first_sale": [364.0, 365.0, None],
            "void_rate_12m": [0.2, 0.2000001, 0.5, None],
            "sales_12m_fen": [0.0, None],
            "pd": [None, 0.21],
        }
        for name, values in near.items():
            if rng.uniform() < 0.08:
                firm[name] = values[int(rng.integers(len(values)))]
        return firm

    return [one() for _ in range(FIRMS)]


def test_a_plain_recomputation_agrees_to_the_fen() -> None:
    """Outcome and limit of 3,000 random firms are those of the plain implementation, and every outcome occurs."""
    firms = random_firms()
    limits = compute_limits(cases(*firms))
    seen = set()
    for row, firm in enumerate(firms):
        outcome, limit = by_hand(firm)
        found = Outcome(int(limits.outcome[row])).word
        assert (found, int(limits.limit_fen[row])) == (outcome, int(limit * 100)), firm
        seen.add(outcome)
    assert seen == {"approve", "reduce", "refer", "decline"}
