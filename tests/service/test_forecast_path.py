"""An applicant's growth forecast on its way: API, command line, replay and what-if decide on the same figure."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from models.lake import Lake
from models.policy import load_policy
from models.records import KINDS
from models.scoring import CreditRequest, ForecastImplausible, score
from models.tables import Tables, accept_rows
from tests.factories import bundle
from tests.service.conftest import AS_OF, PATH, TODAY, Run, asked

DAY = AS_OF.isoformat()
STATEMENT = {
    "enterprise_id": "E5", "period_end": "2019-12-31", "months": "12", "revenue": "10000000",
    "cost_of_sales": "7200000", "net_profit": "1000000", "operating_profit": "1000000", "inventory": "1200000",
    "receivables": "2500000", "payables": "1000000", "cash": "1900000", "operating_cash_flow": "3000000",
    "short_term_debt": "0", "equity": "5000000", "known_at": "2020-01-31",
}  # fmt: skip


@pytest.fixture
def stated(home: Path) -> Path:
    """The stocked directory with a yearly statement of E5 in it."""
    kind = KINDS["financial_statement"]
    accepted = accept_rows([STATEMENT], kind, received_on=TODAY)
    assert accepted.quarantined.num_rows == 0, accepted.quarantined.to_pylist()
    Lake(home).append(kind, accepted.rows)
    return home


def need(decision: dict[str, Any]) -> dict[str, Any]:
    """The working-capital need of a decision."""
    return next(cap for cap in decision["caps"] if cap["code"] == "working_capital_need")


@pytest.mark.parametrize(
    ("growth", "value", "status", "document"),
    [
        (None, "725000.00", "applied", None),  # the industry's 5 %: 262.5 - 190
        (0.08, "800000.00", "applied", None),
        (0.10, "850000.00", "applied", None),
        (0.11, "850000.00", "pending", "forecast_proof"),
    ],
)
def test_every_road_carries_the_forecast(
    stated: Path, client: TestClient, run: Run, growth: float | None, value: str, status: str, document: str | None
) -> None:
    """Believed up to the policy's bound, above it pending at the bound; replay and explanation give the same again."""
    request = {"product": "invoice_credit"} | ({} if growth is None else {"forecast_growth": growth})
    made = client.post(PATH, json=asked("E5", request=request)).json()
    cap = need(made["decision"])
    assert (cap["value_yuan"], cap["status"], cap["document"]) == (value, status, document)
    assert (made["decision"]["outcome"] == "refer") == (status == "pending")
    code, out, _ = run("replay", made["id"], "--home", stated, "--json")
    assert (code, json.loads(out)["changed"]) == (0, [])
    words = ["--growth", str(growth)] if growth is not None else ["--product", "invoice_credit"]
    _, out, _ = run("explain", "E5", "--as-of", DAY, *words, "--home", stated, "--json")
    assert json.loads(out)["decision_id"] == made["decision_id"]
    unchanged = client.post(f"{PATH}/{made['id']}/what-if", json={"facts": {"void_rate_12m": 0.01}}).json()
    assert need(unchanged["decision"])["value_yuan"] == value


@pytest.mark.parametrize("growth", [5.1, -1.01, float("nan")])
def test_a_forecast_that_is_a_typing_error_is_refused(growth: float) -> None:
    """15 for 15 % is no forecast; the error says what is expected."""
    request = {"E": CreditRequest("invoice_credit", None, growth)}
    with pytest.raises(ForecastImplausible, match=r"fraction from -1 to 5"):
        score(Tables({}), date(2024, 6, 30), bundle(), load_policy(AS_OF), requests=request, enterprises=["E"])


def test_the_api_refuses_it_as_a_value(client: TestClient) -> None:
    """422 with the field and the range, nothing kept."""
    answer = client.post(PATH, json=asked("E5", request={"forecast_growth": 15}))
    assert answer.status_code == 422
    assert "from -1 to 5" in answer.text
