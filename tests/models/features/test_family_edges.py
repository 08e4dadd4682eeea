"""The edges of the families' windows and dates, each on both sides, and what more evidence does to a feature."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from models.features import compute_features, feature
from models.records import KINDS
from models.tables import Tables
from tests.record_rows import record_row, record_table

AS_OF = date(2024, 5, 31)
NEXT_DAY = AS_OF + timedelta(days=1)
Row = dict[str, Any]


def rows(kind: str, *changes: Row) -> pa.Table:
    """Rows of enterprise A made from the kind's example, each with its own key, learned on the day they happened."""
    made = []
    for number, changed in enumerate(changes):
        row = record_row(KINDS[kind], enterprise_id="A")
        keys = {
            name: str(number) for name in ("right_no", "asset_no", "loan_no", "opinion_no", "event_no", "report_no")
        }
        row |= {name: value for name, value in keys.items() if name in row} | changed
        day = row[KINDS[kind].occurred]
        made.append(row | {"known_at": datetime(day.year, day.month, day.day, tzinfo=UTC)})
    return record_table(KINDS[kind], made)


def value(name: str, as_of: date = AS_OF, **kinds: pa.Table) -> float | None:
    """One feature of enterprise A."""
    (row,) = compute_features(Tables(kinds), as_of, ["A"], [feature(name)]).to_pylist()
    found: float | None = row[name]
    return found


@pytest.mark.parametrize(
    ("name", "kind", "changes", "expected"),
    [
        ("ip_bought_share_12m", "ip_right", {"acquisition": "bought", "acquired_on": date(2023, 5, 31)}, 0),
        ("ip_bought_share_12m", "ip_right", {"acquisition": "bought", "acquired_on": date(2023, 6, 1)}, 1),
        ("ip_inventions_valid", "ip_right", {"expires_on": AS_OF}, 0),
        ("ip_inventions_valid", "ip_right", {"expires_on": NEXT_DAY}, 1),
        ("data_assets_valid", "data_asset", {"certificate_expires_on": AS_OF - timedelta(days=1)}, 0),
        ("data_assets_valid", "data_asset", {"certificate_expires_on": AS_OF}, 1),
        (
            "machine_utilisation_30d",
            "machine_day",
            {"reported_day": AS_OF - timedelta(days=30), "run_hours": 12.0},
            None,
        ),
        (
            "machine_utilisation_30d",
            "machine_day",
            {"reported_day": AS_OF - timedelta(days=29), "run_hours": 12.0},
            0.5,
        ),
        (
            "machine_utilisation_90d",
            "machine_day",
            {"reported_day": AS_OF - timedelta(days=90), "run_hours": 12.0},
            None,
        ),
        (
            "machine_utilisation_90d",
            "machine_day",
            {"reported_day": AS_OF - timedelta(days=89), "run_hours": 12.0},
            0.5,
        ),
        ("machines_active_30d", "machine_day", {"reported_day": AS_OF - timedelta(days=300)}, 0),
        ("high_tech_valid", "qualification", {"revoked_on": AS_OF}, 0),
        ("high_tech_valid", "qualification", {"revoked_on": NEXT_DAY}, 1),
        ("high_tech_valid", "qualification", {"expires_on": AS_OF}, 1),
        ("high_tech_valid", "qualification", {"expires_on": AS_OF - timedelta(days=1)}, 0),
        ("expert_chain_position", "expert_opinion", {"valid_until": AS_OF}, 4),
        ("expert_chain_position", "expert_opinion", {"valid_until": AS_OF - timedelta(days=1)}, None),
        ("own_bank_debt_fen", "bank_loan", {"closed_on": AS_OF}, 0),
        ("own_bank_debt_fen", "bank_loan", {"closed_on": NEXT_DAY}, 120_000_000),
        ("debt_maturing_soon_share", "bank_loan", {"matures_on": date(2024, 8, 31)}, 1),
        ("debt_maturing_soon_share", "bank_loan", {"matures_on": date(2024, 9, 1)}, 0),
        ("bureau_enquiries_2m", "bureau_report", {"reported_on": date(2023, 5, 31)}, None),
        ("bureau_enquiries_2m", "bureau_report", {"reported_on": date(2023, 6, 1)}, 1),
        ("overdue_fen", "loan_repayment", {"paid_on": None, "paid_fen": None, "due_on": AS_OF}, 0),
        ("dpd_max_12m", "loan_repayment", {"paid_on": None, "due_on": date(2022, 5, 31), "days_past_due": 30}, 731),
        ("open_claims_fen", "risk_event", {"resolved_on": AS_OF}, 0),
        ("open_claims_fen", "risk_event", {"resolved_on": NEXT_DAY}, 18_000_000),
        ("risk_events_12m", "risk_event", {"happened_on": date(2023, 5, 31)}, 0),
        ("risk_events_12m", "risk_event", {"happened_on": date(2023, 6, 1)}, 1),
        ("open_claims_fen", "risk_event", {"role": "plaintiff"}, 0),
    ],
)
def test_edges(name: str, kind: str, changes: Row, expected: float | None) -> None:
    """A window begins the day after, a term ends on its last day, a freeze or revocation ends or begins on its day."""
    assert value(name, **{kind: rows(kind, changes)}) == expected


def test_output_is_held_against_the_invoices_of_the_same_months() -> None:
    """Machine days of three months count, not of ninety days: 1 March is 91 days before the end of May."""
    invoice = rows("invoice", {"issued_on": AS_OF, "amount_fen": 2_635_000, "direction": "sales"})
    for day, expected in ((date(2024, 2, 29), None), (date(2024, 3, 1), 1)):
        machine = rows("machine_day", {"reported_day": day, "output_units": 310.0, "unit_price_fen": 8500})
        assert value("machine_output_to_sales_3m", invoice=invoice, machine_day=machine) == expected


def test_hours_and_days_of_a_window_are_the_same_days() -> None:
    """A machine day before the window adds neither hours nor days to it."""
    inside = {"reported_day": AS_OF - timedelta(days=29), "run_hours": 12.0}
    outside = {"reported_day": AS_OF - timedelta(days=30), "run_hours": 24.0}
    assert value("machine_utilisation_30d", machine_day=rows("machine_day", inside, outside)) == 0.5


def test_a_share_that_is_not_stated_has_no_weight() -> None:
    """Revenue of a data asset that does not say how much is from related parties is left out."""
    stated = {"related_revenue_share": 0.5, "revenue_12m_fen": 100}
    silent = {"related_revenue_share": None, "revenue_12m_fen": 300}
    assert value("data_related_revenue_share_12m", data_asset=rows("data_asset", stated, silent)) == 0.5


@pytest.mark.parametrize(("latest", "before"), [((2025, 2, 28), (2024, 2, 29)), ((2024, 2, 29), (2023, 2, 28))])
def test_statements_of_leap_years_meet(latest: tuple[int, int, int], before: tuple[int, int, int]) -> None:
    """The month a year earlier is found whatever the length of February."""
    accounts = rows(
        "financial_statement",
        {"period_end": date(*latest), "revenue_fen": 300, "months": 2},
        {"period_end": date(*before), "revenue_fen": 200, "months": 2},
    )
    assert value("statement_revenue_growth_yoy", date(2025, 4, 1), financial_statement=accounts) == 0.5


def test_nobody_is_reported_clean() -> None:
    """A connected feed of risk events without one of the enterprise says 0; no feed says nothing."""
    nothing = KINDS["risk_event"].schema.empty_table()
    assert value("risk_events_12m", risk_event=nothing) == 0
    assert value("risk_events_12m") is None


GOOD: list[tuple[str, str, Row]] = [
    ("ip_inventions_valid", "ip_right", {}),
    ("data_assets_valid", "data_asset", {}),
    ("data_contracts", "data_asset", {}),
    ("talent_titles_valid", "qualification", {"title": "talent", "certificate_no": "T2"}),
    ("title_days_left", "qualification", {"certificate_no": "H2", "expires_on": date(2029, 1, 1)}),
    ("funding_cash_share", "funding_round", {"round": "b", "cash_received_fen": 3_000_000_000}),
    ("open_claims_fen", "risk_event", {"role": "defendant"}),
    ("dpd_max_12m", "loan_repayment", {"days_past_due": 45, "paid_on": None}),
    ("own_bank_debt_fen", "bank_loan", {}),
    ("machine_tamper_share_90d", "machine_day", {"device_id": "other", "clock_jump": True}),
]


@pytest.mark.parametrize(("name", "kind", "more"), GOOD, ids=[name for name, _, _ in GOOD])
def test_one_more_row_moves_the_feature_by_its_direction(name: str, kind: str, more: Row) -> None:
    """One more good row never lowers what lowers risk; one more bad row never lowers what raises it."""
    before, after = value(name, **{kind: rows(kind, {})}), value(name, **{kind: rows(kind, {}, more)})
    assert before is not None
    assert after is not None
    assert after >= before
