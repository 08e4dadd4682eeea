"""What must hold for any evidence: no gain from more of the same, no loss from more that is good, no cap exceeded."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from models.valuation.data_asset import value_data_assets
from models.valuation.ip import value_ip
from models.valuation.outcome import Valuation
from models.valuation.parameters import IP_TYPES
from models.valuation.pool import Pool, value_pool
from models.valuation.pool_substitution import check_substitution
from models.valuation.rates import of, share
from tests.valuation_rows import (
    AS_OF,
    WAN,
    data_numbers,
    data_set,
    data_sets,
    facts,
    ip_numbers,
    pool_numbers,
    pool_row,
    pool_rows,
    right,
    rights,
)

Row = dict[str, Any]
MONEY = st.one_of(st.none(), st.integers(0, 5000).map(lambda wan: wan * WAN))
KNOWN_OR_NOT = st.sampled_from([None, False, True])
SUMS = [f"{name}_{end}_fen" for name in ("value", "lending") for end in ("low", "central", "high")]
EXAMPLES = settings(max_examples=40, deadline=None)


DEFECTS: tuple[Row, ...] = (
    {"ip_type": "layout"},
    {"legal_status": "pending"},
    {"legal_status": None},
    {"fee_paid_until": date(2024, 1, 1)},
    {"fee_paid_until": None},
    {"owner_share": None},
    {"owner_share": 0.5, "co_owner_consent": None},
    {"disputed": True},
    {"pledged": None},
    {"acquisition": "bought"},
    {"acquisition": "licensed"},
    {"main_product": None, "claims": None},
)


@st.composite
def some_right(draw: st.DrawFn, number: str = "P0", kinds: tuple[str, ...] = IP_TYPES) -> Row:
    """A right whose amounts vary; one in four has a defect or something open."""
    defect = draw(st.sampled_from(DEFECTS)) if draw(st.integers(0, 3)) == 0 else {}
    return (
        right(
            number,
            ip_type=draw(st.sampled_from(kinds)),
            filed_on=AS_OF - timedelta(days=draw(st.integers(1, 4000))),
            expires_on=AS_OF + timedelta(days=draw(st.integers(500, 6000))),
            owner_share=draw(st.sampled_from([0.5, 1.0])),
            co_owner_consent=True,
            claims=draw(st.sampled_from([None, 5, 20])),
            forward_citations=draw(st.sampled_from([None, 0, 9])),
            countries=draw(st.sampled_from([None, 1, 4])),
            licences=draw(st.sampled_from([None, 0, 2])),
            ipc4=draw(st.sampled_from([None, "H02P"])),
            cost_fen=draw(st.one_of(st.none(), st.integers(0, 40 * WAN))),
            attributable_revenue_12m_fen=draw(st.one_of(st.none(), st.integers(0, 600 * WAN))),
            appraised_fen=draw(st.one_of(st.none(), st.none(), st.integers(0, 50 * WAN))),
            appraised_on=date(2023, 12, 1),
            appraiser=draw(st.sampled_from([None, "A"])),
        )
        | defect
    )


@st.composite
def some_rights(draw: st.DrawFn) -> list[Row]:
    return [draw(some_right(f"P{place}")) for place in range(draw(st.integers(1, 9)))]


DATA_DEFECTS: tuple[Row, ...] = (
    {"source_basis": "none"},
    {"source_basis": None},
    {"personal_information": True, "personal_information_basis": None},
    {"disputed": True},
    {"quality_assessed_by": "enterprise"},
    {"quality_accuracy": None, "scarcity": None, "dcmm_level": None},
    {"related_revenue_share": 1.0},
    {"related_revenue_share": None},
    {"depends_on_enterprise": True},
    {"depends_on_enterprise": None},
    {"right_to_operate": None, "right_to_use": None},
)


@st.composite
def some_data(draw: st.DrawFn, number: str = "A0") -> Row:
    """A data asset whose amounts vary; one in four has a defect or something open."""
    defect = draw(st.sampled_from(DATA_DEFECTS)) if draw(st.integers(0, 3)) == 0 else {}
    return (
        data_set(
            number,
            quality_accuracy=draw(st.sampled_from([0.2, 0.95])),
            related_revenue_share=draw(st.sampled_from([0.0, 0.3])),
            refreshed_on=AS_OF - timedelta(days=draw(st.integers(0, 700))),
            certificate_expires_on=draw(st.sampled_from([None, date(2025, 12, 1), date(2030, 1, 1)])),
            revenue_12m_fen=draw(MONEY),
            cost_fen=draw(MONEY),
            book_fen=draw(MONEY),
            scarcity=draw(st.sampled_from([0.0, 0.7])),
            contracts=draw(st.integers(0, 12)),
            trade_price_fen=draw(st.one_of(st.none(), st.none(), MONEY)),
        )
        | defect
    )


@st.composite
def some_data_sets(draw: st.DrawFn) -> list[Row]:
    return [draw(some_data(f"A{place}")) for place in range(draw(st.integers(1, 6)))]


SALES = st.sampled_from([None, 0, 50, 3000])


def ip(rows: list[Row], sales: int | None, **more: Any) -> Valuation:
    return value_ip(rights(*rows), ip_numbers(), as_of=AS_OF, facts=facts(sales), **more)


def data(rows: list[Row], sales: int | None, **more: Any) -> Valuation:
    return value_data_assets(data_sets(*rows), data_numbers(), as_of=AS_OF, facts=facts(sales), **more)


def sums(valuation: Valuation) -> list[int]:
    (row,) = valuation.enterprises.to_pylist()
    return [row[name] for name in SUMS]


def no_less(one: list[int], other: list[int]) -> bool:
    return all(first >= second for first, second in zip(one, other, strict=True))


def ordered(valuation: Valuation) -> bool:
    """low <= central <= high for each asset's own value and for the sums, parts within values, sums of what counts.

    Parts of one cap are shared out at each end anew, so a single part need not rise from low to high.
    """
    for row in valuation.assets.to_pylist():
        for name in ("value_*_fen", "cost_*_fen", "income_*_fen", "market_*_fen", "score_*"):
            if not rising([row[name.replace("*", end)] for end in ("low", "central", "high")]):
                return False
        for end in ("low", "central", "high"):
            chain = [row[f"{name}_{end}_fen"] for name in ("lending", "counted", "part", "value")]
            if not rising(chain):
                return False
    (total,) = valuation.enterprises.to_pylist()
    for name in ("value", "lending"):
        if not rising([total[f"{name}_{end}_fen"] for end in ("low", "central", "high")]):
            return False
    return bool(pc.sum(valuation.assets["counted_central_fen"]).as_py() == total["value_central_fen"])


def rising(values: list[Any]) -> bool:
    return None in values or (values == sorted(values) and values[0] >= 0)


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


@given(rows=some_data_sets(), more=some_data("NEW"), sales=SALES)
@EXAMPLES
def test_one_more_data_asset_never_lowers_value_or_lending(rows: list[Row], more: Row, sales: int | None) -> None:
    """Whatever the new data asset is, what was there keeps its worth."""
    assert no_less(sums(data([*rows, more], sales)), sums(data(rows, sales)))


@given(rows=some_rights(), copy=some_right("p-0"), sales=SALES)
@EXAMPLES
def test_a_right_entered_twice_never_helps(rows: list[Row], copy: Row, sales: int | None) -> None:
    """A second row of the same register number, however rosy, raises nothing."""
    assert no_less(sums(ip(rows, sales)), sums(ip([*rows, copy], sales)))


@given(rows=some_data_sets(), copy=some_data("A0"), sales=SALES)
@EXAMPLES
def test_a_data_asset_entered_twice_never_helps(rows: list[Row], copy: Row, sales: int | None) -> None:
    """A second asset number on the same certificate raises nothing."""
    assert no_less(sums(data(rows, sales)), sums(data([*rows, copy | {"asset_no": "B0"}], sales)))


@given(rows=some_rights(), sales=SALES, days=st.integers(1, 4000))
@EXAMPLES
def test_an_earlier_expiry_never_raises(rows: list[Row], sales: int | None, days: int) -> None:
    """Expiry lowers, whatever the rest."""
    earlier = [rows[0] | {"expires_on": rows[0]["expires_on"] - timedelta(days=days)}, *rows[1:]]
    assert no_less(sums(ip(rows, sales)), sums(ip(earlier, sales)))


@given(rows=some_data_sets(), sales=SALES, days=st.integers(1, 400))
@EXAMPLES
def test_an_older_refresh_never_raises(rows: list[Row], sales: int | None, days: int) -> None:
    """Data that was refreshed earlier is worth no more."""
    older = [rows[0] | {"refreshed_on": rows[0]["refreshed_on"] - timedelta(days=days)}, *rows[1:]]
    assert no_less(sums(data(rows, sales)), sums(data(older, sales)))


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


@given(rows=some_rights(), sets=some_data_sets(), sales=SALES)
@EXAMPLES
def test_ranges_are_ordered_and_parts_add_up(rows: list[Row], sets: list[Row], sales: int | None) -> None:
    """low <= central <= high for values and sums; the enterprise's value is the sum of what is counted."""
    assert ordered(ip(rows, sales))
    assert ordered(data(sets, sales))


@given(rows=some_rights(), sets=some_data_sets(), sales=SALES, order=st.randoms(use_true_random=False))
@EXAMPLES
def test_one_enterprise_is_the_same_among_many_and_in_any_order(
    rows: list[Row], sets: list[Row], sales: int | None, order: Any
) -> None:
    """N = 1 and N = many agree to the last bit, whatever the order of the rows."""
    others = [row | {"enterprise_id": name} for name in ("A0", "Z9") for row in rows]
    mixed = [*rows, *others]
    order.shuffle(mixed)
    alone, many = ip(rows, sales), ip(mixed, sales)
    assert of_e1(many.assets).equals(alone.assets)
    assert of_e1(many.enterprises).equals(alone.enterprises)
    crowd = [*sets, *(row | {"enterprise_id": "A0"} for row in sets)]
    order.shuffle(crowd)
    assert of_e1(data(crowd, sales).assets).equals(data(sets, sales).assets)


def of_e1(table: pa.Table) -> pa.Table:
    return table.filter(pc.equal(table["enterprise_id"], "E1"))


POOL_CLASSES = ("deposit", "government_bond", "bank_bill", "commercial_bill", "receivable", "warehouse_receipt",
                "bill_of_lading", "wealth_product", "data_asset", "ip_right", "margin")  # fmt: skip


@st.composite
def some_asset(draw: st.DrawFn, number: str = "R0") -> Row:
    return pool_row(
        number,
        draw(st.sampled_from(POOL_CLASSES)),
        draw(st.integers(0, 900)),
        issuer_id=draw(st.sampled_from(["I1", "I2", "I3", None])),
        group_id=draw(st.sampled_from(["G1", None])),
        issuer_type=draw(st.sampled_from(["state_bank", "city_bank", None])),
        confirmed=draw(KNOWN_OR_NOT),
        insured=draw(KNOWN_OR_NOT),
        endorsement_complete=draw(st.sampled_from([True, True, None, False])),
        pledged_elsewhere=draw(st.sampled_from([False, False, None, True])),
        currency=draw(st.sampled_from(["CNY", "USD", None])),
        entered_on=draw(st.sampled_from([date(2024, 1, 1), date(2024, 1, 1), None])),
    )


@st.composite
def some_pool(draw: st.DrawFn) -> list[Row]:
    return [draw(some_asset(f"R{place}")) for place in range(draw(st.integers(1, 9)))]


def pool(rows: list[Row], **more: Any) -> Pool:
    intangible = [row for row in rows if row["asset_class"] in ("data_asset", "ip_right")]
    columns = {"enterprise_id": pa.string(), "register_no": pa.string(), "value_fen": pa.int64()}
    valued = pa.Table.from_pylist([{name: row[name] for name in columns} for row in intangible], pa.schema(columns))
    return value_pool(pool_rows(*rows), pool_numbers(), as_of=AS_OF, valuations=valued, **more)


def fen(found: Pool) -> int:
    return int(found.enterprises["pool_fen"][0].as_py())


@given(rows=some_pool(), more=some_asset("NEW"))
@EXAMPLES
def test_one_more_pool_asset_never_lowers_the_pool(rows: list[Row], more: Row) -> None:
    """Caps are shares of what else is there: more of anything lowers nothing."""
    assert fen(pool([*rows, more])) >= fen(pool(rows))


@given(rows=some_pool(), copy=some_asset("r-0"))
@EXAMPLES
def test_a_pool_asset_entered_twice_never_helps(rows: list[Row], copy: Row) -> None:
    """The same register number again, in any class and at any value, raises nothing."""
    assert fen(pool([*rows, copy])) <= fen(pool(rows))


@given(rows=some_pool())
@EXAMPLES
def test_the_caps_of_the_pool_hold(rows: list[Row]) -> None:
    """No asset above its gross, no issuer or group above its share, intangibles at most a fifth of the final pool."""
    found = pool(rows)
    assets, numbers = found.assets.to_pylist(), pool_numbers()
    total, before = fen(found), sum(row["gross_fen"] for row in assets)
    assert all(0 <= row["counted_fen"] <= row["gross_fen"] for row in assets)
    capped = ("bank_bill_large", "bank_bill_regional", "commercial_bill", "receivable_confirmed",
              "receivable_unconfirmed", "export_receivable", "wealth_product")  # fmt: skip
    for issuer in ("I1", "I2", "I3"):
        held = sum(r["counted_fen"] for r in assets if r["issuer_id"] == issuer and r["pool_class"] in capped)
        assert held <= int(of(before, share(numbers.issuer_cap)))
    for classes, cap in ((("ip_right", "data_asset"), "0.20"), (("warehouse_receipt", "bill_of_lading"), "0.50")):
        held = sum(row["counted_fen"] for row in assets if row["pool_class"] in classes)
        assert held <= int(of(total, share(cap)))


@given(rows=some_pool(), exposure_wan=st.integers(0, 2000), leaving=st.sets(st.integers(0, 8)))
@EXAMPLES
def test_an_allowed_substitution_keeps_coverage(rows: list[Row], exposure_wan: int, leaving: set[int]) -> None:
    """If a release is allowed, what stays covers the exposure; otherwise the lack is exactly what is missing."""
    out = pa.table({"enterprise_id": ["E1"] * len(leaving), "register_no": [f"R{place}" for place in leaving]})
    out = out.cast(pa.schema({"enterprise_id": pa.string(), "register_no": pa.string()}))
    known = facts(pool_exposure_fen=exposure_wan * WAN)
    checked = check_substitution(pool_rows(*rows), out, pool_numbers(), as_of=AS_OF, facts=known).to_pylist()
    stay = [row for place, row in enumerate(rows) if place not in leaving]
    rest = fen(value_plain(stay)) if stay else 0
    for row in checked:
        assert row["pool_after_fen"] == rest
        assert row["allowed"] == (rest >= exposure_wan * WAN)
        assert row["lacking_fen"] == max(exposure_wan * WAN - rest, 0)


def value_plain(rows: list[Row]) -> Pool:
    return value_pool(pool_rows(*rows), pool_numbers(), as_of=AS_OF)


@given(rows=some_pool(), order=st.randoms(use_true_random=False))
@EXAMPLES
def test_a_pool_is_the_same_among_many_and_in_any_order(rows: list[Row], order: Any) -> None:
    """N = 1 and N = many agree to the last bit."""
    mixed = [*rows, *(row | {"enterprise_id": name} for name in ("A0", "Z9") for row in rows)]
    order.shuffle(mixed)
    alone, many = value_plain(rows), value_plain(mixed)
    assert of_e1(many.assets).equals(alone.assets)
    assert of_e1(many.enterprises).equals(alone.enterprises)
