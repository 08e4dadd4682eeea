"""What must hold of any data assets: no gain from the same asset twice or from older data, no loss from one more."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.valuation_draws import EXAMPLES, SALES, Row, data, no_less, some_data, some_data_sets, sums


@given(rows=some_data_sets(), more=some_data("NEW"), sales=SALES)
@EXAMPLES
def test_one_more_data_asset_never_lowers_value_or_lending(rows: list[Row], more: Row, sales: int | None) -> None:
    """Whatever the new data asset is, what was there keeps its worth."""
    assert no_less(sums(data([*rows, more], sales)), sums(data(rows, sales)))


@given(rows=some_data_sets(), copy=some_data("A0"), sales=SALES)
@EXAMPLES
def test_a_data_asset_entered_twice_never_helps(rows: list[Row], copy: Row, sales: int | None) -> None:
    """A second asset number on the same certificate raises nothing."""
    assert no_less(sums(data(rows, sales)), sums(data([*rows, copy | {"asset_no": "B0"}], sales)))


@given(rows=some_data_sets(), sales=SALES, days=st.integers(1, 400))
@EXAMPLES
def test_an_older_refresh_never_raises(rows: list[Row], sales: int | None, days: int) -> None:
    """Data that was refreshed earlier is worth no more."""
    older = [rows[0] | {"refreshed_on": rows[0]["refreshed_on"] - timedelta(days=days)}, *rows[1:]]
    assert no_less(sums(data(rows, sales)), sums(data(older, sales)))
