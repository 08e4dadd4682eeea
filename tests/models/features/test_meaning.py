"""Features mean what their words say: what makes a thing worse moves its feature the way of its direction."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from models.features import compute_features
from models.features.windows import months_before, slot_lengths
from tests.models.features.invoices import EDGE_DAYS, invoice, tables

AS_OF = date(2023, 12, 31)
# Two years of even trade: each month one sale to each of three customers and one purchase from each of two suppliers.
EVEN = [
    invoice(
        months_before(AS_OF, age) - timedelta(days=5 * other),
        1_000_000 if direction == "sales" else 600_000,
        direction=direction,
        counterparty_id=f"c{other}",
    )
    for age in range(24)
    for direction, others in (("sales", 3), ("purchase", 2))
    for other in range(1, others + 1)
]


def at(rows: list[dict[str, Any]], as_of: date = AS_OF) -> dict[str, Any]:
    return dict(compute_features(tables(rows), as_of).to_pylist()[0])


def test_even_trade() -> None:
    """Two even years have the textbook values."""
    values = at(EVEN)
    assert values["sales_12m_fen"] == 36_000_000
    assert values["sales_24m_fen"] == 72_000_000
    assert values["purchases_12m_fen"] == 14_400_000
    assert values["customer_hhi_12m"] == pytest.approx(1 / 3)
    assert values["gross_margin_12m"] == pytest.approx(0.6)
    assert values["sales_recent_share_3m"] == 0.25
    assert values["repeat_customer_share_12m"] == 1
    for zero in ("sales_cv_12m", "sales_growth_yoy", "sales_trend_12m", "void_rate_12m", "new_customer_share_12m"):
        assert values[zero] == 0


LAST_WEEK = AS_OF - timedelta(days=3)


@pytest.mark.parametrize(
    ("more", "higher", "lower"),
    [
        ([invoice(LAST_WEEK, status="void")], ["void_rate_3m", "void_rate_12m"], []),
        ([invoice(LAST_WEEK, -50_000)], ["red_rate_3m", "red_rate_12m"], ["sales_3m_fen", "sales_12m_fen"]),
        ([invoice(LAST_WEEK, 90_000_000)], ["customer_hhi_12m", "sales_cv_12m", "peak_month_share_12m"], []),
        ([invoice(LAST_WEEK, 90_000_000)], ["customer_top1_share_12m", "largest_invoice_share_12m"], []),
        ([invoice(LAST_WEEK, 5_000_000, counterparty_id="new")], ["new_customer_share_12m", "customers_12m"], []),
        ([invoice(LAST_WEEK, counterparty_id="new")], [], ["repeat_customer_share_12m"]),
        ([invoice(AS_OF, 9_000_000)], ["month_end_spike_12m", "sales_trend_12m"], ["days_since_last_sale"]),
        ([invoice(LAST_WEEK, total_fen=100_000)], ["round_amount_rate_12m"], []),
        ([invoice(LAST_WEEK, 9_000_000, direction="purchase")], ["supplier_hhi_12m"], ["gross_margin_12m"]),
        ([invoice(months_before(AS_OF, 8), counterparty_id="gone")], ["lost_customer_share_6m"], []),
        ([invoice(months_before(AS_OF, 30))], ["days_since_first_sale"], []),
    ],
    ids=lambda value: None if not value or isinstance(value[0], dict) else "+".join(value),
)
def test_one_more_row(more: list[dict[str, Any]], higher: list[str], lower: list[str]) -> None:
    """One more row of a kind moves the features that speak about it, in the right direction."""
    before, after = at(EVEN), at([*EVEN, *more])
    for name in higher:
        assert after[name] > before[name], name
    for name in lower:
        assert after[name] < before[name], name


def test_silence() -> None:
    """A firm that stops: zeros for sums, nulls for ratios, a longer gap and a longer recency."""
    values = at(EVEN, months_before(AS_OF, -14))
    assert values["sales_12m_fen"] == 0
    assert values["active_months_12m"] == 0
    assert values["customers_12m"] == 0
    assert values["max_gap_days_12m"] == sum(slot_lengths(months_before(AS_OF, -14), 12))
    assert values["days_since_last_sale"] > 365
    for name in ("sales_cv_12m", "void_rate_12m", "customer_hhi_12m", "gross_margin_12m", "sales_recent_share_3m"):
        assert values[name] is None
    assert values["sales_growth_yoy"] == -1


def test_a_side_that_is_not_connected_is_null() -> None:
    """Without any purchase invoice nothing is said about purchases or margins: not connected is not bad."""
    values = at([row for row in EVEN if row["direction"] == "sales"])
    assert values["sales_12m_fen"] > 0
    for name in ("purchases_12m_fen", "suppliers_12m", "supplier_hhi_12m", "gross_margin_12m", "vat_burden_12m"):
        assert values[name] is None


@pytest.mark.parametrize("as_of", EDGE_DAYS, ids=str)
@pytest.mark.parametrize("months", [3, 6, 12, 24])
def test_edges_of_the_windows(as_of: date, months: int) -> None:
    """The day on which a window begins is outside, the next day and as_of are inside, at every edge of the calendar."""
    edge = months_before(as_of, months)
    rows = [invoice(edge, 1), invoice(edge + timedelta(days=1), 10), invoice(as_of, 100)]
    assert at(rows, as_of)[f"sales_{months}m_fen"] == 110


def test_month_ends_go_to_month_ends() -> None:
    """30 April back three months is 31 January; 31 May is 29 February; 29 February back a year is 28 February."""
    assert months_before(date(2023, 4, 30), 3) == date(2023, 1, 31)
    assert months_before(date(2024, 5, 31), 3) == date(2024, 2, 29)
    assert months_before(date(2024, 2, 29), 12) == date(2023, 2, 28)
    assert months_before(date(2024, 3, 15), 14) == date(2023, 1, 15)
    assert sum(slot_lengths(date(2024, 2, 29), 12)) == 366
