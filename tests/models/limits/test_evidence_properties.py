"""What more or better evidence must never do to a limit, on simulated firms with every kind of evidence."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.limits import Status, compute_limits
from models.limits.ceilings import CEILINGS
from models.limits.sources import SOURCES
from tests.limit_cases import cases, default_policy
from tests.limit_firms import cases_of, random_firms
from tests.limit_oracle import WAN
from tests.position_rows import AS_OF, policy_with

SEEDS = st.integers(0, 10**6)
Change = Callable[[dict[str, Any], np.random.Generator], None]


def more_confirmed_receivables(firm: dict[str, Any], rng: np.random.Generator) -> None:
    fresh = {"no": "999", "amount": int(rng.integers(1, 200 * WAN)), "age": 10, "late": -20, "sold": 0, "lost": 0}
    debtor = f"D{rng.integers(7)}"
    firm["claims"].append(
        {**fresh, "debtor": debtor, "contra": 0, "barred": False, "confirmed": True, "anchor": debtor in ("D0", "D1")}
    )
    firm["claims"].sort(key=lambda claim: (claim["debtor"], claim["no"]))


def confirmation(firm: dict[str, Any], rng: np.random.Generator) -> None:
    for claim in firm["claims"]:
        claim["confirmed"] = claim["confirmed"] or rng.uniform() < 0.5


def less_dilution(firm: dict[str, Any], rng: np.random.Generator) -> None:
    for claim in firm["claims"]:
        claim["lost"] = int(claim["lost"] * rng.uniform(0, 1))


def better_settlement(firm: dict[str, Any], rng: np.random.Generator) -> None:
    for anchor in firm["anchors"]:
        anchor["settled"] += int(rng.integers(0, 100 * WAN))
        anchor["tenure"] += int(rng.integers(0, 12))
        if anchor["delay"] is not None:
            anchor["delay"] = float(anchor["delay"] * rng.uniform(0, 1))


def better_delivery(firm: dict[str, Any], rng: np.random.Generator) -> None:
    for order in firm["orders"]:
        order["done"] += int((order["due"] - order["done"]) * rng.uniform(0, 1))


def lower_probability(firm: dict[str, Any], rng: np.random.Generator) -> None:
    firm["pd"] *= float(rng.uniform(0, 1))


def one_more_asset(firm: dict[str, Any], rng: np.random.Generator) -> None:
    firm[str(rng.choice(["ip", "data", "pool"]))] += int(rng.integers(1, 100 * WAN))


def more_sales(firm: dict[str, Any], rng: np.random.Generator) -> None:
    firm["sales"] += int(rng.integers(1, 1000 * WAN))


def more_tax(firm: dict[str, Any], rng: np.random.Generator) -> None:
    firm["tax"]["vat"] += int(rng.integers(1, 100 * WAN))


def limits_of(*firms: dict[str, Any]) -> np.ndarray:
    return compute_limits(cases_of(firms)).limit_fen


GOOD = (
    more_confirmed_receivables,
    confirmation,
    less_dilution,
    better_settlement,
    better_delivery,
    lower_probability,
    one_more_asset,
    more_sales,
    more_tax,
)


@pytest.mark.parametrize("change", GOOD, ids=lambda change: change.__name__)
@settings(max_examples=6, deadline=None)
@given(seed=SEEDS)
def test_better_evidence_never_lowers_the_sources_or_the_limit(change: Change, seed: int) -> None:
    """Forty firms, one piece of evidence improved in each: neither what is carried nor the limit falls, to the fen."""
    before = random_firms(40, seed)
    after = deepcopy(before)
    rng = np.random.default_rng(seed)
    for firm in after:
        change(firm, rng)
    old, new = compute_limits(cases_of(before)), compute_limits(cases_of(after))
    assert (new.sources_total >= old.sources_total).all()
    assert (new.limit_fen >= old.limit_fen).all()


@settings(max_examples=4, deadline=None)
@given(seed=SEEDS)
def test_no_rung_of_a_ladder_of_settlement_is_lower(seed: int) -> None:
    """The same firm with more and more settled, 3 % a rung over two orders of magnitude: the limit only rises."""
    rungs = [1.03**rung for rung in range(-60, 90)]
    for firm in [each for each in random_firms(12, seed) if each["anchors"]][:3]:
        ladder = [deepcopy(firm) for _ in rungs]
        for rung, step in zip(rungs, ladder, strict=True):
            for anchor in step["anchors"]:
                anchor["settled"] = int(anchor["settled"] * rung)
        limits = compute_limits(cases_of(ladder))
        assert (np.diff(limits.sources_total) >= 0).all()
        assert (np.diff(limits.limit_fen) >= 0).all()


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS, days=st.integers(0, 70), less_settled=st.booleans())
def test_later_payment_by_a_core_enterprise_never_raises_the_limit(seed: int, days: int, less_settled: bool) -> None:
    """More days late, with or without less settled in the window, the same debts: at no term does the limit rise."""
    before = random_firms(60, seed)
    after = deepcopy(before)
    for firm in after:
        for anchor in firm["anchors"]:
            anchor["delay"] = None if anchor["delay"] is None else anchor["delay"] + days
            anchor["settled"] = anchor["settled"] * (9 if less_settled else 10) // 10
    old, new = compute_limits(cases_of(before)), compute_limits(cases_of(after))
    assert (new.sources_total <= old.sources_total).all()
    assert (new.limit_fen <= old.limit_fen).all()


@settings(max_examples=6, deadline=None)
@given(seed=SEEDS)
def test_a_receivable_cut_in_two_changes_no_limit(seed: int) -> None:
    """Every claim in two parts at a random place: every source and every limit is the same to the fen."""
    firms = random_firms(40, seed)
    rng = np.random.default_rng(seed)
    cut = deepcopy(firms)
    for firm in cut:
        parts = []
        for claim in firm["claims"]:
            share = rng.uniform(0, 1)
            first = {name: int(claim[name] * share) for name in ("amount", "sold", "lost")}
            rest = {name: claim[name] - first[name] for name in first}
            parts += [{**claim, **first, "no": claim["no"] + "a"}, {**claim, **rest, "no": claim["no"] + "b"}]
        firm["claims"] = parts
    old, new = compute_limits(cases_of(firms)), compute_limits(cases_of(cut))
    for whole, halves in zip(old.rules, new.rules, strict=True):
        assert np.array_equal(whole.value, halves.value, equal_nan=True), whole.code
    assert np.array_equal(old.limit_fen, new.limit_fen)


@settings(max_examples=4, deadline=None)
@given(seed=SEEDS)
def test_no_ceiling_raises_a_limit_and_no_source_lowers_one(seed: int) -> None:
    """Without any one ceiling the limit is never lower, no step after the sources adds; N = 1 is N = many."""
    held = cases_of(random_firms(60, seed))
    whole = compute_limits(held)
    for ceiling in CEILINGS:
        without = compute_limits(held, ceilings=[item for item in CEILINGS if item is not ceiling])
        assert (without.limit_fen >= whole.limit_fen).all()
    for step in whole.steps[len(whole.sources) :]:
        assert (step.delta <= 0).all(), step.code
    assert all((source.value >= 0).all() for source in whole.sources)
    assert len(whole.sources) == len(SOURCES)
    alone = compute_limits(cases_of(random_firms(60, seed)[:1]))
    assert alone.limit_fen[0] == whole.limit_fen[0]


def test_a_required_ceiling_without_facts_is_pending_only_above_what_goes_without(tmp_path: Any) -> None:
    """Technology credit asks for statements above 5,000,000 of room; what we lent already lowers the room."""
    policy = policy_with(tmp_path, {}, AS_OF)
    row = {"product": "technology_credit", "pd": 0.0001, "sales_12m_fen": 2_000 * WAN}

    def need_status(**facts: Any) -> int:
        limits = compute_limits(cases({**row, **facts}, policy=policy))
        return int(next(cap.status[0] for cap in limits.ceilings if cap.code == "working_capital_need"))

    assert need_status() == Status.PENDING  # 0.30 x 20,000,000 = 6,000,000
    assert need_status(debt_own_exposure_fen=100 * WAN) == Status.NOT_APPLICABLE  # 5,000,000 is left
    assert need_status(sales_12m_fen=1_600 * WAN) == Status.NOT_APPLICABLE
    limits = compute_limits(cases(row, policy=policy))
    assert limits.limit_fen[0] == 500 * WAN
    assert limits.outcome[0] == 2


def test_the_bank_s_capital_bounds_one_client(tmp_path: Any) -> None:
    """DOMAIN 1.5: 10 % of net capital of 60,000,000 is 6,000,000, 15 % of tier 1 of 30,000,000 is 4,500,000."""
    policy = policy_with(tmp_path, {"bank.net_capital": "60000000", "bank.tier_one": "30000000"}, AS_OF)
    limits = compute_limits(cases({"pd": 0.0001, "sales_12m_fen": 2_000 * WAN}, policy=policy))
    single = next(cap for cap in limits.ceilings if cap.code == "single_name")
    assert single.value[0] == 450 * WAN
    assert limits.limit_fen[0] == 450 * WAN


def test_one_enterprise_is_decided_as_among_many_with_other_feeds() -> None:
    """The bytes of a decision do not show which feeds other enterprises have: alone, named and together are equal."""
    from models.scoring import CreditRequest, score  # noqa: PLC0415
    from tests.factories import bundle  # noqa: PLC0415
    from tests.position_rows import claim, tables  # noqa: PLC0415

    policy = default_policy(AS_OF)
    rich = [claim("1", "A", 100, enterprise_id="RICH"), claim("2", "B", 80, enterprise_id="RICH")]
    returns = [{"enterprise_id": "POOR", "tax": "vat", "period_end": AS_OF, "payable_fen": 1, "paid_fen": 900}]
    both, poor = tables(receivable=rich, tax_return=returns), tables(tax_return=returns)
    asked = {"POOR": CreditRequest("technology_credit")}
    together = score(both, AS_OF, bundle(), policy, requests=asked).record_of("POOR")
    named = score(both, AS_OF, bundle(), policy, requests=asked, enterprises=["POOR"]).record_of("POOR")
    alone = score(poor, AS_OF, bundle(), policy, requests=asked).record_of("POOR")
    assert together.to_json() == named.to_json() == alone.to_json()
    assert together.feature_values["tax_vat_12m_fen"] == 900
    assert "receivables_fen" not in together.feature_values
