"""A group of connected clients from its records to the decision: the same bytes on every road, watched by replay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from models.canonical import canonical_json
from models.lake import Lake
from models.policy import load_policy
from models.records import KINDS
from models.scoring import CreditRequest, score
from models.tables import Tables, accept_rows
from service.bootstrap import Service, build
from service.portfolio import score_portfolio
from service.settings import read_settings
from tests.position_rows import policy_with
from tests.service.conftest import AS_OF, ENTERPRISES, PATH, TODAY, Run, asked, client_of, invoices_of, still_clock

DAY = AS_OF.isoformat()
CAPITAL = {"bank.net_capital": "50000000", "bank.tier_one": "10000000"}  # 20 % of tier 1 is 2,000,000
GROUP = ("E5", "E6", "E7")  # one person holds 60 % of E5 and E6; E6 holds all of E7
Rows = list[dict[str, Any]]


def holding(of: str, holder: str, share: str | None, **more: Any) -> dict[str, Any]:
    """A shareholder of an enterprise, since 2018."""
    return {
        "enterprise_id": of, "relation": "shareholder", "party_id": holder, "party_is_person": "no",
        "began_on": "2018-01-01", "share": share, "known_at": "2019-01-01", **more,
    }  # fmt: skip


def loan(of: str, number: str, balance: str, **more: Any) -> dict[str, Any]:
    """A loan of this bank, drawn in 2019."""
    return {
        "enterprise_id": of, "loan_no": number, "own_bank": "yes", "drawn_on": "2019-06-01", "matures_on": "2021-06-01",
        "principal": balance, "balance": balance, "known_at": "2019-06-02", **more,
    }  # fmt: skip


HELD = [
    holding("E5", "P-1", "0.60", party_is_person="yes"),
    holding("E6", "P-1", "0.60", party_is_person="yes"),
    holding("E7", "E6", "1"),
    holding("E8", "P-1", "0.30", party_is_person="yes"),  # no control under the shipped policy
    holding("E1", "E10", "0.9", relation="subsidiary"),  # E10 has invoices and no such row of its own
]
LENT = [loan("E6", "L6", "700000.00"), loan("E7", "L7", "500000.00"), loan("E8", "L8", "9000000.00")]


def learn(home: Path, kind: str, *rows: dict[str, Any]) -> None:
    """Rows that the bank gets to know."""
    accepted = accept_rows(list(rows), KINDS[kind], received_on=TODAY)
    assert accepted.quarantined.num_rows == 0, accepted.quarantined.to_pylist()
    Lake(home).append(KINDS[kind], accepted.rows)


@pytest.fixture
def grouped(home: Path) -> Path:
    """The stocked directory with a group of three in it."""
    learn(home, "relation", *HELD)
    learn(home, "bank_loan", *LENT)
    return home


@pytest.fixture
def overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bank's own folder that states its capital."""
    policy_with(tmp_path, CAPITAL, AS_OF)
    monkeypatch.setenv("ASSETLIGHT_POLICY_DIR", str(tmp_path / "overlay"))
    return tmp_path / "overlay"


@pytest.fixture
def bank(grouped: Path, overlay: Path) -> Iterator[Service]:
    """The service of a bank that states its capital."""
    built = build(read_settings(home=grouped, policy_dir=overlay, development_issuer=True), still_clock)
    yield built
    built.close()


@pytest.fixture
def caller(bank: Service) -> Iterator[TestClient]:
    """A client of that bank's service."""
    with client_of(bank) as ready:
        yield ready


def decided(bank: Service, enterprise: str, tables: Tables | None = None) -> dict[str, Any]:
    """The decision by `score` over everybody at once, or over the tables given."""
    found: dict[str, Any] = json.loads(_decided(bank, enterprise, tables))
    return found


def _decided(bank: Service, enterprise: str, tables: Tables | None = None) -> bytes:
    request = {enterprise: CreditRequest("invoice_credit")}
    everybody = bank.lake.tables(neighbourhood=True) if tables is None else tables
    policy = bank.policy_on(AS_OF)
    return score(everybody, AS_OF, bank.bundles.current(), policy, requests=request).record_of(enterprise).to_json()


def cap(decision: dict[str, Any], code: str = "group") -> dict[str, Any]:
    """One cap of the order-free table."""
    return next(one for one in decision["caps"] if one["code"] == code)


def test_from_records_to_a_limit_that_the_group_binds(bank: Service) -> None:
    """2,000,000 of 20 % of tier 1, less 700,000 and 500,000 that the fellow members owe, leave 800,000."""
    found = decided(bank, "E5")
    assert (found["outcome"], found["limit_yuan"]) == ("approve", "800000.00")
    assert [one["code"] for one in found["caps"] if one["binding"]] == ["group"]
    assert cap(found)["value_yuan"] == "800000.00"
    assert cap(found)["inputs"]["group_exposure_fen"] == "1200000.00"
    assert cap(found)["inputs"]["group_others"] == "2"
    reason = found["reasons"][0]
    assert reason["code"] == "LIM-GRP-13"
    assert "集团客户集中度" in reason["zh"]
    assert "the group limit" in reason["en"]
    assert cap(decided(bank, "E8"))["status"] == "not_applicable"  # 30 % is no control


@pytest.mark.parametrize("enterprise", ["E5", "E6", "E7", "E8", "E1", "E10", "E2"])
def test_every_road_gives_the_same_bytes(bank: Service, caller: TestClient, run: Run, enterprise: str) -> None:
    """`score` over everybody, the enterprise alone, API and `assetlight explain`: inside the group and outside."""
    expected = _decided(bank, enterprise)
    alone = bank.lake.tables(enterprises=[enterprise], neighbourhood=True)
    assert _decided(bank, enterprise, alone) == expected
    body = caller.post(PATH, json=asked(enterprise, request={"product": "invoice_credit"})).content
    assert expected in body
    _, out, _ = run("explain", enterprise, "--as-of", DAY, "--home", bank.settings.home, "--json")
    shown = json.loads(out)
    shown.pop("explanation")
    assert canonical_json(shown) == expected


def test_the_portfolio_sees_the_group(bank: Service, tmp_path: Path) -> None:
    """In pieces of one bucket each, and named, the decision ids are those of everybody at once."""
    requests = dict.fromkeys(ENTERPRISES, CreditRequest("invoice_credit"))
    everybody = bank.lake.tables(neighbourhood=True)
    decisions = score(everybody, AS_OF, bank.bundles.current(), bank.policy_on(AS_OF), requests=requests)
    expected = {name: decisions.record_of(name).decision_id for name in ENTERPRISES}
    for named in (None, sorted(ENTERPRISES)):
        found = score_portfolio(
            bank.assessor, AS_OF, tmp_path / "out", enterprises=named, request=CreditRequest("invoice_credit"),
            rows_at_once=1,
        )  # fmt: skip
        rows = pq.read_table(found.files["parquet"], columns=["enterprise_id", "decision_id"]).to_pylist()
        assert {row["enterprise_id"]: row["decision_id"] for row in rows} == expected


@pytest.mark.parametrize(("enterprise", "told"), [("E5", True), ("E7", True), ("E2", False)])
def test_a_replay_notices_a_fellow_member_s_loan(
    bank: Service, caller: TestClient, run: Run, enterprise: str, told: bool
) -> None:
    """A loan of E6 corrected later, as if known then, changes the data of its group and of nobody else.

    What was kept with the decision, the members' rows included, gives it again to the byte all the same.
    """
    made = caller.post(PATH, json=asked(enterprise)).json()
    home = bank.settings.home
    learn(home, "bank_loan", loan("E6", "L9", "100000.00", known_at="2020-01-15"))
    code, out, _ = run("replay", made["id"], "--home", home, "--json")
    found = json.loads(out)
    assert (code, found["matched"], found["changed"]) == (0, True, ["data"] if told else [])


@pytest.mark.parametrize(
    ("day", "status", "others"),
    [(date(2019, 6, 1), "pending", None), (date(2019, 6, 2), "applied", "1200000.00")],
)
def test_the_group_of_a_day_is_what_was_known_that_day(
    bank: Service, day: date, status: str, others: str | None
) -> None:
    """The loans were learned on 2019-06-02: the day before, the group is known and its exposure is not."""
    tables = bank.lake.tables(enterprises=["E5"], neighbourhood=True)
    bundle, policy = bank.bundles.current(), bank.policy_on(AS_OF)
    found = json.loads(score(tables, day, bundle, policy, enterprises=["E5"]).record_of("E5").to_json())
    assert (cap(found)["status"], cap(found)["inputs"]["group_exposure_fen"]) == (status, others)


def test_the_statement_of_the_group_system_settles_what_is_not_on_file(bank: Service) -> None:
    """Without E7's loan the exposure is not known; a fresh statement settles it, and the larger figure counts."""
    home = bank.settings.home
    learn(home, "relation", holding("E7", "E9", "0.51"))  # E9 joins; it has no loan on file
    found = decided(bank, "E5")
    assert (found["outcome"], cap(found)["status"]) == ("refer", "pending")
    assert cap(found)["document"] == "group_exposure"
    assert found["missing_documents"][0]["code"] == "group_exposure"
    assert found["limit_yuan"] == "0.00"
    stated = {"enterprise_id": "E5", "group_id": "GRP1", "stated_on": "2019-12-31", "known_at": "2020-01-10"}
    learn(home, "group_credit", {**stated, "exposure": "1500000.00"})
    found = decided(bank, "E5")
    assert (found["outcome"], found["limit_yuan"]) == ("approve", "500000.00")
    learn(home, "group_credit", {**stated, "exposure": "100000.00", "known_at": "2020-01-11"})
    assert decided(bank, "E5")["limit_yuan"] == "800000.00"  # the loans on file say more
    old = {**stated, "stated_on": "2019-08-01", "exposure": "100000.00", "known_at": "2020-01-12"}
    learn(home, "group_credit", old)
    assert cap(decided(bank, "E5"))["status"] == "pending"  # 212 days old


def test_a_group_without_the_bank_s_capital_is_pending(grouped: Path) -> None:
    """Under the shipped policy, which states no capital, a group is referred and the document named is the capital."""
    tables = Lake(grouped).tables(neighbourhood=True)
    built = build(read_settings(home=grouped), still_clock)
    found = json.loads(score(tables, AS_OF, built.bundles.current(), load_policy(AS_OF)).record_of("E5").to_json())
    built.close()
    assert (found["outcome"], cap(found)["document"]) == ("refer", "bank_capital")
    assert cap(found, "single_name")["status"] == "not_applicable"


def test_records_of_a_request_name_the_group_themselves(caller: TestClient) -> None:
    """Without a neighbourhood a controlling company is a member of which nothing is known; a statement settles it."""
    mother = {
        "relation": "shareholder",
        "party_id": "HOLD",
        "party_is_person": False,
        "began_on": "2018-01-01",
        "share": 0.8,
    }
    stated = {"group_id": "G", "stated_on": "2020-01-31", "exposure": "1900000.00"}
    records: dict[str, Rows] = {"invoice": invoices_of("E5"), "relation": [mother]}
    first = caller.post(PATH, json=asked(records=records)).json()["decision"]
    assert (cap(first)["status"], first["outcome"]) == ("pending", "refer")
    second = caller.post(PATH, json=asked(records={**records, "group_credit": [stated]})).json()["decision"]
    assert (second["outcome"], second["limit_yuan"]) == ("approve", "100000.00")
    assert [one["code"] for one in second["caps"] if one["binding"]] == ["group"]
