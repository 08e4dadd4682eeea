"""Posted records and assessments together: what is learned later changes later assessments, never earlier ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.service.conftest import PATH, invoices_of
from tests.service.records_client import MovingClock, RecordsClient, counts

BEFORE, AFTER = "2020-03-01", "2020-03-05"


def assessed(bank: RecordsClient, as_of: str) -> dict[str, Any]:
    """The decision about E5 on a day."""
    answer = bank.http.post(PATH, json={"enterprise_id": "E5", "as_of": as_of})
    assert answer.status_code == 201, answer.text
    decision: dict[str, Any] = answer.json()["decision"]
    return decision


def test_a_correction_changes_later_assessments_only(home: Path) -> None:
    """With the real application, lake and bundle: the earlier decision is the same to the digest, the later is not."""
    clock = MovingClock(datetime(2020, 3, 5, 9, tzinfo=UTC))
    bank = RecordsClient(home, clock)
    earlier, later = assessed(bank, BEFORE), assessed(bank, AFTER)
    sales = [row for row in invoices_of("E5") if row["direction"] == "sales" and row["status"] == "valid"]
    voided = [{"enterprise_id": "E5", **row, "status": "void"} for row in sales[: len(sales) // 2]]
    answer = bank.post("invoice", voided).json()
    assert counts(answer) == (len(voided), 0, 0, len(voided))
    assert assessed(bank, BEFORE) == earlier
    changed = assessed(bank, AFTER)
    assert changed["decision_id"] != later["decision_id"]
    assert changed["input_sha256"] != later["input_sha256"]
    assert changed["feature_values"] != later["feature_values"]
    assert bank.post("invoice", voided).json()["changed"] is False
    assert assessed(bank, AFTER) == changed


def test_records_of_an_unknown_enterprise_make_it_known(home: Path) -> None:
    """An enterprise exists from its first posted row."""
    bank = RecordsClient(home, MovingClock(datetime(2020, 3, 5, 9, tzinfo=UTC)))
    assert bank.http.post(PATH, json={"enterprise_id": "NEW"}).status_code == 422
    bank.post("invoice", [{"enterprise_id": "NEW", **row} for row in invoices_of("E3")])
    assert bank.http.post(PATH, json={"enterprise_id": "NEW"}).status_code == 201
