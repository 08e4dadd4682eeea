"""Enterprises that trade with each other: every road brings the same neighbourhood, and replay watches over it."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from models.canonical import canonical_json
from models.decision import parse
from models.features import compute_features
from models.lake import Lake
from models.policy import load_policy
from models.records.invoice import INVOICE
from models.scoring import CreditRequest, score
from models.tables import Tables, accept_rows, input_digests
from service.bootstrap import Service
from service.inputs import evidence_of
from service.portfolio import score_portfolio
from service.portfolio_keeping import PortfolioKeeper
from service.replaying import replay_evidence
from service.store.schema import ASSESSMENTS, LEDGER
from tests.service.conftest import AS_OF, ENTERPRISES, PATH, TODAY, Run, asked, invoices_of

RING = ("E1", "E2", "E3", "E4")  # each sells to the next, the last to the first; E5 buys from E1
DAY = AS_OF.isoformat()
NETWORK = ["circular_share_12m", "payment_rank_12m", "core_index_12m"]


def sale(seller: str, buyer: str, number: str = "ring", **more: Any) -> dict[str, Any]:
    """One sale of the last weeks, in the seller's book."""
    return {
        "enterprise_id": seller, "direction": "sales", "invoice_no": f"{number}-{seller}", "counterparty_id": buyer,
        "issued_on": (AS_OF - timedelta(days=40)).isoformat(), "amount": "700000.00", "tax": "91000.00",
        "total": "791000.00", "status": "valid", **more,
    }  # fmt: skip


def learn(home: Path, *rows: dict[str, Any]) -> None:
    """Rows that the bank gets to know."""
    Lake(home).append(INVOICE, accept_rows(list(rows), INVOICE, received_on=TODAY).rows)


@pytest.fixture
def ringed(home: Path) -> Path:
    """The stocked directory, with a ring of trade in it."""
    learn(home, *(sale(one, RING[(at + 1) % 4]) for at, one in enumerate(RING)), sale("E1", "E5", "out"))
    return home


def whole(service: Service) -> Tables:
    """All at once, without any code that looks for partners."""
    return service.lake.tables(neighbourhood=True)


@pytest.mark.parametrize("enterprise", ["E1", "E3", "E5", "E6"])
def test_every_road_sees_the_same_network(
    ringed: Path, service: Service, client: TestClient, run: Run, enterprise: str
) -> None:
    """`score` over everybody, API and `assetlight explain` give the same bytes in the ring, beside it and away."""
    request = {enterprise: CreditRequest("invoice_credit", 30_000_000)}
    decisions = score(whole(service), AS_OF, service.bundles.current(), load_policy(AS_OF), requests=request)
    expected = decisions.record_of(enterprise).to_json()
    asks = asked(enterprise, request={"product": "invoice_credit", "amount_yuan": "300000"})
    assert expected in client.post(PATH, json=asks).content
    _, out, _ = run("explain", enterprise, "--as-of", DAY, "--amount", "300000", "--home", ringed, "--json")
    shown = json.loads(out)
    shown.pop("explanation")
    assert canonical_json(shown) == expected
    one = compute_features(service.assessor.stored(enterprise), AS_OF, [enterprise])
    row = one.select(NETWORK).to_pylist()[0]
    all_rows = compute_features(whole(service), AS_OF)
    at = all_rows.column("enterprise_id").to_pylist().index(enterprise)
    assert row == all_rows.select(NETWORK).to_pylist()[at]
    assert (row["circular_share_12m"] > 0) == (enterprise in RING)


def test_the_portfolio_sees_it_too(ringed: Path, service: Service) -> None:
    """In pieces of one bucket each, and named, the decision ids are those of everybody at once."""
    decisions = score(
        whole(service), AS_OF, service.bundles.current(), load_policy(AS_OF),
        requests=dict.fromkeys(ENTERPRISES, CreditRequest("invoice_credit")),
    )  # fmt: skip
    expected = {name: decisions.record_of(name).decision_id for name in ENTERPRISES}
    for named in (None, sorted(ENTERPRISES)):
        found = score_portfolio(
            service.assessor, AS_OF, ringed / "out", enterprises=named, request=CreditRequest("invoice_credit"),
            rows_at_once=1,
        )  # fmt: skip
        rows = pq.read_table(found.files["parquet"], columns=["enterprise_id", "decision_id"]).to_pylist()
        assert {row["enterprise_id"]: row["decision_id"] for row in rows} == expected


@pytest.mark.parametrize(("enterprise", "told"), [("E4", True), ("E3", True), ("E6", False)])
def test_a_replay_notices_a_neighbours_row(
    ringed: Path, client: TestClient, run: Run, enterprise: str, told: bool
) -> None:
    """A row of E1 corrected later, as if known then: data changed for those within two steps, and for no others.

    What was kept with the decision, neighbours included, gives it again to the byte all the same.
    """
    made = client.post(PATH, json=asked(enterprise)).json()
    learn(ringed, sale("E1", "C1", "late", known_at="2020-02-28T00:00:00+08:00"))
    code, out, _ = run("replay", made["id"], "--home", ringed, "--json")
    found = json.loads(out)
    assert (code, found["matched"], found["changed"]) == (0, True, ["data"] if told else [])


def test_without_partners_nobody_is_read_and_the_digest_says_who_looked(service: Service) -> None:
    """Where no counterparty has books here, the neighbourhood is empty; not to have looked is another digest."""
    assert service.lake.trading() == set()
    assert service.lake.around([0, 1]) == {}
    tables = service.lake.tables(enterprises=["E5"], neighbourhood=True)
    assert tables.neighbours == {}
    assert not input_digests(tables, AS_OF).equals(input_digests(Tables(tables.by_kind), AS_OF))  # nobody looked
    assert input_digests(tables, AS_OF).equals(input_digests(whole(service), AS_OF, ["E5"]))


@pytest.mark.usefixtures("ringed")
@pytest.mark.parametrize(
    ("enterprise", "share", "code"),
    [
        ("E1", 0.24, "circular_trade_grave"),
        ("E2", 0.11, "circular_trade"),
        ("E5", 0.0, None),
    ],
)
def test_a_simulated_ring_is_caught_from_the_invoices_on(
    client: TestClient, enterprise: str, share: float, code: str | None
) -> None:
    """Sales in a ring freeze, orange or red, with value, threshold and document; E5, which only buys, passes."""
    found = client.post(PATH, json=asked(enterprise)).json()["decision"]
    gates = {gate["code"]: gate for gate in found["gates"] if gate["code"].startswith("circular")}
    assert float(gates["circular_trade"]["value"]) == pytest.approx(share, abs=0.05)
    pending = [name for name, gate in gates.items() if gate["status"] == "pending"]
    assert pending == ([] if code is None else [code])
    if code is not None:
        assert (found["outcome"], found["limit_yuan"]) == ("refer", "0.00")
        assert "trade_proof" in [one["code"] for one in found["missing_documents"]]
        reason = next(one for one in found["reasons"] if one["code"].startswith("DAT-CIR"))
        assert reason["threshold"] == ("0.15" if code.endswith("grave") else "0.05")
        assert "循环交易" in reason["zh"]
        assert "go round" in reason["en"]


@pytest.mark.usefixtures("ringed")
def test_what_goes_round_is_no_turnover(client: TestClient) -> None:
    """The turnover that is lent on is the net sales less the share on cycles."""
    found = client.post(PATH, json=asked("E2")).json()["decision"]
    inputs = next(one for one in found["sources"] if one["code"] == "invoice_turnover")["inputs"]
    share = found["feature_values"]["circular_share_12m"]
    expected = float(inputs["sales_12m_fen"]) * (1 - share)
    assert float(inputs["counted_sales_fen"]) == pytest.approx(expected, rel=1e-5)
    assert float(inputs["counted_sales_fen"]) <= expected
    records = {"invoice": invoices_of("E2")}
    alone = client.post(PATH, json=asked("E2", records=records)).json()["decision"]  # nobody looked
    inputs = next(one for one in alone["sources"] if one["code"] == "invoice_turnover")["inputs"]
    assert inputs["counted_sales_fen"] == inputs["sales_12m_fen"]
    assert {g["status"] for g in alone["gates"] if g["code"].startswith("circular")} == {"not_applicable"}


def test_pieces_of_a_portfolio_name_what_they_read_of_each_other(ringed: Path, service: Service) -> None:
    """In pieces of one bucket each, with trade across them: every decision replays from what was kept."""
    keeper = PortfolioKeeper(service)
    score_portfolio(service.assessor, AS_OF, ringed / "out", keeper=keeper, rows_at_once=1)
    shutil.rmtree(ringed / "lake")
    with service.store.reading() as connection:
        ids = connection.execute(select(ASSESSMENTS.c.id)).scalars().all()
        facts = [json.loads(bytes(row)) for row in connection.execute(select(LEDGER.c.body)).scalars()]
    assert len({one["content"]["rows"] for one in facts if one["kind"] == "assessment"}) > 3
    for name in ids:
        evidence = evidence_of(service.store, name)
        assert evidence is not None
        assert replay_evidence(parse(service.assessments.get(name).decision), evidence).matched
