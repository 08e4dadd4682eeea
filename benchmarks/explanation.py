"""How long an explanation takes: attribution over all coalitions, levers, value of information. Part of `make bench`.

One enterprise with every group of evidence and a hundred receivables on twenty debtors. Processor time of this thread,
median over several runs, so that what others run meanwhile does not count.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa

from benchmarks.limits import DAY, simulated_cases
from models.explanation.attribution import attribute, load_reference
from models.explanation.information import load_ranges, value_of_information
from models.explanation.levers import find_levers
from models.explanation.situation import Situation
from models.limits import NO_REQUEST, SOURCES_TOTAL, compute_limits, measure
from models.policy import Policy, load_policy
from models.positions import Rows, read_positions
from models.tables import Tables

COALITIONS, ATTRIBUTION_MS = 1024, 50.0
RUNS, CLAIMS, DEBTORS = 15, 100, 20


def claims(seed: int = 7) -> Rows:
    """Receivables of one enterprise, some aged, some unconfirmed, from a local seed."""
    rng = np.random.default_rng(seed)
    debtor = np.sort(rng.integers(0, DEBTORS, CLAIMS))
    age = rng.integers(1, 130, CLAIMS).astype(float)
    amounts = rng.integers(1_000_000, 60_000_000, CLAIMS).astype(float)
    nothing = np.zeros(CLAIMS)
    bars = ("disputed", "related", "conditional", "foreign_uninsured", "government_unassigned", "encumbered", "pooled")
    return Rows(
        row=np.zeros(CLAIMS, dtype=np.int64),
        numbers={
            "counted_fen": amounts,
            "age_days": age,
            "past_due_days": age - 60,
            "sold_12m_fen": amounts,
            "diluted_12m_fen": nothing,
            "owed_to_debtor_fen": nothing,
            "confirmed": (rng.random(CLAIMS) < 0.7).astype(float),
            "anchor": nothing,
            **dict.fromkeys(bars, nothing),
        },
        texts={
            "debtor_id": pa.array([f"D{number:02d}" for number in debtor]),
            "receivable_no": pa.array([f"R{number}" for number in range(CLAIMS)]),
        },
    )


def enterprise(policy: Policy) -> Situation:
    """An enterprise that differs from the reference in every group, is not stopped, and has levers."""
    positions = replace(read_positions(Tables({}), DAY, pa.array(["E"])), claims=claims())
    extra = {
        "funding_cash_received_fen": 1e9,
        "group_member": 0.0,
        "capture_expected_3m_fen": 1e8,
        "capture_controlled_3m_fen": 5e7,
        "void_rate_12m": 0.05,
        "days_since_first_sale": 900.0,
        "bureau_days_past_due": 0.0,
    }
    many = simulated_cases(64, policy)
    facts = {**many.facts, **{name: np.full(64, value) for name, value in extra.items()}}
    small = ("supplier_fen", "orders_fen", "pool_fen", "tax_vat_12m_fen", "tax_cit_12m_fen", "sales_12m_fen")
    facts |= {name: np.floor(facts[name] / 50) for name in (*small, "debt_own_exposure_fen", "debt_debt_fen")}
    facts |= {name: np.repeat(column, 64) for name, column in measure(positions, policy).items()}
    product = np.full(64, list(policy.products).index("technology_credit"))
    grade = np.zeros(64, dtype=np.int16)
    cases = replace(many, facts=facts, product=product, grade=grade, requested_fen=np.full(64, NO_REQUEST))
    limits = compute_limits(cases)
    total = next(cap for cap in limits.caps if cap.code == SOURCES_TOTAL)
    return Situation.of(cases, int(np.argmax(np.where(limits.binds(total), limits.limit_fen, 0))), positions)


def milliseconds(work: Callable[[], object]) -> float:
    """Median processor time."""
    taken = []
    for _ in range(RUNS):
        began = time.thread_time()
        work()
        taken.append((time.thread_time() - began) * 1000)
    return statistics.median(taken)


def main() -> int:
    """Print the figures beside the target; 1 where it is missed."""
    policy = load_policy(DAY)
    one = enterprise(policy)
    reference, ranges = load_reference("technology_credit", DAY), load_ranges(DAY)
    split = attribute(one.cases, 0, reference)
    assert split.coalitions == COALITIONS, split.coalitions
    shares = milliseconds(lambda: attribute(one.cases, 0, reference))
    information = value_of_information(one, ranges)
    documents = milliseconds(lambda: value_of_information(one, ranges))
    levers = milliseconds(lambda: find_levers(one))
    print(f"attribution, {split.coalitions:,} coalitions: {shares:.1f} ms (at most {ATTRIBUTION_MS:.0f})")
    print(f"levers, {CLAIMS} receivables: {levers:.0f} ms for {len(find_levers(one))} that raise the limit")
    print(f"value of information: {documents:.1f} ms for {len(information)} documents")
    return int(shares > ATTRIBUTION_MS)


if __name__ == "__main__":
    raise SystemExit(main())
