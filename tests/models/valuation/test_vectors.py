"""The printed vectors of the domain reference, to the printed digit."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa

from models.money import wan_text
from models.valuation.approaches import Range, data_cost, market_price, present_value
from models.valuation.pool import value_pool
from models.valuation.rates import Int64, share
from tests.valuation_rows import AS_OF, WAN, pool_numbers, pool_row, pool_rows


def fen(wan: int) -> Int64:
    return np.array([wan * WAN], np.int64)


def test_section_3_2_income_vector() -> None:
    """DOMAIN 3.2: 120, 108, 97, 87, 78 at 18 % are worth 317.26."""
    value = present_value([fen(flow) for flow in (120, 108, 97, 87, 78)], Decimal("0.18"))
    assert wan_text(int(value[0])) == "317.26"


def test_section_5_pool_vector() -> None:
    """DOMAIN 5: deposit, bond, bills, receivable, receipt and data are worth 1171.5 together."""
    rows = pool_rows(
        pool_row("D1", "deposit", 200),
        pool_row("G1", "government_bond", 150),
        pool_row("B1", "bank_bill", 300),
        pool_row("C1", "commercial_bill", 100),
        pool_row("R1", "receivable", 400),
        pool_row("W1", "warehouse_receipt", 200),
        pool_row("DA1", "data_asset", 200),
    )
    valued = pa.table({"enterprise_id": ["E1"], "register_no": ["DA1"], "value_fen": [200 * WAN]})
    pool = value_pool(rows, pool_numbers(), as_of=AS_OF, valuations=valued).enterprises
    assert wan_text(pool["pool_fen"][0].as_py(), 1) == "1171.5"
    assert pool["available_fen"][0].as_py() == 1_171_500_000


def test_section_3_2_cost_formula_by_hand() -> None:
    """DOMAIN 3.2 cost: 200 × 1.1 × 0.9 × 0.7 × (1 + 0.2) × (1 - 0.1) = 149.6880."""
    value = data_cost(
        Range.point(fen(200)),
        share("0.1"),
        Range.point(np.array([share("0.9")])),
        Range.point(np.array([share("0.7")])),
        Range.point(np.array([share("0.2")])),
        share("0.1"),
    )
    assert wan_text(int(value.central[0]), 4) == "149.6880"


def test_section_3_2_market_formula_by_hand() -> None:
    """DOMAIN 3.2 market: 500 × 0.8 × 0.9 × 0.95 × 1.1 × 1 = 376.2."""
    factors = [share(text) for text in ("0.8", "0.9", "0.95", "1.1", "1")]
    assert wan_text(int(market_price(Range.point(fen(500)), *factors).central[0]), 1) == "376.2"
