"""The use case of one assessment: the bank's day, and where inline records come from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from fastapi.testclient import TestClient

from service.bootstrap import Service
from service.errors import AsOfInTheFuture
from tests.service.conftest import PATH, asked, invoices_of


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2020, 2, 29, 15, 59, 59, tzinfo=UTC), date(2020, 2, 29)),
        (datetime(2020, 2, 29, 16, 0, 0, tzinfo=UTC), date(2020, 3, 1)),
    ],
)
def test_the_day_turns_at_midnight_in_beijing(service: Service, moment: datetime, day: date) -> None:
    """Today is the calendar day of the bank, not of the server."""
    assessor = replace(service.assessor, clock=lambda: moment)
    assert assessor.day(None) == assessor.day(day) == day
    with pytest.raises(AsOfInTheFuture, match=f"not after today, {day}"):
        assessor.day(date(2020, 3, 2))


def test_a_decision_names_where_inline_records_come_from(client: TestClient) -> None:
    """Simulated records make a simulated decision, with the caution, and other inputs than the bank's own."""
    records = {"invoice": invoices_of("E5")}
    own = client.post(PATH, json=asked(records=records)).json()["decision"]
    simulated = client.post(PATH, json=asked(records=records, records_origin="simulated")).json()["decision"]
    assert (own["data_origin"], simulated["data_origin"]) == (["bank"], ["simulated"])
    assert simulated["simulated"]
    assert simulated["input_sha256"] != own["input_sha256"]
    assert simulated["limit_yuan"] == own["limit_yuan"]
