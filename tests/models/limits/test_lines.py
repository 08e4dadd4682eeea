"""Committed lines are exposure: each once, never beside the loan that it paid out, of the enterprise and its group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.limits import COMMITTED_LINES, EXISTING_EXPOSURE, compute_limits, measure
from models.policy import Policy
from models.positions import read_positions
from models.tables import Tables, input_digests
from tests.limit_cases import cases
from tests.limit_cases import default_policy as shipped
from tests.position_rows import AS_OF, WAN, facts_of, policy_with, table, tables

DAY = date(2024, 1, 1)


def line(number: str, wan: int, **more: Any) -> dict[str, Any]:
    """An active line since the beginning of 2024."""
    row = {"line_no": number, "granted_on": DAY, "amount_fen": wan * WAN, "drawn_from": DAY}
    return {**row, "ends_on": date(2025, 1, 1), **more}


def loan(number: str, wan: int, drawn_on: date = date(2024, 2, 1), **more: Any) -> dict[str, Any]:
    row = {"loan_no": number, "own_bank": True, "drawn_on": drawn_on, "matures_on": date(2025, 1, 1)}
    return {**row, "principal_fen": wan * WAN, "balance_fen": wan * WAN, **more}


def exposed(lines: Sequence[Mapping[str, Any]], loans: Sequence[Mapping[str, Any]] = ()) -> tuple[float, float]:
    """Lines, and lines with loans, in 万元."""
    found = facts_of(tables(credit_line=lines, **({"bank_loan": loans} if loans else {})), shipped(AS_OF))
    return found["lines_committed_fen"][0] / WAN, found["lines_exposure_fen"][0] / WAN


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        pytest.param({}, True, id="active"),
        pytest.param({"drawn_from": None}, True, id="approved"),
        pytest.param({"ends_on": AS_OF}, True, id="last-day"),
        pytest.param({"ends_on": AS_OF - timedelta(days=1)}, False, id="ended"),
        pytest.param({"ends_on": None}, True, id="no-end-known"),
        pytest.param({"ends_on": AS_OF - timedelta(days=1), "frozen": True}, True, id="frozen-past-its-end"),
        pytest.param({"closed_on": AS_OF}, False, id="closed-today"),
        pytest.param({"closed_on": AS_OF + timedelta(days=1)}, True, id="closed-later"),
        pytest.param({"frozen": True, "closed_on": AS_OF}, False, id="frozen-and-closed"),
    ],
)
def test_a_line_counts_from_its_approval_to_its_end(changed: dict[str, Any], counts: bool) -> None:
    """Drawn or not; a frozen one, and one whose end nobody knows, until it is closed."""
    beside = line("B", 7)
    assert exposed([line("A", 100, **changed), beside]) == (107 if counts else 7, 107 if counts else 7)


@pytest.mark.parametrize(
    ("loans", "both"),
    [
        pytest.param([loan("1", 80)], 100, id="drawn-under-it"),
        pytest.param([loan("1", 80), loan("2", 50)], 130, id="more-than-it"),
        pytest.param([loan("1", 300, date(2023, 6, 1))], 400, id="older-than-it"),
        pytest.param([loan("1", 300, date(2023, 6, 1)), loan("2", 90)], 400, id="older-and-drawn"),
        pytest.param([loan("1", 80, own_bank=False)], 100, id="another-bank's"),
        pytest.param([loan("1", 80, closed_on=date(2024, 3, 1))], 100, id="repaid"),
        pytest.param([loan("1", 80, DAY)], 100, id="drawn-on-its-first-day"),
    ],
)
def test_no_loan_counts_beside_the_line_that_paid_it_out(loans: list[dict[str, Any]], both: int) -> None:
    """And none hides behind a line that began after it."""
    assert exposed([line("A", 100)], loans) == (100, both)


def test_of_a_line_and_the_one_it_replaces_the_larger_counts() -> None:
    """Until the old one is closed; two that replace the same line do not both stand in its place."""
    old, new = line("1", 100), line("2", 130, drawn_from=None, replaces="1", granted_on=date(2024, 5, 1))
    assert exposed([old, new])[0] == 130
    assert exposed([old, {**new, "amount_fen": 40 * WAN}])[0] == 100
    assert exposed([{**old, "closed_on": date(2024, 6, 1)}, new])[0] == 130
    assert exposed([old, new, {**new, "line_no": "3"}])[0] == 260
    assert exposed([{**old, "replaces": "2"}, new])[0] == 130  # a circle hides neither


def test_what_was_drawn_under_the_replaced_line_is_covered_by_the_new_one() -> None:
    """The new line can be drawn from when the old one could: 80 drawn then are not owed beside it."""
    inherited = line("2", 100, granted_on=date(2024, 6, 1), drawn_from=DAY)
    fresh = line("2", 100, granted_on=date(2024, 6, 1), drawn_from=date(2024, 6, 1))
    assert exposed([inherited], [loan("1", 80)])[1] == 100
    assert exposed([fresh], [loan("1", 80)])[1] == 180


days = st.integers(0, 8).map(lambda days: DAY + timedelta(days=days))
lines = st.lists(st.tuples(st.integers(0, 50), days | st.none()), min_size=1, max_size=6)
loans = st.lists(st.tuples(st.integers(0, 50), days), max_size=6)


def walked(lines: Sequence[tuple[int, date | None]], loans: Sequence[tuple[int, date]]) -> int:
    """The same by walking through time: each loan takes what is left of the lines that were open by its day."""
    used = beside = 0
    for owed, drawn in sorted(loans, key=lambda one: one[1]):
        left = sum(amount for amount, since in lines if since is not None and since <= drawn) - used
        taken = min(owed, max(left, 0))
        used, beside = used + taken, beside + owed - taken
    return sum(amount for amount, _ in lines) + beside


@settings(max_examples=80, deadline=None)
@given(lines=lines, loans=loans)
def test_exposure_is_what_a_walk_through_time_finds(
    lines: list[tuple[int, date | None]], loans: list[tuple[int, date]]
) -> None:
    """All lines, and the loans for which no line was open or left; never under either alone."""
    rows = [line(str(at), wan, drawn_from=since) for at, (wan, since) in enumerate(lines)]
    owed = [loan(str(at), wan, drawn) for at, (wan, drawn) in enumerate(loans)]
    committed, both = exposed(rows, owed)
    assert (committed, both) == (sum(wan for wan, _ in lines), walked(lines, loans))
    assert both >= max(committed, sum(wan for wan, _ in loans))


RICH = {"product": "technology_credit", "pd": 0.0001, "sales_12m_fen": 1_600.0 * WAN}


def decided(policy: Policy, **facts: float) -> Any:
    return compute_limits(cases({**RICH, **facts}, policy=policy))


def test_the_waterfall_says_what_was_lent_and_what_is_committed_beyond_it() -> None:
    """Two steps, which together are what is taken off every ceiling of this bank's exposure."""
    found = decided(
        shipped(AS_OF), debt_own_exposure_fen=30.0 * WAN, debt_debt_fen=30.0 * WAN, lines_exposure_fen=130.0 * WAN
    )
    steps = {step.code: int(step.delta[0]) for step in found.steps}
    assert (steps[EXISTING_EXPOSURE], steps[COMMITTED_LINES]) == (-30 * WAN, -100 * WAN)
    plain = decided(shipped(AS_OF), debt_own_exposure_fen=130.0 * WAN, debt_debt_fen=130.0 * WAN)
    assert found.limit_fen[0] == plain.limit_fen[0]
    for one, other in zip(found.ceilings, plain.ceilings, strict=True):
        assert (one.value[0], one.status[0]) == (other.value[0], other.status[0]), one.code


def test_a_replaced_line_stands_in_nobody_s_way() -> None:
    """Not the line, and not what was drawn under it, which will be owed under the new one; other loans do."""
    policy = shipped(AS_OF)
    free = decided(policy)
    under = {"debt_own_exposure_fen": 80.0 * WAN, "debt_debt_fen": 80.0 * WAN, "lines_exposure_fen": 100.0 * WAN}
    assert decided(policy, **under, line_replaced_fen=100.0 * WAN).limit_fen[0] == free.limit_fen[0]
    more = {"debt_own_exposure_fen": 110.0 * WAN, "debt_debt_fen": 110.0 * WAN, "lines_exposure_fen": 130.0 * WAN}
    lent = decided(policy, debt_own_exposure_fen=30.0 * WAN, debt_debt_fen=30.0 * WAN)
    assert decided(policy, **more, line_replaced_fen=100.0 * WAN).limit_fen[0] == lent.limit_fen[0]


@settings(max_examples=60, deadline=None)
@given(owed=st.integers(0, 300), committed=st.integers(0, 300), more=st.integers(1, 300))
def test_more_committed_never_raises_the_limit(owed: int, committed: int, more: int) -> None:
    """Whatever is on file already; a yuan committed and not drawn takes a yuan off, like a yuan lent."""
    policy, fen = shipped(AS_OF), float(owed * WAN)
    loans = {"debt_own_exposure_fen": fen, "debt_debt_fen": fen}
    before, after = (
        int(decided(policy, **loans, lines_exposure_fen=float(lines * WAN)).limit_fen[0])
        for lines in (committed, committed + more)
    )
    assert after <= before


CAPITAL = {"bank.net_capital": "100000000", "bank.tier_one": "100000000"}


def group_exposure(tmp_path: Path, loans: Any, lines: Any, **more: Any) -> float:
    """What the fellows of A owe in 万元: B is A's company."""
    held = {
        "enterprise_id": "A", "party_id": "B", "relation": "shareholder", "share": 0.6, "party_is_person": False,
        "began_on": date(2020, 1, 1),
    }  # fmt: skip
    kinds = {"relation": [held], "bank_loan": loans, "credit_line": lines, **more}
    books = Tables({kind: table(kind, rows) for kind, rows in kinds.items()}, neighbours={})
    policy = policy_with(tmp_path, CAPITAL)
    found = measure(read_positions(books, AS_OF, pa.array(["A"])), policy)
    return float(found["group_exposure_fen"][0]) / WAN


def test_the_group_sees_the_lines_of_its_members(tmp_path: Path) -> None:
    """By the same rule as one's own: B's line of 100 with 30 drawn under it, and 20 lent before."""
    loans = [{"enterprise_id": "B", **loan("1", 30)}, {"enterprise_id": "B", **loan("2", 20, date(2023, 1, 1))}]
    mine = {"enterprise_id": "A", **line("X", 500)}
    assert group_exposure(tmp_path, loans, [mine]) == 50
    assert group_exposure(tmp_path, loans, [mine, {"enterprise_id": "B", **line("A", 100)}]) == 120


def test_a_line_after_the_statement_of_the_group_system_adds_to_it(tmp_path: Path) -> None:
    """The statement of May cannot know a line of June; it knows the one of January."""
    loans = [{"enterprise_id": "B", **loan("1", 0)}]
    stated = [{"enterprise_id": "A", "group_id": "G", "stated_on": date(2024, 5, 31), "exposure_fen": 70 * WAN}]
    june = line("J", 40, granted_on=date(2024, 6, 1), drawn_from=None)
    for rows, exposure in (([line("A", 60)], 70), ([june], 110), ([line("A", 60), june], 110), ([line("A", 90)], 90)):
        of_b = [{"enterprise_id": "B", **row} for row in rows]
        assert group_exposure(tmp_path, loans, of_b, group_credit=stated) == exposure


def test_a_line_is_part_of_what_was_decided_on() -> None:
    """It changes the digest of the inputs; an enterprise without one keeps the digest that it had."""
    plain = tables(bank_loan=[loan("1", 30)])
    with_line = tables(bank_loan=[loan("1", 30)], credit_line=[line("A", 100)])
    empty = tables(bank_loan=[loan("1", 30)], credit_line=[])

    def digest(of: Tables) -> str:
        return str(input_digests(of, AS_OF, ["E"]).column("input_sha256")[0].as_py())

    assert digest(plain) == digest(empty) != digest(with_line)
