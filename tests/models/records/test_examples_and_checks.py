"""Each kind's example is a valid row; each check finds the row it is meant to find, and leaves the unknown alone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb
import pytest

from models.records import KINDS
from models.records.kind import Check, RecordKind
from tests.record_rows import LEARNED, record_row, record_table

EVERY_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
EVERY_CHECK = [pytest.param(kind, check, id=check.code) for kind in KINDS.values() for check in kind.checks]

# What to change in the example so that exactly this rule is broken.
BREAKS: dict[str, dict[str, object]] = {
    "enterprise_uscc": {"uscc": "914403001922038217"},
    "enterprise_founded": {"founded_on": date(2024, 4, 1)},
    "enterprise_industry": {"industry_code": "X99"},
    "order_delivery": {"delivered_on": date(2024, 1, 7)},
    "order_promise": {"promised_on": date(2024, 1, 7)},
    "order_return": {"returned_fen": 22_600_001},
    "order_cancel": {"cancelled_on": date(2024, 1, 7)},
    "payment_zero": {"amount_fen": 0},
    "receivable_due": {"due_on": date(2024, 2, 17)},
    "receivable_settled": {"settled_on": date(2024, 2, 17)},
    "receivable_confirmed": {"confirmed": False},
    "receivable_outstanding": {"outstanding_fen": 22_600_001},
    "anchor_left": {"left_on": date(2021, 5, 31)},
    "anchor_self": {"anchor_id": "914403001922038216"},
    "loan_maturity": {"matures_on": date(2023, 8, 31)},
    "loan_closed": {"closed_on": date(2023, 8, 31)},
    "loan_balance": {"balance_fen": 300_000_001},
    "repayment_dpd": {"paid_on": date(2024, 4, 1)},
    "tax_return_period": {"period_start": date(2024, 4, 1), "filed_on": None},
    "tax_return_filed": {"filed_on": date(2023, 12, 31)},
    "tax_grade_year": {"published_on": date(2022, 12, 31)},
    "ip_right_granted": {"granted_on": date(2021, 1, 5)},
    "ip_right_expires": {"expires_on": date(2021, 1, 6)},
    "ip_right_claims": {"independent_claims": 13},
    "ip_right_self": {"self_citations": 10},
    "ip_right_inventors": {"inventors_left": 5},
    "ip_right_licence": {"licences": 0},
    "data_asset_expires": {"certificate_expires_on": date(2023, 11, 20)},
    "data_asset_contracts": {"contracts": 0},
    "data_asset_appraised": {"appraised_on": None},
    "machine_hours": {"night_hours": 16.6},
    "machine_good": {"good_units": 310.5},
    "pool_asset_released": {"released_on": date(2024, 3, 4)},
    "qualification_expires": {"expires_on": date(2023, 12, 12)},
    "qualification_revoked": {"revoked_on": date(2023, 12, 11)},
    "funding_post": {"post_money_fen": 11_999_999_999},
    "funding_cash": {"cash_received_fen": 3_000_000_001},
    "headcount_rd": {"rd_staff": 87},
    "headcount_month": {"month_end": date(2024, 3, 30)},
    "opinion_digest": {"signature_sha256": "9F86D081"},
    "opinion_empty": {"chain_position": None, "technology_foresight": None, "commercial_progress": None},
    "opinion_valid": {"valid_until": date(2024, 2, 19)},
    "statement_balance": {"equity_fen": 2_800_000_101},
    "statement_cash": {"restricted_cash_fen": 610_000_001},
    "statement_month": {"period_end": date(2023, 12, 30)},
    "credit_line_end": {"ends_on": date(2024, 2, 29)},
    "credit_line_closed": {"closed_on": date(2024, 2, 29)},
    "group_credit_left": {"left_on": date(2024, 4, 1)},
    "relation_until": {"until_on": date(2016, 5, 17)},
    "relation_self": {"party_id": "914403001922038216"},
    "risk_event_resolved": {"resolved_on": date(2024, 1, 21)},
    "bureau_overdue": {"overdue_fen": 700_000_001},
    "bureau_enquiries": {"enquiries_2m": 4},
    "bureau_dpd": {"days_past_due": 5},
    "total_off": {"total_fen": 22_600_002},
    "valid_zero": {"amount_fen": 0, "tax_fen": 0, "total_fen": 0},
}


def broken_checks(kind: RecordKind, row: dict[str, object]) -> list[str]:
    """Codes of the checks that a row breaks."""
    with duckdb.connect() as connection:
        connection.register(kind.name, record_table(kind, [row]))
        verdicts = ", ".join(f"({check.sql})" for check in kind.checks) or "NULL"
        (found,) = connection.sql(f"SELECT {verdicts} FROM {kind.name}").fetchall()  # noqa: S608
    return [check.code for check, verdict in zip(kind.checks, found, strict=False) if verdict is False]


@EVERY_KIND
def test_the_example_is_a_valid_row(kind: RecordKind) -> None:
    """The example has every required field, keeps every bound and breaks no check."""
    row = record_row(kind)
    for field in kind.fields:
        value = row.get(field.name)
        assert value is not None or not field.required, field.name
        if value is not None and field.minimum is not None:
            assert value >= field.minimum, field.name
        if value is not None and field.maximum is not None:
            assert value <= field.maximum, field.name
        if isinstance(value, date) and not isinstance(value, datetime) and not field.planned:
            assert value <= LEARNED.astimezone(UTC).date(), field.name
    assert broken_checks(kind, row) == []


@pytest.mark.parametrize(("kind", "check"), EVERY_CHECK)
def test_each_check_finds_its_own_defect(kind: RecordKind, check: Check) -> None:
    """A row changed in what the check speaks about breaks that check and no other."""
    changes = BREAKS[check.code]
    assert set(changes) <= set(kind.schema.names)
    assert broken_checks(kind, record_row(kind, **changes)) == [check.code]


@EVERY_KIND
def test_checks_leave_the_unknown_alone(kind: RecordKind) -> None:
    """A row of required fields only breaks no check, except a rule that something must be known."""
    required = {f.name: record_row(kind)[f.name] for f in kind.fields if f.required}
    row = {**dict.fromkeys(kind.schema.names), **required, "known_at": LEARNED, "origin": "test"}
    assert set(broken_checks(kind, row)) <= {"opinion_empty"}
