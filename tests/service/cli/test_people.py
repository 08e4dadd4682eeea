"""`assetlight people`: a token for a laptop, and keys made, listed and revoked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.bootstrap import build
from service.people import Role
from service.settings import read_settings
from tests.service.conftest import Run


def test_a_token_is_printed_alone(run: Run, tmp_path: Path) -> None:
    """So that $(assetlight people token ...) is a token; the warning goes to standard error."""
    code, out, err = run(
        "people",
        "token",
        "--role",
        "officer",
        "--role",
        "risk",
        "--name",
        "Li Hua",
        "--branch",
        "b",
        "--home",
        tmp_path,
    )
    assert code == 0
    assert "DEVELOPMENT ISSUER" in err
    service = build(read_settings(home=tmp_path, development_issuer=True))
    who = service.people.principal(f"Bearer {out.strip()}", None, service.clock())
    assert (who.subject, who.name, who.roles, who.branches) == (
        "dev:li-hua",
        "Li Hua",
        {Role.OFFICER, Role.RISK},
        {"b"},
    )


def test_no_token_beside_a_real_issuer(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the bank's provider is set up the command says so."""
    for name, value in (("ISSUER", "https://x"), ("AUDIENCE", "a"), ("JWKS_URL", "https://x/jwks")):
        monkeypatch.setenv(f"ASSETLIGHT_{name}", value)
    code, out, err = run("people", "token", "--role", "officer", "--home", tmp_path)
    assert (code, out) == (1, "")
    assert "real identity provider" in err


def test_keys_are_made_listed_and_revoked(run: Run, tmp_path: Path) -> None:
    """The key is shown once; the list never shows it."""
    made = json.loads(
        run("people", "keys", "create", "--name", "nightly", "--role", "service", "--home", tmp_path, "--json")[1]
    )
    listed = run("people", "keys", "list", "--home", tmp_path, "--json")[1]
    assert made["key"] not in listed
    assert [one["state"] for one in json.loads(listed)["keys"]] == ["in force"]
    assert (
        json.loads(run("people", "keys", "revoke", made["id"], "--home", tmp_path, "--json")[1])["state"] == "revoked"
    )
    assert "revoked" in run("people", "keys", "list", "--home", tmp_path)[1]


def test_a_key_that_decides_is_refused(run: Run, tmp_path: Path) -> None:
    """Exit code 1 and a sentence."""
    code, _, err = run("people", "keys", "create", "--name", "x", "--role", "approver", "--home", tmp_path)
    assert code == 1
    assert "only a person decides" in err


def test_status_says_who_is_let_in(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's tokens by default; loud when the development issuer is on."""
    assert json.loads(run("status", "--home", tmp_path, "--json")[1])["people"] == {
        "issuer": None,
        "development_issuer": False,
    }
    monkeypatch.setenv("ASSETLIGHT_DEVELOPMENT_ISSUER", "1")
    assert "DEVELOPMENT ISSUER IS ON" in run("status", "--home", tmp_path)[1]
