"""Levers: what an enterprise can do about what binds, recomputed through the real engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from models.explanation.levers import LEVERS, Change, Lever, Situation, changes_of, find_levers
from models.limits import compute_limits, measure
from models.policy import Policy, load_policy
from models.policy.parameter import TABLE_KEYS
from models.positions import Rows, read_positions
from models.tables import Tables
from tests.limit_cases import cases, default_policy
from tests.position_rows import AS_OF, WAN, claim, old_claim, policy_with, tables

BASE_POLICY = {
    "receivables.cross_age_share": "0.50",
    "receivables.concentration_share": "0.40",
    "need.industry_growth": "0.08",
}
# DOMAIN 1.1's statement, with the own funds that leave a need of 560.00: 952.97 - 200 of loans - 192.97.
NEED_560: Mapping[str, float] = {
    **{
        name: float(round(wan * 1_000_000))
        for name, wan in {
            "statement_revenue_fen": 3000,
            "statement_net_profit_fen": 240,
            "statement_cost_of_sales_fen": 2000,
            "statement_inventory_fen": 2000 * 60 / 360,
            "statement_receivables_fen": 3000 * 90 / 360,
            "statement_payables_fen": 2000 * 45 / 360,
            "statement_prepaid_fen": 2000 * 10 / 360,
            "statement_advances_received_fen": 3000 * 5 / 360,
            "statement_cash_fen": 192.97,
            "debt_working_capital_debt_fen": 200,
        }.items()
    },
    "statement_age_days": 180.0,
    "forecast_growth": 0.15,
}


def situation(rows: list[dict[str, Any]], policy: Policy, **facts: Any) -> Situation:
    """An enterprise with these receivables in a product to the fen that lends on them alone."""
    positions = read_positions(tables(receivable=rows), AS_OF, pa.array(["E"]))
    measured = {name: float(column[0]) for name, column in measure(positions, policy).items()}
    case = cases({**measured, "pd": 0.0005, "product": "technology_credit", **facts}, policy=policy)
    plain = tuple(
        replace(product, step_fen=1, minimum_fen=1, sources=("receivables",), ceilings={}, tenor_months=12)
        for product in case.products
    )
    return Situation(replace(case, products=plain), positions)


def vector_policy(tmp_path: Path) -> Policy:
    """The policy of DOMAIN 1.3, in a bank whose best grade may owe more than the vector's need."""
    policy_with(tmp_path, BASE_POLICY)
    name = "parameters/ceiling/grade_maximum.yaml"
    text = (Path("models/policy") / name).read_text(encoding="utf-8").replace("G1: 5000000", "G1: 50000000")
    (tmp_path / "overlay" / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "overlay" / name).write_text(text, encoding="utf-8")
    return load_policy(AS_OF, [tmp_path / "overlay"])


def vector_claims() -> list[dict[str, Any]]:
    """DOMAIN 1.3: A(400,20,0) B(250,0,40) C(200,120,0) D(150,10,0); C's aged are two invoices of 60; dilution 8 %."""
    return [
        claim("A1", "A", 380),
        old_claim("A2", "A", 20),
        claim("B1", "B", 250, owed_to_debtor_fen=40 * WAN),
        claim("C1", "C", 80),
        old_claim("C2", "C", 60),
        old_claim("C3", "C", 60),
        claim("D1", "D", 140),
        old_claim("D2", "D", 10),
        claim("S", "S", 1000, outstanding_fen=0, credited_fen=160 * WAN, settled_on=date(2024, 6, 15)),
    ]


def wan_of(fen: int) -> float:
    return round(fen / WAN, 2)


def change_of(found: Situation, lever: Lever) -> Change:
    """The change behind a lever."""
    return next(one for one in changes_of(found) if (one.code, one.subject) == (lever.code, lever.subject))


def limit_after(change: Change, amount: int) -> int:
    return int(compute_limits(change.at(np.array([amount], dtype=np.int64))).limit_fen[0])


def test_collecting_c_lifts_494_34_to_560_as_in_domain_8_3(tmp_path: Path) -> None:
    """DOMAIN 8.3: collecting 60 of C's aged invoices: base 494.34 -> 580.58, limit -> 560 (+65.66), then need binds."""
    found = situation(vector_claims(), vector_policy(tmp_path), **NEED_560)
    assert wan_of(int(compute_limits(found.cases).limit_fen[0])) == 494.34
    lever = next(one for one in find_levers(found) if one.code == "collect_aged")
    assert lever.subject == "C"
    assert (wan_of(lever.rule_before_fen), wan_of(lever.rule_after_fen)) == (494.34, 580.58)
    assert (wan_of(lever.limit_fen), wan_of(lever.gain_fen)) == (560.0, 65.66)
    assert lever.next_binding == ("working_capital_need",)
    assert lever.items == ("C2",)  # whole invoices: 60 of the 120 that are aged
    sixty = compute_limits(change_of(found, lever).at(np.array([60 * WAN])))
    assert (wan_of(int(sixty.sources[0].value[0])), wan_of(int(sixty.limit_fen[0]))) == (580.58, 560.0)
    assert wan_of(lever.change) == 40.0  # to the fen: 80 of 160 is a share of 50 %, which is not above it


def test_a_lever_on_records_gives_what_it_promised(tmp_path: Path) -> None:
    """The record of C2 with 40 of it settled, read and measured anew, gives the limit; one fen less does not."""
    policy = vector_policy(tmp_path)
    lever = find_levers(situation(vector_claims(), policy, **NEED_560))[0]
    assert lever.code == "collect_aged"

    def limit(collected: int) -> int:
        rows = [row | {"settled_fen": collected} if row["receivable_no"] == "C2" else row for row in vector_claims()]
        return int(compute_limits(situation(rows, policy, **NEED_560).cases).limit_fen[0])

    assert limit(lever.change) == lever.limit_fen
    assert limit(lever.change - 1) < lever.limit_fen


def claims_of(drawn: list[tuple[int, ...]]) -> Rows:
    """Claims as positions hold them, from (debtor, fen, age, confirmed, owed to the debtor)."""
    order = sorted(range(len(drawn)), key=lambda at: (drawn[at][0], at))
    debtor, fen, age, confirmed, contra = (np.array([drawn[at][of] for at in order], dtype=float) for of in range(5))
    nothing = np.zeros(len(order))
    names = ("disputed", "related", "conditional", "foreign_uninsured", "government_unassigned", "encumbered", "pooled")
    return Rows(
        row=np.zeros(len(order), dtype=np.int64),
        numbers={
            "counted_fen": fen,
            "age_days": age,
            "past_due_days": age - 60,
            "sold_12m_fen": np.maximum(fen, 0),
            "diluted_12m_fen": nothing,
            "owed_to_debtor_fen": contra,
            "confirmed": confirmed,
            "anchor": nothing,
            **dict.fromkeys(names, nothing),
        },
        texts={
            "debtor_id": pa.array([f"D{int(number)}" for number in debtor]),
            "receivable_no": pa.array([f"R{at}" for at in order]),
        },
    )


CLAIM = st.tuples(
    st.integers(1, 4), st.integers(1, 3_000_000_00), st.sampled_from([10, 80, 95, 200]), st.booleans().map(int),
    st.sampled_from([0, 0, 70_000_00]),
)  # fmt: skip
FACTS = st.fixed_dictionaries(
    {
        "pd": st.sampled_from([0.0005, 0.018, 0.06]),
        "sales_12m_fen": st.sampled_from([90_000_000.0, 300_000_000.0, 2_345_678_901.0]),
        "requested_fen": st.sampled_from([-1, 50_000_000, 333_333_333]),
        "debt_debt_fen": st.sampled_from([None, 0.0, 60_000_000.0, 900_000_000.0]),
        "debt_own_exposure_fen": st.sampled_from([0.0, 20_000_000.0]),
        "statement_age_days": st.sampled_from([100.0, 900.0]),
        "statement_operating_cash_flow_fen": st.sampled_from([20_000_000.0, 150_000_000.0]),
        "product": st.sampled_from(["invoice_credit", "technology_credit"]),
    }
)


@settings(max_examples=60)
@given(st.lists(CLAIM, min_size=0, max_size=7), FACTS, st.randoms(use_true_random=False))
def test_a_lever_keeps_its_promise_and_no_smaller_change_does(
    drawn: list[tuple[int, ...]], facts: dict[str, Any], random: Random
) -> None:
    """Whatever the case: recomputing the change gives the promised limit, and any smaller change gives less."""
    empty = read_positions(Tables({}), AS_OF, pa.array(["E"]))
    positions = replace(empty, claims=claims_of(drawn)) if drawn else empty
    policy = default_policy()
    measured = {name: float(column[0]) for name, column in measure(positions, policy).items()}
    found = Situation(cases({**measured, **facts}, policy=policy), positions)
    before = compute_limits(found.cases)
    for lever in find_levers(found):
        change = change_of(found, lever)
        amount = lever.change - change.offset
        assert lever.gain_fen == lever.limit_fen - int(before.limit_fen[0]) > 0
        assert limit_after(change, amount) == lever.limit_fen == limit_after(change, change.most)
        smaller = {amount - 1, amount // 2, random.randrange(amount)} - {0}
        assert all(limit_after(change, less) < lever.limit_fen for less in smaller if less > 0)
        after = compute_limits(change.at(np.array([amount], dtype=np.int64)))
        assert {cap.code for cap in after.caps if after.binds(cap)[0]} == set(lever.next_binding)


@given(st.lists(CLAIM, min_size=1, max_size=7), FACTS)
@settings(max_examples=40)
def test_more_of_a_change_never_lowers_a_limit(drawn: list[tuple[int, ...]], facts: dict[str, Any]) -> None:
    """What makes the search exact: along every change the limit never falls."""
    policy = default_policy()
    positions = replace(read_positions(Tables({}), AS_OF, pa.array(["E"])), claims=claims_of(drawn))
    measured = {name: float(column[0]) for name, column in measure(positions, policy).items()}
    found = Situation(cases({**measured, **facts}, policy=policy), positions)
    for change in changes_of(found):
        amounts = np.unique(np.linspace(1, change.most, 17).astype(np.int64))
        limits = compute_limits(change.at(amounts)).limit_fen
        assert (np.diff(limits) >= 0).all(), change.code


def test_confirming_the_fewest_claims_of_a_debtor(tmp_path: Path) -> None:
    """Two of three claims confirmed already reach the request; the lever names two, the largest."""
    rows = [claim(f"U{at}", "U", wan, confirmed=False) for at, wan in enumerate((10, 30, 20))]
    policy = policy_with(tmp_path, {"receivables.concentration_share": "1"})
    lever = next(one for one in find_levers(situation(rows, policy, requested_fen=40 * WAN)) if one.code == "confirm")
    assert (lever.change, lever.items, wan_of(lever.limit_fen)) == (2, ("U1", "U2"), 40.0)
    assert lever.next_binding == ("sources_total", "requested")
    assert "U" in lever.zh and "2" in lever.en  # noqa: PT018


def test_other_buyers_lift_a_base_on_one_debtor(tmp_path: Path) -> None:
    """One debtor of 100 counts 20 at a share of 20 %; with x on others 20 + 1.2 x count, 62.5 of which carry 50."""
    found = situation([claim("A1", "A", 100)], policy_with(tmp_path, {}), requested_fen=50 * WAN)
    assert int(compute_limits(found.cases).limit_fen[0]) == 16 * WAN
    lever = next(one for one in find_levers(found) if one.code == "diversify")
    assert abs(lever.change - 42.5 / 1.2 * WAN) < 10  # the base is floored by debtor
    assert (lever.limit_fen, lever.most) == (50 * WAN, 400 * WAN)
    assert lever.next_binding == ("sources_total", "requested")


def test_repaying_debt_and_a_longer_tenor_where_debt_service_binds() -> None:
    """Debt service binds: repaying other debt lifts it, and so does a longer tenor, each to the smallest change."""
    facts = {
        "pd": 0.0005,
        "debt_debt_fen": 200_000_000.0,
        "statement_age_days": 100.0,
        "statement_operating_cash_flow_fen": 250_000_000.0,
    }
    found = Situation(cases({**facts, "sales_12m_fen": 3_000_000_000.0}))
    levers = {lever.code: lever for lever in find_levers(found)}
    assert {"repay_debt", "extend_tenor"} <= set(levers)
    assert levers["repay_debt"].binding == levers["extend_tenor"].binding == ("debt_service_capacity",)
    assert levers["extend_tenor"].unit == "months"
    assert 12 < levers["extend_tenor"].change <= 36


def test_receipts_on_the_controlled_account_are_a_lever_only_where_they_bind() -> None:
    """Receipts that went elsewhere can be routed; what is there already cannot."""
    short = {"capture_expected_3m_fen": 100_000.0, "capture_controlled_3m_fen": 60_000.0}
    change = next(one for one in changes_of(Situation(cases(short))) if one.code == "route_receipts")
    assert change.most == 40_000
    full = {**short, "capture_controlled_3m_fen": 100_000.0}
    assert "route_receipts" not in {one.code for one in changes_of(Situation(cases(full)))}


def test_routing_receipts_ends_the_freeze_of_a_warning() -> None:
    """DOMAIN 2.2: 75 of 100 captured freezes new draws (orange below 80 %); routing 5 more is enough, and no less."""
    facts = {
        "debt_own_loans": 1.0,
        "debt_own_exposure_fen": 10_000_000.0,
        "debt_debt_fen": 10_000_000.0,
        "capture_expected_3m_fen": 100_000_000.0,
        "capture_controlled_3m_fen": 75_000_000.0,
    }
    found = Situation(cases(facts))
    assert int(compute_limits(found.cases).limit_fen[0]) == 0
    lever = next(one for one in find_levers(found) if one.code == "route_receipts")
    assert (lever.change, lever.binding) == (5_000_000, ("early_warning",))
    assert lever.limit_fen == int(compute_limits(cases({**facts, "capture_controlled_3m_fen": 8e7})).limit_fen[0]) > 0


def test_a_stopped_case_has_no_lever() -> None:
    """Where a gate stops the case no amount helps: the reasons say what is missing or why it is declined."""
    assert find_levers(Situation(cases({"days_since_last_sale": 200.0, "requested_fen": 1_000_000}))) == ()


def test_every_lever_has_a_horizon_and_words_in_both_languages() -> None:
    """Catalogue and policy name the same levers, and none of them games the measure."""
    assert tuple(LEVERS) == TABLE_KEYS["lever"]
    for text in LEVERS.values():
        assert all((text.zh, text.en, text.verification_zh, text.verification_en))
        assert not any(word in text.en for word in ("patent", "split"))
