"""A kept decision is made again to the byte, or the replay names what changed."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text, update

from models.bundle import Bundle, BundleCorrupt
from models.canonical import canonical_json, sha256_hex
from models.decision import parse
from models.lake import Lake
from models.policy import DEFAULTS
from models.records import KINDS
from models.records.invoice import INVOICE
from models.records.kind import Field
from models.tables import accept_rows
from service.assessing import Question
from service.bootstrap import Service, build
from service.inputs import evidence_of
from service.replaying import replay, replay_evidence
from service.settings import read_settings
from service.store import Assessment
from service.store.schema import ASSESSMENTS, CONTENTS, LEDGER
from tests.factories import bundle
from tests.service.conftest import AS_OF, PATH, TODAY, Run, asked, invoices_of, still_clock
from tests.service.ledger.conftest import assess, without_triggers


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


def another_policy(home: Path) -> None:
    """The bank lays a folder of its own over the defaults: every grade needs a lower probability than before."""
    folder = home / "own-policy" / "parameters" / "grading"
    folder.mkdir(parents=True)
    text = (DEFAULTS / "parameters" / "grading" / "upper_pd.yaml").read_text(encoding="utf-8")
    (folder / "upper_pd.yaml").write_text(re.sub(r"(?m)^(\s+G1: ).*$", r"\g<1>0.0002", text), encoding="utf-8")


def other_approvals(home: Path, above: str = "5000000") -> Path:
    """The bank lays rules of approval of its own over the defaults, and nothing else."""
    folder = home / "approvals"
    (folder / "approval").mkdir(parents=True, exist_ok=True)
    text = (DEFAULTS / "approval" / "default.yaml").read_text(encoding="utf-8")
    said = text.replace("second_approver_above: 3000000", f"second_approver_above: {above}")
    (folder / "approval" / "default.yaml").write_text(said, encoding="utf-8")
    return folder


def no_lake(home: Path) -> None:
    """All records are gone."""
    shutil.rmtree(home / "lake")


def nothing(_: Path) -> None:
    """All is as it was."""


ASKED = b'{"enterprise_id":"E5"}'
CHANGES = {
    "same": (nothing, [], None),
    "data": (correct_an_invoice, ["data"], "input_sha256"),
    "no data": (no_lake, ["data"], "input_sha256"),
    "model": (another_model, ["model"], "pd"),
    "policy": (another_policy, ["policy"], "policy.digest"),
}


@pytest.mark.parametrize(("change", "changed", "field"), CHANGES.values(), ids=CHANGES)
def test_a_kept_decision_matches_whatever_changed_since_and_the_replay_says_what(
    client: TestClient, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch, change: Any, changed: Any, field: Any
) -> None:
    """By the id, or by a file with the answer or the bare decision: one verdict, from what was kept with it."""
    made = client.post(PATH, json=asked("E5", request={"amount_yuan": "1500000.00"})).json()
    (home / "answer.json").write_text(json.dumps(made), encoding="utf-8")
    (home / "bare.json").write_text(json.dumps(made["decision"]), encoding="utf-8")
    change(home)
    if (home / "own-policy").is_dir():
        monkeypatch.setenv("ASSETLIGHT_POLICY_DIR", str(home / "own-policy"))
    verdicts = []
    for command in (("replay", made["id"]), ("audit", "replay", home / "answer.json"), ("replay", home / "bare.json")):
        code, out, _ = run(*command, "--home", home, "--json")
        facts = json.loads(out)
        assert (code, facts["matched"], facts["made_again_from"]) == (0, True, "kept inputs")
        assert facts["kept"] == facts["again"] == made["decision_id"]
        assert facts["changed"] == changed
        assert (facts["now"] == made["decision_id"]) == (not changed)
        verdicts.append(facts)
    assert verdicts[0] == verdicts[1] == verdicts[2]
    named_fields = {one["field"] for one in verdicts[0]["differences"]}
    assert (field in named_fields) == (field is not None)
    assert verdicts[0]["differing_fields"] >= len(named_fields)
    _, out, _ = run("audit", "replay", made["id"], "--home", home)
    assert ("matched 一致" in out, "changed since" in out) == (True, bool(changed))


@pytest.mark.parametrize("version", [True, False], ids=["new-version", "same-version"])
def test_changed_code_differs_from_what_was_kept(
    client: TestClient, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch, version: bool
) -> None:
    """Code that decides otherwise is told apart from everything else, whether or not its version was raised."""
    made = client.post(PATH, json=asked("E5")).json()
    if version:
        monkeypatch.setattr("models.__version__", "99.0")
    else:
        monkeypatch.setattr("models.decision.decisions.yuan_text", lambda _: "1.00")
    code, out, _ = run("audit", "replay", made["id"], "--home", home, "--json")
    found = json.loads(out)
    assert (code, found["matched"], found["changed"]) == (5, False, ["code"])
    assert ("code_version" if version else "limit_yuan") in {one["field"] for one in found["differences"]}
    assert found["differences_are"] == "kept inputs"


def test_code_that_cannot_read_the_kept_model_says_so(
    client: TestClient, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release that knows another form of bundles alone: the code changed, with the sentence; no crash."""
    made = client.post(PATH, json=asked("E5")).json()
    monkeypatch.setattr("service.inputs.evidence.kept_bundle", lambda *_: _refuse())
    code, out, _ = run("audit", "replay", made["id"], "--home", home, "--json")
    found = json.loads(out)
    assert (code, found["matched"], found["changed"]) == (5, False, ["code"])
    assert "BundleCorrupt" in found["obstacle"]


def _refuse() -> Bundle:
    raise BundleCorrupt("the bundle has a schema version this release does not know")


def test_a_year_later_an_old_decision_still_matches(
    client: TestClient, service: Service, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New model, new policy, no lake, a column more in invoices, a column more in the store."""
    made = client.post(PATH, json=asked("E5")).json()
    another_model(home)
    another_policy(home)
    no_lake(home)
    monkeypatch.setenv("ASSETLIGHT_POLICY_DIR", str(home / "own-policy"))
    newer = replace(
        INVOICE, fields=(*INVOICE.fields, Field("project", "text", "项目", "project", required=False, since=2))
    )
    for module in ("models.tables.digests", "models.tables.origins", "service.inputs.rows"):
        monkeypatch.setattr(sys.modules[module], "KINDS", {**KINDS, "invoice": newer})
    with service.store.writing() as connection:
        connection.execute(text("ALTER TABLE assessments ADD COLUMN brought_later INTEGER"))
        connection.execute(text("ALTER TABLE ledger ADD COLUMN brought_later INTEGER"))
        connection.execute(text("ALTER TABLE contents ADD COLUMN brought_later INTEGER"))
    code, out, _ = run("audit", "replay", made["id"], "--home", home, "--json")
    found = json.loads(out)
    assert (code, found["matched"]) == (0, True), found
    assert found["changed"] == ["data", "model", "policy"]
    assert run("audit", "verify", "--home", home)[0] == 0


def test_a_decision_of_an_older_schema_is_compared_in_its_form(service: Service) -> None:
    """A record of version 1 with kept inputs is made again in version 1, to the byte."""
    made = service.assessor.made(Question("E5", AS_OF))
    old = made.decision.as_version(1)
    kept = Assessment("old", service.clock(), "E5", AS_OF, old.decision_id, old.to_json(), ASKED)
    service.recorder.keep(made, kept, "tester")
    evidence = evidence_of(service.store, "old")
    assert evidence is not None
    assert replay_evidence(parse(service.assessments.get("old").decision), evidence).matched


@pytest.mark.parametrize("part", ["rows", "bundle", "policy"])
def test_kept_inputs_that_were_changed_are_refused(service: Service, home: Path, run: Run, part: str) -> None:
    """A content that is not what its name says answers no replay."""
    made = service.assessor.made(Question("E5", AS_OF))
    kept = Assessment("one", service.clock(), "E5", AS_OF, made.decision.decision_id, made.content, ASKED)
    entry = service.recorder.keep(made, kept, "tester")
    with service.store.writing() as connection:
        without_triggers(connection)
        named = update(CONTENTS).where(CONTENTS.c.sha256 == entry.content[part])
        connection.execute(named.values(packed=b"changed"))
    code, out, _ = run("audit", "replay", "one", "--home", home, "--json")
    assert (code, json.loads(out)["error"]) == (1, "ContentAltered")


def test_reading_explaining_and_replaying_a_case_are_entries(client: TestClient, home: Path, run: Run) -> None:
    """Whoever looks at a kept assessment is told by the ledger, with the purpose."""
    made = client.post(PATH, json=asked("E5")).json()
    path = f"{PATH}/{made['id']}"
    assert client.get(path).status_code == client.get(f"{path}/explanation").status_code == 200
    assert client.post(f"{path}/what-if", json={"facts": {"sales_12m_fen": "1.00"}}).status_code == 200
    assert run("replay", made["id"], "--home", home)[0] == 0
    assert client.get(f"{PATH}/nobody").status_code == 404
    built = build(read_settings(home=home))
    with built.store.reading() as connection:
        rows = connection.execute(select(LEDGER).where(LEDGER.c.kind == "access").order_by(LEDGER.c.sequence)).all()
    built.close()
    assert {row.subject for row in rows} == {made["id"]}
    purposes = [json.loads(bytes(row.body))["content"]["purpose"] for row in rows]
    assert purposes == ["read", "explanation", "what_if", "replay"]
    assert rows[0].actor == rows[2].actor != rows[3].actor
    assert rows[3].actor.startswith("cli:")


def test_a_portfolio_is_kept_and_each_decision_of_it_replays(home: Path, run: Run) -> None:
    """Every decision of `score` is an assessment; what a piece was made from is stored once; each replays."""
    code, out, _ = run("score", "--as-of", AS_OF, "--home", home, "--json")
    assert code == 0
    built = build(read_settings(home=home))
    with built.store.reading() as connection:
        entries = connection.execute(select(LEDGER).where(LEDGER.c.kind == "assessment")).all()
        ids = {row.decision_id for row in connection.execute(select(ASSESSMENTS))}
    facts = [json.loads(bytes(row.body))["content"] for row in entries]
    built.close()
    assert len(entries) == len(ids) == json.loads(out)["enterprises"]
    assert len({one["rows"] for one in facts}) == len({one["batch"] for one in facts}) == 1
    shutil.rmtree(home / "lake")
    for row in entries[:2]:
        code, out, _ = run("audit", "replay", row.subject, "--home", home, "--json")
        assert (code, json.loads(out)["made_again_from"]) == (0, "kept inputs")
    assert run("audit", "verify", "--home", home)[0] == 0
    assert run("score", "--as-of", AS_OF, "--no-decision-ids", "--home", home)[0] in (1, 3)


def test_explain_at_the_command_line_is_kept_too(home: Path, run: Run) -> None:
    """What the page shows can be replayed by the decision's file."""
    code, out, _ = run("explain", "E5", "--as-of", AS_OF, "--amount", "300000", "--home", home, "--json")
    assert code == 0
    (home / "explained.json").write_text(out, encoding="utf-8")
    code, out, _ = run("replay", home / "explained.json", "--home", home, "--json")
    assert (code, json.loads(out)["made_again_from"]) == (0, "kept inputs")


def test_another_policy_is_an_entry_once(home: Path) -> None:
    """The first assessment by other policy files says so, in whichever process; the next ones do not."""
    another_policy(home)
    for overlay in (None, None, home / "own-policy", None):
        built = build(read_settings(home=home, policy_dir=overlay), still_clock)
        for enterprise in ("E1", "E2"):
            assess(built, enterprise)
        built.close()
    with build(read_settings(home=home)).store.reading() as connection:
        rows = connection.execute(select(LEDGER).where(LEDGER.c.kind == "policy_change").order_by(LEDGER.c.sequence))
        told = [json.loads(bytes(row.body))["content"] for row in rows]
    assert [one["before"] for one in told] == [None, told[0]["policy"], told[1]["policy"]]
    assert told[2]["policy"] == told[0]["policy"] != told[1]["policy"]


@pytest.mark.parametrize("later", [None, "4000000"], ids=["without", "another"])
def test_other_rules_of_approval_are_laid_to_the_policy(
    home: Path, run: Run, later: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not to the code: the decision says which they were, and is made again to the byte from what was kept."""
    overlay = other_approvals(home)
    built = build(read_settings(home=home, policy_dir=overlay), still_clock)
    kept = assess(built, "E5")
    said = json.loads(kept.decision)["policy"]["overlays"]
    assert [(one["replaces"], one["beside"]["replaces"]) for one in said] == [([], ["approval/default"])]
    built.close()
    if later is not None:
        monkeypatch.setenv("ASSETLIGHT_POLICY_DIR", str(other_approvals(home / "later", later)))
    code, out, _ = run("replay", kept.id, "--home", home, "--json")
    found = json.loads(out)
    assert (code, found["matched"], found["changed"]) == (0, True, ["policy"])
    assert all(one["field"].startswith("policy.overlays") for one in found["differences"])


def test_a_decision_that_says_nothing_of_what_was_beside_is_made_again(home: Path) -> None:
    """Those of earlier releases: the same overlay brought rules of approval, and the decision named only the folder."""
    overlay = other_approvals(home)
    built = build(read_settings(home=home, policy_dir=overlay), still_clock)
    made = built.assessor.decide(Question("E5", AS_OF))
    tree = json.loads(made.to_json())
    del tree["decision_id"], tree["policy"]["overlays"][0]["beside"]
    old = parse(canonical_json({**tree, "decision_id": sha256_hex(canonical_json(tree))}))
    found = replay(built.assessor, old, None)
    assert (found.matched, found.changed) == (True, ())
    assert set(json.loads(old.to_json())["policy"]["overlays"][0]) == {"name", "replaces", "digest"}
    built.close()


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
