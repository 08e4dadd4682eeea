"""What must hold of any IP rights: no gain from the same right twice, no loss from one more."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from models.valuation.ip import value_ip
from models.valuation.parameters import IP_TYPES
from tests.valuation_draws import EXAMPLES, SALES, Row, ip, no_less, some_right, some_rights, sums
from tests.valuation_rows import AS_OF, WAN, ip_numbers, right, rights


@given(rows=some_rights(), more=some_right("NEW"), sales=SALES)
@EXAMPLES
def test_one_more_right_never_lowers_value_or_lending(rows: list[Row], more: Row, sales: int | None) -> None:
    """Whatever the new right is, what was there keeps its worth."""
    assert no_less(sums(ip([*rows, more], sales)), sums(ip(rows, sales)))


@given(rows=st.lists(st.integers(0, 2 * WAN), min_size=4, max_size=9), more=st.integers(0, 2 * WAN))
@EXAMPLES
def test_one_more_design_en_masse_never_lowers_the_best_few(rows: list[int], more: int) -> None:
    """Crossing the number of recent designs that count leaves the best of them, and lowers nothing."""
    fresh = {"ip_type": "design", "filed_on": date(2024, 3, 1), "expires_on": date(2039, 3, 1)}
    designs = [right(f"D{place}", cost_fen=cost, **fresh) for place, cost in enumerate([*rows, more])]
    assert no_less(sums(ip(designs, None)), sums(ip(designs[:-1], None)))


@given(rows=some_rights(), copy=some_right("p-0"), sales=SALES)
@EXAMPLES
def test_a_right_entered_twice_never_helps(rows: list[Row], copy: Row, sales: int | None) -> None:
    """A second row of the same register number, however rosy, raises nothing."""
    assert no_less(sums(ip(rows, sales)), sums(ip([*rows, copy], sales)))


@given(rows=some_rights(), sales=SALES, days=st.integers(1, 4000))
@EXAMPLES
def test_an_earlier_expiry_never_raises(rows: list[Row], sales: int | None, days: int) -> None:
    """Expiry lowers, whatever the rest."""
    earlier = [rows[0] | {"expires_on": rows[0]["expires_on"] - timedelta(days=days)}, *rows[1:]]
    assert no_less(sums(ip(rows, sales)), sums(ip(earlier, sales)))


FILLS = (
    ("main_product", [False, True]),
    ("forward_citations", [0, 3, 60]),
    ("countries", [0, 2, 9]),
    ("licences", [0, 5]),
    ("ipc4", ["A", "A;B;C;D;E"]),
    ("pledged", [False, True]),
    ("disputed", [False, True]),
    ("owner_share", [1.0]),
    ("fee_paid_until", [date(2023, 1, 1), date(2026, 1, 1)]),
)


@given(row=some_right(), sales=SALES)
@EXAMPLES
def test_a_fact_that_arrives_never_widens_the_range(row: Row, sales: int | None) -> None:
    """Indicators and open facts of a right: the new range lies inside the old one, or the right is knocked out."""
    cases = [(name, value) for name, values in FILLS for value in values]
    variants = [row | {"enterprise_id": "E0", "co_owners": None}]
    for place, (name, value) in enumerate(cases):
        variants.append(row | {"enterprise_id": f"B{place:02d}", name: None})
        variants.append(row | {"enterprise_id": f"C{place:02d}", name: value})
    known = pa.table({"enterprise_id": [variant["enterprise_id"] for variant in variants]})
    fen_of_sales = None if sales is None else sales * WAN
    known = known.append_column("verified_sales_12m_fen", pa.array([fen_of_sales] * len(variants), pa.int64()))
    found = value_ip(rights(*variants), ip_numbers(), as_of=AS_OF, facts=known).assets.to_pylist()
    by_name = {item["enterprise_id"]: item for item in found}
    for place in range(len(cases)):
        before, after = by_name[f"B{place:02d}"], by_name[f"C{place:02d}"]
        assert after["value_high_fen"] <= before["value_high_fen"]
        assert after["knocked_out_by"] or after["value_low_fen"] >= before["value_low_fen"]


@given(
    revenue=st.lists(st.integers(1, 300 * WAN), min_size=1, max_size=5),
    kinds=st.lists(st.sampled_from(IP_TYPES), min_size=6, max_size=6),
    more=st.integers(1, 300 * WAN),
)
@EXAMPLES
def test_one_more_right_on_the_same_sales_never_lowers_lending(revenue: list[int], kinds: list[str], more: int) -> None:
    """Where one cap binds, what lends most fills it first: to the fen, nothing is lost to a newcomer."""
    old = [
        right(f"P{place}", ip_type=kinds[place], attributable_revenue_12m_fen=amount, expires_on=date(2040, 1, 1))
        for place, amount in enumerate(revenue)
    ]
    new = right("NEW", ip_type=kinds[5], attributable_revenue_12m_fen=more, expires_on=date(2040, 1, 1))
    assert no_less(sums(ip([*old, new], 3000)), sums(ip(old, 3000)))
