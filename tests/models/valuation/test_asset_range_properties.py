"""What must hold of any valuation of rights and data: ordered ranges, parts that add up, one alone as among many."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from models.valuation.outcome import Valuation
from tests.valuation_draws import EXAMPLES, SALES, Row, data, ip, of_e1, rising, some_data_sets, some_rights


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
