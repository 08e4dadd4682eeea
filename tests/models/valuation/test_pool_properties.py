"""What must hold of any pool of assets: no gain from the same asset twice, caps that hold, substitutions that cover."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from models.valuation.pool import Pool, value_pool
from models.valuation.pool_substitution import check_substitution
from models.valuation.rates import of, share
from tests.valuation_draws import EXAMPLES, Row, of_e1
from tests.valuation_rows import AS_OF, WAN, facts, pool_numbers, pool_row, pool_rows

KNOWN_OR_NOT = st.sampled_from([None, False, True])
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
