"""`assetlight models`: the road of a model by the command line, refusals and exit codes, in two languages."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from models.bundle import Bundle
from models.tables import BANK_ZONE
from service.settings import operating_system_user
from tests.factories import bundle
from tests.registry_desk import GATES, gate, skilled, write_report
from tests.service.conftest import AS_OF, Run

SQL = (
    "INSERT INTO model_records SELECT 99, 'model_promoted', :m, 'own', 'command line', "
    "'2030-01-01T00:00:00.000000+00:00', '{}', digest, digest, seal FROM model_records WHERE sequence = 1"
)


def candidate(home: Path, seed: int = 3, gates: Any = GATES) -> str:
    """A trained bundle with its report, as training leaves them."""
    made = skilled(seed)
    made.write(home / "bundles" / made.digest[:12])
    write_report(home, made.digest, gates)
    return made.digest


def in_force(run: Run, home: Path, digest: str) -> None:
    """Through all the steps by different people."""
    for step in (
        ("register", digest[:12], "--developer", "dev"),
        ("validate", digest[:8], "--as", "val"),
        ("approve", digest[:8], "--as", "app"),
        ("promote", digest[:8], "--as", "own", "--reason", "first"),
    ):
        code, _, err = run("models", *step, "--home", home)
        assert code == 0, err


def test_the_road_of_a_model(run: Run, home: Path) -> None:
    """Before: development mode, said loudly. After the four steps: the registry's champion decides."""
    digest = candidate(home)
    code, out, _ = run("status", "--home", home)
    assert code == 0
    assert "NOT PROMOTED THROUGH THE REGISTRY 未经登记审批" in out.replace("\n", " ")
    in_force(run, home, digest)
    code, out, _ = run("status", "--home", home)
    assert digest[:12] in out
    assert "NOT PROMOTED" not in out
    code, out, _ = run("models", "list", "--home", home)
    assert code == 0
    assert "champion" in out
    assert "SIMULATED data 模拟数据" in out
    code, out, _ = run("models", "show", digest[:6], "--home", home)
    assert "3 of 4 passed" in out, "what is not passed is not counted as passed, also where it does not bar"
    code, out, _ = run("models", "show", digest[:6], "--home", home, "--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["intact"]
    assert [shown["registration"]["actor"], shown["validations"][0]["actor"]] == [operating_system_user(), "val"]
    code, out, _ = run("models", "verify", "--home", home, "--json")
    assert (code, json.loads(out)["records"]) == (0, 4)


def test_scoring_follows_the_champion_and_not_current(run: Run, home: Path) -> None:
    """After a promotion the bundle that training puts beside does not decide, and training says so."""
    digest = candidate(home)
    in_force(run, home, digest)
    bundle(seed=9).publish(home)  # what a release without registry would do
    code, out, _ = run("explain", "E5", "--as-of", AS_OF.isoformat(), "--home", home, "--json")
    assert code == 0
    assert json.loads(out)["bundle"]["digest"] == digest


def test_training_beside_a_registry_puts_nothing_in_force(home: Path, run: Run) -> None:
    """CURRENT stays as it is, the bundle is written as a candidate."""
    from training.publishing import publish  # noqa: PLC0415

    in_force(run, home, candidate(home))
    before = (home / "bundles" / "CURRENT").read_text()
    made = publish(skilled(5), home)
    assert (made.governed, made.in_force, made.exit_code) == (True, False, 0)
    assert publish(replace(skilled(5), card={}), home).exit_code == 4
    assert publish(skilled(5), home, force=True).in_force is False
    assert (home / "bundles" / "CURRENT").read_text() == before
    assert Bundle.load(made.directory).digest == skilled(5).digest


@pytest.mark.parametrize(
    ("step", "code", "words"),
    [
        (("promote", "{digest}", "--reason", "x", "--as", "own"), 3, "models approve"),
        (("promote", "{digest}", "--reason", "", "--as", "own"), 1, "reason"),
        (("promote", "{digest}", "--as", "own"), 2, "--reason"),
        (("approve", "{digest}", "--as", "dev"), 1, "must not be its developer"),
        (("approve", "{digest}", "--as", "val"), 1, "must not be its validator"),
        (("validate", "{digest}", "--as", "dev"), 1, "must not be its developer"),
        (("promote", "{digest}", "--reason", "x", "--scope", "mortgage"), 1, "technology_credit"),
        (("rollback", "{digest}", "--reason", "x"), 1, "earlier champion"),
        (("show", "0000"), 3, "no registered model"),
        (("register", "nowhere"), 3, "no bundle here"),
        (("register", "{digest}"), 1, "already"),
        (("compare",), 3, "no model is in the shadow"),
        (("promote", "{digest}", "--reason", "x", "--role", "king"), 2, "champion"),
    ],
    ids=lambda value: " ".join(value[:1]) if isinstance(value, tuple) else None,
)  # fmt: skip
def test_refusals(run: Run, home: Path, step: tuple[str, ...], code: int, words: str) -> None:
    """Each says what was expected and what to do; the exit codes are those of --help."""
    digest = candidate(home)
    run("models", "register", digest[:12], "--developer", "dev", "--home", home)
    run("models", "validate", digest, "--as", "val", "--home", home)
    told = [part.replace("{digest}", digest[:12]) for part in step]
    ended, _, err = run("models", *told, "--home", home)
    assert ended == code
    assert words in " ".join(err.replace("│", " ").split())
    if code != 2:
        ended, out, _ = run("models", *told, "--home", home, "--json")
        assert json.loads(out)["exit_code"] == code


def test_a_model_that_fails_a_gate_cannot_be_promoted(run: Run, home: Path) -> None:
    """By the command line it is refused by name of the gate; by a database row it has no effect and is shown."""
    digest = candidate(home, gates=[*GATES, gate("monotonicity", passed=False)])
    run("models", "register", digest[:12], "--developer", "dev", "--home", home)
    code, out, _ = run("models", "validate", digest, "--as", "val", "--home", home)
    assert code == 0
    assert "FAILED 未通过" in out
    for step in (("approve", digest, "--as", "app"), ("promote", digest, "--reason", "x", "--as", "own")):
        code, _, err = run("models", *step, "--home", home)
        assert code == 1
        assert "monotonicity" in err
    with sqlite3.connect(home / "assessments.sqlite3") as database:
        database.execute(SQL, {"m": digest})
    code, out, _ = run("models", "verify", "--home", home, "--json")
    assert code == 1
    assert json.loads(out)["refused"][0]["model"] == digest
    code, out, _ = run("status", "--home", home)
    assert code == 0
    assert "NO EFFECT 无效记录" in " ".join(out.split())
    code, out, _ = run("explain", "E5", "--as-of", AS_OF.isoformat(), "--home", home, "--json")
    assert json.loads(out)["bundle"]["digest"] != digest


def test_an_edited_bundle_is_found(run: Run, home: Path) -> None:
    """`verify` exits with 1 and names it; scoring with it is refused."""
    digest = candidate(home)
    in_force(run, home, digest)
    path = home / "bundles" / digest[:12] / "model.txt"
    path.write_text(path.read_text() + "\n")
    code, out, _ = run("models", "verify", "--home", home, "--json")
    assert code == 1
    assert json.loads(out)["broken"][0]["error"] == "BundleCorrupt"
    code, _, err = run("score", "--as-of", AS_OF.isoformat(), "--home", home)
    assert code == 1
    assert "changed" in err


def test_a_report_that_is_gone_is_named(run: Run, home: Path) -> None:
    """A record that rests on a report that nobody can read any more is not intact; a backup names the folder."""
    digest = candidate(home)
    in_force(run, home, digest)
    code, out, _ = run("db", "backup", home.parent / "copy.sqlite3", "--home", home, "--json")
    assert code == 0
    assert str(home / "validations") in json.loads(out)["also"]
    shutil.rmtree(home / "validations")
    code, out, _ = run("models", "verify", "--home", home, "--json")
    (broken,) = json.loads(out)["broken"]
    assert (code, broken["model"], broken["error"]) == (1, digest, "ReportNotUsable")
    assert str(home / "validations") in broken["where"]
    assert "all intact" not in run("models", "verify", "--home", home)[1]


def test_live_on_and_rollback(run: Run, home: Path) -> None:
    """The day's model with the hand and the reason; before the first promotion there was none."""
    first, second = candidate(home), candidate(home, seed=4)
    in_force(run, home, first)
    in_force(run, home, second)
    code, out, _ = run("models", "rollback", first[:8], "--reason", "arrears", "--as", "own", "--home", home)
    assert code == 0
    assert first[:12] in out
    today = datetime.now(BANK_ZONE).date().isoformat()
    code, out, _ = run("models", "live-on", today, "--home", home)
    assert first[:12] in out
    assert "rolled back to 回退" in out
    code, out, _ = run("models", "live-on", "2001-01-01", "--home", home, "--json")
    assert json.loads(out)["model"] is None
    code, _, err = run("models", "live-on", "2999-01-01", "--home", home)
    assert code == 1
    assert "the day has not come" in err


def test_verify_names_every_damaged_record(run: Run, home: Path) -> None:
    """Where the standing cannot be derived, verify is what says why: each record by number, exit code 1, no circle."""
    in_force(run, home, candidate(home))
    with sqlite3.connect(home / "assessments.sqlite3") as database:
        database.execute("DROP TRIGGER model_records_no_update")
        database.execute("DROP TRIGGER model_records_no_delete")
        database.execute("UPDATE model_records SET actor = 'somebody' WHERE sequence = 2")
        database.execute("DELETE FROM model_records WHERE sequence = 3")
    code, _, err = run("models", "list", "--home", home)
    assert code == 1
    assert "assetlight models verify" in " ".join(err.split())
    code, out, _ = run("models", "verify", "--home", home, "--json")
    assert code == 1
    assert [one["sequence"] for one in json.loads(out)["damage"]] == [2, 4]
    code, out, _ = run("models", "verify", "--home", home)
    assert code == 1
    assert "record 2 (model_validated" in " ".join(out.split())
    assert "restored from a backup" in " ".join(out.split())
    assert "models verify" not in out


def test_production_uses_promoted_models_only(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ASSETLIGHT_REGISTRY_REQUIRED a trained bundle does not decide until it is promoted."""
    monkeypatch.setenv("ASSETLIGHT_REGISTRY_REQUIRED", "true")
    code, _, err = run("score", "--as-of", AS_OF.isoformat(), "--home", home)
    assert code == 3
    assert "models promote" in err
    in_force(run, home, candidate(home))
    code, _, err = run("score", "--as-of", AS_OF.isoformat(), "--home", home)
    assert code == 0
