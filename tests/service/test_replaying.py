"""A kept decision is made again to the byte, or the replay names what changed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from models.decision import parse
from models.lake import Lake
from models.records.invoice import INVOICE
from models.tables import accept_rows
from service.assessing import Question
from service.bootstrap import Service
from service.replaying import replay
from tests.factories import bundle
from tests.service.conftest import AS_OF, PATH, TODAY, Run, asked, invoices_of


def correct_an_invoice(home: Path) -> None:
    """A correction learned before the day of the assessment: what was known then is no longer the same."""
    row = {**invoices_of("E5")[0], "enterprise_id": "E5", "status": "void", "known_at": "2020-02-28T00:00:00+08:00"}
    Lake(home).append(INVOICE, accept_rows([row], INVOICE, received_on=TODAY).rows)


def another_model(home: Path) -> None:
    """The model that decided is gone, another one is in force."""
    first = bundle()
    shutil.rmtree(home / "bundles" / first.digest[:12])
    shifted = replace(first.calibration, intercept=first.calibration.intercept + 0.5)
    replace(first, calibration=shifted).publish(home)


def nothing(_: Path) -> None:
    """All is as it was."""


@pytest.mark.parametrize(
    ("change", "changed", "field"),
    [(nothing, [], None), (correct_an_invoice, ["data"], "input_sha256"), (another_model, ["model"], "pd")],
    ids=["same", "data", "model"],
)
def test_a_replay_says_whether_and_why_it_differs(
    client: TestClient, home: Path, run: Run, change: Any, changed: list[str], field: str | None
) -> None:
    """By the id of the assessment, or by a file with the answer or the bare decision: one verdict."""
    made = client.post(PATH, json=asked("E5", request={"amount_yuan": "1500000.00"})).json()
    (home / "answer.json").write_text(json.dumps(made), encoding="utf-8")
    (home / "bare.json").write_text(json.dumps(made["decision"]), encoding="utf-8")
    change(home)
    verdicts = []
    for named in (made["id"], home / "answer.json", home / "bare.json"):
        code, out, _ = run("replay", named, "--home", home, "--json")
        facts = json.loads(out)
        assert code == (5 if changed else 0)
        assert facts["kept"] == made["decision_id"]
        assert (facts["matched"], facts["changed"]) == (not changed, changed)
        verdicts.append(facts)
    assert verdicts[0] == verdicts[1] == verdicts[2]
    named_fields = {one["field"] for one in verdicts[0]["differences"]}
    assert (field in named_fields) == (field is not None)
    assert verdicts[0]["differing_fields"] >= len(named_fields)


def test_records_of_the_request_are_replayed_from_the_assessment(client: TestClient, home: Path, run: Run) -> None:
    """A decision on records that came with the request does not need them in the store."""
    body = {"enterprise_id": "X1", "as_of": AS_OF.isoformat(), "records": {"invoice": invoices_of("E5")}}
    made = client.post(PATH, json=body).json()
    code, out, _ = run("replay", made["id"], "--home", home)
    assert (code, "matched" in out) == (0, True)


def test_the_same_inputs_with_another_outcome_are_laid_to_the_code(service: Service) -> None:
    """Where data, model, policy and version are as they were, only the code can have changed."""
    made = service.assessor.decide(Question("E5", AS_OF))
    altered = made.model_copy(update={"limit_yuan": "1.00"})
    found = replay(service.assessor, altered, None)
    assert (found.matched, found.changed) == (False, ("code",))
    assert [one.field for one in found.differences] == ["limit_yuan"]


def test_what_is_neither_a_file_nor_kept_is_said(run: Run, home: Path) -> None:
    """A wrong id is refused in a sentence."""
    code, out, _ = run("replay", "no-such", "--home", home, "--json")
    assert (code, json.loads(out)["error"]) == (1, "AssessmentNotFound")


def test_a_record_of_version_1_is_made_again_in_its_own_form(client: TestClient, home: Path, run: Run) -> None:
    """What version 1 kept still matches to the byte, although a record made today also says the interval."""
    made = client.post(PATH, json=asked("E5")).json()
    now = parse(json.dumps(made["decision"]).encode())
    assert now.pd_low is not None
    (home / "old.json").write_bytes(now.as_version(1).to_json())
    code, out, _ = run("replay", home / "old.json", "--home", home, "--json")
    assert (code, json.loads(out)["matched"]) == (0, True)
