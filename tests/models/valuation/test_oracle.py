"""The columns against the plain second implementation, on random evidence."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.valuation.data_asset import value_data_assets
from models.valuation.ip import value_ip
from models.valuation.pool import value_pool
from tests.valuation_oracle import data_central, pool_fen, right_central
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

MONEY = st.integers(0, 10**11)
SALES = st.one_of(st.none(), st.integers(0, 10**7).map(lambda wan: wan))
SHARE = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
COUNT = st.one_of(st.none(), st.integers(0, 40))
NEAR = 20  # fen lost to floors on the way, at most


@st.composite
def some_right(draw: st.DrawFn) -> dict[str, Any]:
    claims = draw(COUNT)
    return right(
        ip_type=draw(st.sampled_from(["invention", "utility", "design", "software", "trademark"])),
        filed_on=AS_OF - timedelta(days=draw(st.integers(400, 5000))),
        expires_on=AS_OF + timedelta(days=draw(st.integers(731, 9000))),
        owner_share=draw(st.sampled_from([1.0, 0.5, 0.123])),
        co_owner_consent=True,
        claims=claims,
        independent_claims=None if claims is None else draw(st.integers(0, claims)),
        forward_citations=draw(COUNT),
        self_citations=draw(COUNT),
        countries=draw(COUNT),
        licences=draw(COUNT),
        ipc4=draw(st.sampled_from([None, "H02P", "H02P;G05B", "A;B;C;D;E;F"])),
        invalidations=draw(st.integers(0, 2)),
        main_product=draw(st.sampled_from([None, False, True])),
        cost_fen=draw(st.one_of(st.none(), MONEY)),
        attributable_revenue_12m_fen=draw(st.one_of(st.none(), MONEY)),
        appraised_fen=draw(st.one_of(st.none(), MONEY)),
        appraised_on=AS_OF - timedelta(days=draw(st.integers(0, 900))),
        appraiser=draw(st.sampled_from([None, "A"])),
    )


@given(row=some_right(), sales=SALES)
@settings(max_examples=150, deadline=None)
def test_a_right_agrees_with_the_plain_implementation(row: dict[str, Any], sales: int | None) -> None:
    """Central value of a right: never above the exact one, at most a few fen below."""
    found = value_ip(rights(row), ip_numbers(), as_of=AS_OF, facts=facts(sales))
    assert found.assets["knocked_out_by"].to_pylist() == [[]]
    value = found.assets["value_central_fen"][0].as_py()
    want = right_central(row, None if sales is None else sales * WAN)
    assert want - NEAR <= value <= want


@st.composite
def some_data(draw: st.DrawFn) -> dict[str, Any]:
    quality = ("conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility")
    return data_set(
        **{f"quality_{name}": draw(SHARE) for name in quality},
        right_to_operate=draw(st.booleans()),
        scarcity=draw(SHARE),
        refreshed_on=AS_OF - timedelta(days=draw(st.integers(0, 800))),
        book_fen=draw(st.one_of(st.none(), MONEY)),
        cost_fen=None,
        revenue_12m_fen=draw(st.one_of(st.none(), MONEY)),
        related_revenue_share=draw(SHARE.filter(lambda share: share < 1)),
        certificate_expires_on=draw(st.one_of(st.none(), st.just(date(2026, 9, 1)), st.just(date(2035, 1, 1)))),
    )


@given(row=some_data(), sales=SALES)
@settings(max_examples=150, deadline=None)
def test_a_data_asset_agrees_with_the_plain_implementation(row: dict[str, Any], sales: int | None) -> None:
    """Central value of a data asset: never above the exact one, at most a few fen below."""
    found = value_data_assets(data_sets(row), data_numbers(), as_of=AS_OF, facts=facts(sales))
    value = found.assets["value_central_fen"][0].as_py()
    want = data_central(row, None if sales is None else sales * WAN)
    assert want - NEAR <= value <= want


CLASSES = ("deposit", "government_bond", "bank_bill", "commercial_bill", "receivable", "export_receivable",
           "warehouse_receipt", "bill_of_lading", "wealth_product", "letter_of_credit", "margin")  # fmt: skip


@st.composite
def some_pool(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        pool_row(
            f"R{place}",
            draw(st.sampled_from(CLASSES)),
            1,
            value_fen=(amount := draw(MONEY)),
            face_fen=amount,
            issuer_id=draw(st.sampled_from(["I1", "I2", "I3"])),
            issuer_type=draw(st.sampled_from(["state_bank", "rural_bank"])),
            confirmed=draw(st.booleans()),
            currency=draw(st.sampled_from(["CNY", "USD"])),
        )
        for place in range(draw(st.integers(1, 8)))
    ]


@given(rows=some_pool())
@settings(max_examples=200, deadline=None)
def test_a_pool_agrees_with_the_plain_implementation_to_the_fen(rows: list[dict[str, Any]]) -> None:
    """The whole pool, caps included."""
    pool = value_pool(pool_rows(*rows), pool_numbers(), as_of=AS_OF)
    assert pool.enterprises["pool_fen"].to_pylist() == [pool_fen(rows)]
