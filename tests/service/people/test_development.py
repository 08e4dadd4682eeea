"""The development issuer: a key that only its owner reads, off unless asked for, never beside a real issuer."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import jwt
import pytest

from service import serving
from service.bootstrap import build
from service.errors import SettingNotUsable
from service.people import Role
from service.people.development import DevelopmentIssuer
from service.people.errors import TokenRefused
from service.settings import read_settings
from tests.service.people.issuers import NOW, Provider

REAL = {"issuer": "https://login.bank.test", "audience": "assetlight", "jwks_url": "https://login.bank.test/jwks"}


def test_the_key_is_made_once_and_its_owners_alone(tmp_path: Path) -> None:
    """Another process finds the same key; nobody else reads it."""
    first, second = DevelopmentIssuer(tmp_path).key_set(), DevelopmentIssuer(tmp_path).key_set()
    assert first == second
    assert b'"d"' not in first
    assert stat.S_IMODE(DevelopmentIssuer(tmp_path).file.stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "people").iterdir()] == ["development-issuer.pem"]


def test_its_tokens_are_good_only_where_it_is_on(tmp_path: Path) -> None:
    """Off: nobody is let in by them. On: whoever they say."""
    text = DevelopmentIssuer(tmp_path).token(
        subject="x", name="X", roles=[Role.OFFICER], branches=["b"], parks=["p"], now=NOW
    )
    off, on = build(read_settings(home=tmp_path)), build(read_settings(home=tmp_path, development_issuer=True))
    with pytest.raises(TokenRefused, match="no identity provider"):
        off.people.principal(f"Bearer {text}", None, NOW)
    who = on.people.principal(f"bearer {text}", None, NOW)
    assert (who.subject, who.name, who.roles, who.branches, who.parks) == ("x", "X", {Role.OFFICER}, {"b"}, {"p"})


def test_the_banks_own_issuer_by_file(tmp_path: Path) -> None:
    """Issuer, audience and key set from settings; a token of the development issuer is refused there."""
    provider = Provider().add("k", "ES256")
    (tmp_path / "jwks.json").write_bytes(provider.fetch())
    settings = {**REAL, "jwks_url": None, "jwks_file": tmp_path / "jwks.json", "roles_claim": "groups"}
    service = build(read_settings(home=tmp_path, **settings))
    token = provider.sign("k", groups="approver risk")
    assert service.people.principal(f"Bearer {token}", None, NOW).roles == {Role.APPROVER, Role.RISK}
    development = DevelopmentIssuer(tmp_path).token(subject="x", name="X", roles=Role, branches=["*"], now=NOW)
    with pytest.raises(TokenRefused):
        service.people.principal(f"Bearer {development}", None, NOW)
    assert "kid" in jwt.get_unverified_header(development)


@pytest.mark.parametrize(
    "settings",
    [
        {"issuer": "https://x"},
        {"audience": "x"},
        {"jwks_url": "https://x/"},
        {**REAL, "jwks_file": Path("x")},
        {**REAL, "jwks_url": None},
        {**REAL, "audience": None},
        {**REAL, "development_issuer": True},
        {**REAL, "jwks_url": "http://login.bank.test/jwks"},
        {**REAL, "jwks_url": "file:///etc/passwd"},
        {**REAL, "jwks_url": "https://"},
    ],
)
def test_half_an_issuer_is_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    """What does not make one issuer with safe keys does not start."""
    with pytest.raises(SettingNotUsable):
        read_settings(home=tmp_path, **settings)


def test_it_is_for_this_machine_alone(tmp_path: Path) -> None:
    """Where other machines can call, the development issuer is refused."""
    serving.refuse_development_beyond_loopback(read_settings(home=tmp_path, development_issuer=True))
    serving.refuse_development_beyond_loopback(read_settings(home=tmp_path, host="0.0.0.0"))  # noqa: S104
    with pytest.raises(SettingNotUsable, match="other machines"):
        serving.refuse_development_beyond_loopback(
            read_settings(home=tmp_path, development_issuer=True, host="0.0.0.0")  # noqa: S104
        )
