"""Draws of rights, data assets and pool assets for the properties of valuations, and the sums that they compare."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import settings
from hypothesis import strategies as st

from models.valuation.data_asset import value_data_assets
from models.valuation.ip import value_ip
from models.valuation.outcome import Valuation
from models.valuation.parameters import IP_TYPES
from tests.valuation_rows import AS_OF, WAN, data_numbers, data_set, data_sets, facts, ip_numbers, right, rights

Row = dict[str, Any]
MONEY = st.one_of(st.none(), st.integers(0, 5000).map(lambda wan: wan * WAN))
SUMS = [f"{name}_{end}_fen" for name in ("value", "lending") for end in ("low", "central", "high")]
EXAMPLES = settings(max_examples=40, deadline=None)
SALES = st.sampled_from([None, 0, 50, 3000])


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


def ip(rows: list[Row], sales: int | None, **more: Any) -> Valuation:
    return value_ip(rights(*rows), ip_numbers(), as_of=AS_OF, facts=facts(sales), **more)


def data(rows: list[Row], sales: int | None, **more: Any) -> Valuation:
    return value_data_assets(data_sets(*rows), data_numbers(), as_of=AS_OF, facts=facts(sales), **more)


def sums(valuation: Valuation) -> list[int]:
    (row,) = valuation.enterprises.to_pylist()
    return [row[name] for name in SUMS]


def no_less(one: list[int], other: list[int]) -> bool:
    return all(first >= second for first, second in zip(one, other, strict=True))


def rising(values: list[Any]) -> bool:
    return None in values or (values == sorted(values) and values[0] >= 0)


def of_e1(table: pa.Table) -> pa.Table:
    return table.filter(pc.equal(table["enterprise_id"], "E1"))
