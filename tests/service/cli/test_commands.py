"""The commands: what they print, what they say when something is missing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.service.conftest import AS_OF, Run

DAY = AS_OF.isoformat()
ROOT = Path(__file__).resolve().parents[3]


def one_object(out: str) -> dict[str, Any]:
    assert out.endswith("\n")
    assert out.count("\n") == 1
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


COMMANDS: dict[str, Sequence[str]] = {
    "score": ("score", "--as-of", DAY),
    "score-some": ("score", "--as-of", DAY, "--enterprise", "E1", "--enterprise", "E2", "--no-decision-ids"),
    "explain": ("explain", "E5", "--as-of", DAY),
    "status": ("status",),
    "policy": ("policy", "show", "--on", DAY),
    "version": ("version",),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_json_is_one_object_and_nothing_else(run: Run, home: Path, name: str) -> None:
    """With `--json` standard output holds one JSON object and standard error nothing."""
    code, out, err = run(*COMMANDS[name], "--home", home, "--json")
    assert (code, err) == (0, "")
    one_object(out)


@pytest.mark.parametrize("name", COMMANDS)
def test_people_get_words(run: Run, home: Path, name: str) -> None:
    """Without it a person gets a page and no error."""
    code, out, err = run(*COMMANDS[name], "--home", home)
    assert (code, err) == (0, "")
    assert out
    assert not out.startswith("{")


@pytest.mark.parametrize("name", ["score", "explain"])
def test_a_process_prints_what_the_function_prints(home: Path, name: str) -> None:
    """The same by `python -m service` with the home from the environment: nothing else reaches standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "service", *COMMANDS[name], "--json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"ASSETLIGHT_HOME": str(home), "PYTHONWARNINGS": "error", "PYTHONPATH": str(ROOT)},
    )
    assert done.stderr == ""
    one_object(done.stdout)


@pytest.mark.parametrize(
    ("args", "code", "error", "part"),
    [
        pytest.param(("score", "--as-of", "yesterday"), 1, "DayNotUnderstood", "2020-02-29", id="no-day"),
        pytest.param(("score", "--as-of", "2999-01-01"), 1, "AsOfInTheFuture", "not after today", id="future"),
        pytest.param(("score", "--as-of", "1999-01-01"), 1, "PolicyValueNotInForce", "a day from", id="too-old"),
        pytest.param(("score", "--as-of", DAY, "--enterprise", "E99"), 1, "EnterpriseUnknown", "stored", id="unknown"),
        pytest.param(("explain", "E99", "--as-of", DAY), 1, "EnterpriseUnknown", "stored", id="explain-unknown"),
        pytest.param(("explain", "E1", "--as-of", DAY, "--amount", "many"), 1, "MoneyNotExact", "yuan", id="amount"),
        pytest.param(
            ("explain", "E1", "--as-of", DAY, "--amount", "-5"), 1, "RequestedAmountInvalid", "zero", id="minus"
        ),
        pytest.param(
            ("explain", "E1", "--as-of", DAY, "--product", "gold"), 1, "ProductUnknown", "invoice", id="product"
        ),
        pytest.param(("score",), 2, "WrongUsage", "--as-of", id="no-option"),
    ],
)
def test_what_is_wrong_is_said(run: Run, home: Path, args: Sequence[str], code: int, error: str, part: str) -> None:
    """Bad input is exit code 1 or 2 with what was expected, as an object and as words, and no traceback."""
    found, out, err = run(*args, "--home", home, "--json")
    assert (found, err) == (code, "")
    facts = one_object(out)
    assert facts["error"] == error
    assert part in json.dumps(facts)
    found, out, err = run(*args, "--home", home)
    assert (found, out) == (code, "")
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["score", "explain"])
def test_nothing_stored_names_the_import(run: Run, tmp_path: Path, name: str) -> None:
    """Without records the exit code is 3 and the message names the command that brings them."""
    code, out, _ = run(*COMMANDS[name], "--home", tmp_path, "--json")
    assert code == 3
    assert "assetlight import" in one_object(out)["advice"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["score", "explain"])
def test_no_model_names_the_training(run: Run, home: Path, name: str) -> None:
    """Without a bundle the exit code is 3 and the message names the command that makes it."""
    (home / "bundles" / "CURRENT").unlink()
    code, out, _ = run(*COMMANDS[name], "--home", home, "--json")
    assert code == 3
    assert "assetlight train" in one_object(out)["advice"]


def test_status_says_what_comes_next(run: Run, home: Path, tmp_path: Path) -> None:
    """An empty directory leads to the import, records to training, both to scoring; nothing is made by looking."""
    assert one_object(run("status", "--home", tmp_path / "new", "--json")[1])["next"].startswith("assetlight import")
    assert not (tmp_path / "new").exists()
    facts = one_object(run("status", "--home", home, "--json")[1])
    assert facts["next"] == f"assetlight score --as-of {facts['records']['invoice']['last_day']}"
    assert facts["records"]["invoice"]["enterprises"] == 12
    (home / "bundles" / "CURRENT").unlink()
    assert one_object(run("status", "--home", home, "--json")[1])["next"].startswith("assetlight train")


def test_an_unknown_enterprise_is_told_in_the_words_of_the_command_line(run: Run, home: Path) -> None:
    """Nobody at a command line has sent a request."""
    code, out, _ = run("explain", "E99", "--as-of", "2020-02-29", "--home", home, "--json")
    facts = json.loads(out)
    assert (code, facts["error"]) == (1, "EnterpriseUnknown")
    assert "request" not in json.dumps(facts)
    assert "assetlight import" in facts["advice"]


@pytest.mark.parametrize("command", ["train", "simulate", "validate"])
def test_the_commands_of_training_are_helped_like_the_others(run: Run, command: str) -> None:
    """Example, exit codes, the shared words of --json and --debug, and a default as it is typed."""
    code, out, _ = run(command, "--help")
    words = " ".join(re.sub(r"[│╭╮╰╯─]", " ", out).split())
    assert code == 0
    assert f"Example: assetlight {command}" in words
    assert "Exit codes: 0 done" in words
    assert "--debug" in words
    assert "exactly one JSON" in words
    assert "00:00:00" not in words
