"""Buckets change who works on what, never a decision: their number, and what is found once for all of them."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.lake import Lake, LakeBusy, reading, rebucket
from models.records import KINDS
from models.records.invoice import INVOICE
from models.tables import accept_rows
from service.batch import inputs, running
from service.batch.folder import RunFolder
from service.batch.running import in_this_process, run_plan
from service.bootstrap import Service, build
from service.portfolio import score_portfolio
from service.settings import read_settings
from tests.service.batch.runs import contents, planned, ran, rows
from tests.service.conftest import AS_OF, TODAY, Run, still_clock

SHARE = "circular_share_12m"
RING = ("E1", "E2", "E3", "E4")  # each sells to the next, the last to the first; E5 buys from E1 and guarantees E6


@pytest.fixture
def ringed(home: Path) -> Path:
    """The stocked directory, with trade, a house and trouble among its enterprises."""

    def learn(kind: str, *learned: dict[str, Any]) -> None:
        accepted = accept_rows(list(learned), KINDS[kind], received_on=TODAY)
        assert accepted.quarantined.num_rows == 0, accepted.quarantined.to_pylist()
        Lake(home).append(kind, accepted.rows)

    day = (AS_OF - timedelta(days=40)).isoformat()
    sales = [*((one, RING[(at + 1) % 4]) for at, one in enumerate(RING)), ("E1", "E5"), ("E5", "E9")]
    learn(
        INVOICE.name,
        *(
            {
                "enterprise_id": seller, "direction": "sales", "invoice_no": f"ring-{seller}-{buyer}",
                "counterparty_id": buyer, "issued_on": day, "amount": "700000.00", "tax": "91000.00",
                "total": "791000.00", "status": "valid",
            }
            for seller, buyer in sales
        ),
    )  # fmt: skip
    learn(
        "relation",
        {"enterprise_id": "E5", "relation": "shareholder", "party_id": "E6", "share": "0.6", "began_on": "2018-01-01"},
        {"enterprise_id": "E2", "relation": "guarantees", "party_id": "E7", "began_on": "2019-01-01"},
    )
    learn(
        "risk_event",
        {"enterprise_id": "E9", "event": "judgment_debtor", "event_no": "1", "happened_on": "2019-11-01"},
    )
    return home


def bank(home: Path) -> Service:
    """The service on a data directory."""
    return build(read_settings(home=home, development_issuer=True), still_clock)


def said(folder: Path) -> pa.Table:
    """Everything that a run says of anybody."""
    return rows(folder)


def test_sixteen_and_sixty_four_buckets_give_the_same_decisions(ringed: Path, tmp_path: Path) -> None:
    """Every column of every decision, digests of inputs among them, by any cut of the same records; the network has
    something to say."""
    service = bank(ringed)
    ran(service, tmp_path / "sixteen")
    expected = said(tmp_path / "sixteen")
    for buckets in (64, 7, 1):
        rebucket(service.lake, buckets)
        assert planned(service).plan.inputs.lake_generation == service.lake.manifest().generation
        ran(service, tmp_path / str(buckets))
        assert said(tmp_path / str(buckets)).equals(expected), buckets
        assert as_bytes(said(tmp_path / str(buckets))) == as_bytes(expected)
    facts = pq.read_table(score_portfolio(service.assessor, AS_OF, tmp_path / "flat").files["parquet"])
    assert facts.num_rows == expected.num_rows
    service.close()


def as_bytes(table: pa.Table) -> bytes:
    """A table as one Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks().unify_dictionaries())
    return bytes(sink.getvalue())


def test_the_network_found_once_is_what_each_bucket_finds(
    ringed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All results to the byte with and without; and without the books of partners among what a bucket reads."""
    service = bank(ringed)
    ran(service, tmp_path / "once", keeps_facts=True)
    network = inputs.network_in(tmp_path / "once")
    assert network is not None
    ring = [row for row in network.to_pylist() if row["e"] in RING]
    assert len(ring) == 4
    assert all(row["circular"] > 0 for row in ring)
    assert any(row["trouble_far"] for row in network.to_pylist())
    monkeypatch.setattr(inputs, "_keep_network", lambda *_: None)
    ran(service, tmp_path / "each", keeps_facts=True)
    assert inputs.network_in(tmp_path / "each") is None
    once, each = (contents(tmp_path / name) for name in ("once", "each"))
    assert {name: content for name, content in once.items() if name != inputs.NETWORK} == each
    parts = [pq.read_table(path, columns=[SHARE]) for path in RunFolder(tmp_path / "once").files("facts")]
    assert max(pa.concat_tables(parts).column(SHARE).to_numpy()) > 0
    service.close()


def test_where_it_cannot_be_found_once_each_bucket_looks_for_itself(
    ringed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poisoned row may stand in the way of all at once: the run goes on, and decides the same."""
    service = bank(ringed)
    ran(service, tmp_path / "whole")

    def fails(*_: object, **__: object) -> pa.Table:
        raise ArithmeticError("a sum beyond every integer")

    monkeypatch.setattr(inputs, "network_facts", fails)
    ran(service, tmp_path / "run")
    assert said(tmp_path / "run").equals(said(tmp_path / "whole"))
    service.close()


def test_no_lake_is_cut_under_a_run(ringed: Path, tmp_path: Path) -> None:
    """A run holds its lake from the first bucket to the last; one that is over does not."""
    service = bank(ringed)
    refused = []

    def cut(_: running.Step) -> None:
        with pytest.raises(LakeBusy, match="a batch reads the lake") as refusal:
            rebucket(service.lake, 32)
        refused.append(refusal.value)

    plan = planned(service)
    run_plan(plan.plan, tmp_path / "run", plan.lake, engine=in_this_process, progress=cut)
    assert refused
    assert service.lake.buckets == 16
    assert rebucket(service.lake, 32).buckets == 32
    service.close()


def test_the_command_cuts_and_status_says_so(ringed: Path, run: Run) -> None:
    """`assetlight rebucket`, once and again, and what `assetlight status` shows of the lake."""
    code, out, _ = run("rebucket", "--buckets", "64", "--home", ringed, "--json")
    facts = json.loads(out)
    assert (code, facts["buckets_before"], facts["buckets"], facts["was_so"]) == (0, 16, 64, False)
    code, out, _ = run("rebucket", "--buckets", "64", "--home", ringed)
    assert code == 0
    assert "64 buckets already" in out
    code, out, _ = run("status", "--home", ringed, "--json")
    lake = json.loads(out)["lake"]
    assert (lake["buckets"], lake["rows"]) == (64, facts["rows"])
    assert "64 buckets" in run("status", "--home", ringed)[1]
    assert run("rebucket", "--buckets", "0", "--home", ringed)[0] == 2
    with reading(ringed / "lake"):
        code, _, err = run("rebucket", "--buckets", "8", "--home", ringed)
    assert code == 75
    assert "a batch reads the lake" in err


def test_the_first_import_says_how_many(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """By option or setting; the lake that is there keeps its own, and another number is refused with the way to it."""
    file = tmp_path / "staff.csv"
    file.write_text("enterprise_id,month_end,staff\nE1,2020-01-31,86\nE2,2020-01-31,7\n")
    args = ("import", file, "--kind", "headcount", "--home", tmp_path / "home")
    assert run(*args, "--buckets", "8")[0] == 0
    assert Lake(tmp_path / "home").buckets == 8
    assert run(*args)[0] == 0
    assert run(*args, "--buckets", "8")[0] == 0
    code, _, err = run(*args, "--buckets", "9")
    assert code == 1
    assert "rebucket --buckets 9" in " ".join(err.replace("│", "").split())
    shutil.rmtree(tmp_path / "home")
    monkeypatch.setenv("ASSETLIGHT_LAKE_BUCKETS", "5")
    assert run(*args)[0] == 0
    assert Lake(tmp_path / "home").buckets == 5
