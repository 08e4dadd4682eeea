"""What must hold for every limit, whatever the facts."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.grades import GRADES
from models.limits import NO_REQUEST, AmountColumns, Cases, Document, Outcome, Status, compute_limits
from models.limits.arithmetic import FenColumnNotExact, fen_column, share_of
from models.limits.case import LimitFactAbsent
from models.limits.ceilings import CEILINGS
from models.limits.gates import GATES
from tests.limit_cases import cases, default_policy

# Most amounts where turnover, grade and product caps compete (up to 30 million yuan), some far beyond, some negative.
FEN = st.one_of(
    st.integers(0, 3 * 10**9), st.integers(0, 3 * 10**9), st.integers(-(10**9), 10**9), st.integers(10**9, 10**15)
).map(float)
EDGES = (0.0, 89.0, 90.0, 91.0, 179.0, 180.0, 181.0, 200.0, 364.0, 365.0, 366.0)
REQUESTED = st.one_of(st.just(NO_REQUEST), st.integers(1, 5 * 10**8), st.integers(1, 10**11))


def mostly(usual: float, other: st.SearchStrategy[float | None]) -> st.SearchStrategy[float | None]:
    """The usual value three times in four, so that not every case is knocked out."""
    return st.one_of(st.just(usual), st.just(usual), st.just(usual), other)


rows = st.fixed_dictionaries(
    {
        "pd": st.one_of(st.floats(0, 0.2), st.floats(0, 0.03), mostly(0.018, st.one_of(st.none(), st.floats(0, 1)))),
        "sales_12m_fen": st.one_of(FEN, FEN, FEN, st.none()),
        "days_since_last_sale": mostly(5.0, st.one_of(st.none(), st.sampled_from(EDGES))),
        "days_since_first_sale": mostly(900.0, st.one_of(st.none(), st.sampled_from(EDGES))),
        "days_since_last_purchase": mostly(5.0, st.one_of(st.none(), st.sampled_from(EDGES))),
        "void_rate_12m": mostly(0.02, st.one_of(st.none(), st.floats(0, 1))),
        "requested_fen": REQUESTED,
    }
)
good_rows = st.fixed_dictionaries({"pd": st.floats(0, 0.2), "sales_12m_fen": FEN.map(abs), "requested_fen": REQUESTED})


def limit_of(row: dict[str, Any]) -> int:
    return int(compute_limits(cases(row)).limit_fen[0])


@given(st.lists(rows, min_size=1, max_size=6))
def test_the_waterfall_runs_to_the_limit(batch: list[dict[str, Any]]) -> None:
    """Each step's running amount is the one before plus its difference; the last one is the limit; none is negative."""
    limits = compute_limits(cases(*batch))
    running = np.zeros(len(batch), dtype=np.int64)
    for step in limits.steps:
        running = running + step.delta
        assert np.array_equal(running, step.running)
        assert (running >= 0).all()
    assert np.array_equal(running, limits.limit_fen)


@given(st.lists(rows, min_size=1, max_size=6))
def test_after_the_sources_no_step_raises_the_amount(batch: list[dict[str, Any]]) -> None:
    """Eligibility, ceilings, rounding and minimum only take away."""
    limits = compute_limits(cases(*batch))
    for step in limits.steps[len(limits.sources) :]:
        assert (step.delta <= 0).all(), step.code


@given(
    st.one_of(rows, good_rows),
    st.integers(0, 10**9),
    st.sampled_from([Status.APPLIED, Status.NOT_APPLICABLE, Status.PENDING]),
)
def test_one_more_ceiling_never_raises_the_limit(row: dict[str, Any], value: int, status: Status) -> None:
    """Whatever a further ceiling says, applied, pending or not applicable, the limit does not rise."""

    def further(cases: Cases) -> AmountColumns:
        return AmountColumns("further", np.full(len(cases), value), np.full(len(cases), status, dtype=np.int8))

    before = compute_limits(cases(row))
    after = compute_limits(cases(row), ceilings=[*CEILINGS, further])
    assert after.limit_fen[0] <= before.limit_fen[0]
    if status is Status.NOT_APPLICABLE:
        assert after.limit_fen[0] == before.limit_fen[0]


@given(st.one_of(rows, good_rows), st.lists(st.floats(0, 0.25), min_size=2, max_size=30))
def test_a_lower_probability_never_lowers_the_limit(row: dict[str, Any], ladder: list[float]) -> None:
    """The same firm on a rising ladder of default probabilities has a limit that never rises."""
    limits = compute_limits(cases(*({**row, "pd": pd} for pd in sorted(ladder)))).limit_fen
    assert (np.diff(limits) <= 0).all()


@given(st.one_of(rows, good_rows), st.lists(FEN, min_size=2, max_size=30))
def test_more_sales_never_lower_the_limit(row: dict[str, Any], ladder: list[float]) -> None:
    """The same firm on a rising ladder of net sales has a limit that never falls."""
    limits = compute_limits(cases(*({**row, "sales_12m_fen": sales} for sales in sorted(ladder)))).limit_fen
    assert (np.diff(limits) >= 0).all()


@given(good_rows)
def test_the_limit_is_a_whole_number_of_steps_within_product_and_request(row: dict[str, Any]) -> None:
    """Granted amounts are multiples of the step, at least the minimum, at most the request and every cap."""
    limits = compute_limits(cases(row))
    limit = int(limits.limit_fen[0])
    product = default_policy().product("invoice_credit")
    assert limit % product.step_fen == 0
    assert limit == 0 or product.minimum_fen <= limit <= product.maximum_fen
    assert row["requested_fen"] == NO_REQUEST or limit <= row["requested_fen"]
    assert all(limit <= int(cap.value[0]) for cap in limits.caps if cap.counts[0])
    lost = int(limits.lowest_cap[0]) - limit
    assert 0 <= lost < product.step_fen or limit == 0


@given(good_rows)
def test_the_order_of_ceilings_does_not_matter(row: dict[str, Any]) -> None:
    """The waterfall depends on the order, the limit does not."""
    assert compute_limits(cases(row), ceilings=CEILINGS[::-1]).limit_fen[0] == limit_of(row)


@given(st.lists(rows, min_size=1, max_size=6))
def test_only_a_rule_declines_and_what_is_missing_refers(batch: list[dict[str, Any]]) -> None:
    """A decline has a fired gate or the product minimum; a case with a pending rule and no fired gate is referred."""
    limits = compute_limits(cases(*batch))
    declined = limits.outcome == Outcome.DECLINE
    assert not (declined & ~limits.fired & ~limits.below_minimum).any()
    assert np.array_equal(limits.outcome == Outcome.REFER, limits.pending & ~limits.fired)
    for rule in limits.rules:
        for row in np.flatnonzero(rule.status == Status.PENDING):
            assert rule.document_at(int(row)) is not Document.NONE, rule.code


@given(st.lists(rows, min_size=1, max_size=8))
@example([{"days_since_last_sale": sale, "days_since_last_purchase": bought} for sale in EDGES for bought in EDGES])
def test_one_case_alone_is_the_same_as_among_many(batch: list[dict[str, Any]]) -> None:
    """N = 1 equals N = many in every column of every rule."""
    many = compute_limits(cases(*batch))
    for at, row in enumerate(batch):
        one = compute_limits(cases(row))
        for alone, among in zip(one.rules, many.rules, strict=True):
            assert np.array_equal(alone.value, among.value[at : at + 1], equal_nan=True)
            assert alone.status[0] == among.status[at]
        assert one.limit_fen[0] == many.limit_fen[at]
        assert one.outcome[0] == many.outcome[at]


def test_a_pending_ceiling_is_taken_at_its_prudent_value_and_refers() -> None:
    """Pending is never infinite: the prudent 500,000 yuan holds, and the case goes to a person."""

    def unknown_group(cases: Cases) -> AmountColumns:
        pending = np.full(len(cases), Status.PENDING, dtype=np.int8)
        return AmountColumns("group", np.full(len(cases), 50_000_000), pending, document=Document.MODEL_INPUTS)

    limits = compute_limits(cases({}), ceilings=[*CEILINGS, unknown_group])
    assert limits.limit_fen[0] == 50_000_000
    assert limits.outcome[0] == Outcome.REFER


def test_no_cases_give_no_limits() -> None:
    """A batch of nobody is a batch of no limits."""
    assert len(compute_limits(cases()).limit_fen) == 0


def test_a_fact_that_the_features_do_not_deliver_is_named() -> None:
    """A rule that lacks a column stops with the name of the feature."""
    whole = cases({})
    with pytest.raises(LimitFactAbsent, match="void_rate_12m"):
        compute_limits(replace(whole, facts={k: v for k, v in whole.facts.items() if k != "void_rate_12m"}))


@given(
    st.lists(st.one_of(st.integers(0, 10**6), st.integers(2**40, 2**53)), min_size=1, max_size=20),
    st.lists(
        st.integers(0, 10**6).map(lambda millionths: Decimal(millionths) / 10**6),
        min_size=len(GRADES),
        max_size=len(GRADES),
    ),
)
def test_a_share_of_an_amount_is_exact(amounts: list[int], shares: list[Decimal]) -> None:
    """Every share equals the floor of the exact decimal product, for amounts up to 2**53 fen."""
    place = np.arange(len(amounts), dtype=np.int16) % len(shares)
    found = share_of(np.array(amounts, dtype=np.int64), shares, place)
    exact = [
        int((Decimal(amount) * shares[at]).to_integral_value(ROUND_FLOOR))
        for amount, at in zip(amounts, place, strict=True)
    ]
    assert found.tolist() == exact


def test_a_float_that_is_no_whole_fen_is_refused() -> None:
    """Half a fen, infinity and amounts beyond 2**53 are defects upstream, with column and row; NaN is not known."""
    values, known = fen_column(np.array([1.0, np.nan, -5.0]), "sales_12m_fen")
    assert values.tolist() == [1, 0, -5]
    assert known.tolist() == [True, False, True]
    for wrong in (0.5, np.inf, 2.0**53 + 2):
        with pytest.raises(FenColumnNotExact, match=r"whole number of fen.*column sales_12m_fen, row 1"):
            fen_column(np.array([1.0, wrong]), "sales_12m_fen")


def test_every_gate_and_rule_has_words() -> None:
    """Each rule of the engine appears in the bilingual catalogue, so that no code reaches a reader alone."""
    from models.explanation.catalogue import BINDING_REASONS, GATE_REASONS, RULE_WORDS  # noqa: PLC0415

    limits = compute_limits(cases({}))
    assert {gate.code for gate in limits.gates} == set(GATE_REASONS)
    assert len(GATES) == len(GATE_REASONS)
    assert {cap.code for cap in limits.caps} == set(BINDING_REASONS)
    codes = {rule.code for rule in limits.rules} | {step.code for step in limits.steps} | set(BINDING_REASONS)
    assert codes <= set(RULE_WORDS)
