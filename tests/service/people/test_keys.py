"""API keys: shown once, kept as a digest, scoped, expiring, revocable; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from service.people import Role
from service.people.errors import KeyNotFound, KeyNotPossible, KeyRefused
from service.people.keys import TEXT, ApiKeys, KeyAsked
from service.store import Store
from tests.service.people.issuers import NOW

DAY = timedelta(days=1)


def asked(**changed: Any) -> KeyAsked:
    given: dict[str, Any] = {"name": "nightly", "roles": [Role.SERVICE], "lifetime": DAY, "branches": ["hangzhou"]}
    return KeyAsked(**{**given, **changed})


def test_a_key_is_somebody_until_it_expires(store: Store) -> None:
    """Roles, routes and branches are those it was made with; at its last moment it is over."""
    keys = ApiKeys(store)
    kept, secret = keys.create(asked(routes=["POST /v1/assessments"], parks=["p1"]), NOW)
    who = keys.principal(secret, NOW + DAY - timedelta(seconds=1))
    assert (who.subject, who.name, who.kind) == (f"key:{kept.id}", "nightly", "key")
    assert who.roles == {Role.SERVICE}
    assert (who.branches, who.parks, who.routes) == ({"hangzhou"}, {"p1"}, {"POST /v1/assessments"})
    with pytest.raises(KeyRefused, match="expired"):
        keys.principal(secret, NOW + DAY)


def test_the_key_itself_is_kept_nowhere(store: Store) -> None:
    """A copy of the table opens nothing: only the digest of 256 random bits is in it."""
    _, secret = ApiKeys(store).create(asked(), NOW)
    assert TEXT.fullmatch(secret)
    with store.reading() as connection:
        rows = [str(value) for row in connection.execute(text("SELECT * FROM api_keys")) for value in row]
    random_part = secret.split("_", 2)[2]
    assert len(random_part) == 43
    assert not any(random_part in value for value in rows)


def test_a_wrong_secret_and_an_unknown_id_are_told_alike(store: Store) -> None:
    """Nobody learns which ids there are."""
    keys = ApiKeys(store)
    kept, secret = keys.create(asked(), NOW)
    wrong = secret[:-4] + ("AAAA" if not secret.endswith("AAAA") else "BBBB")
    told = set()
    for other in (wrong, secret.replace(kept.id, "0" * 12), secret + "x", "", "alk_", "x' OR '1'='1"):
        with pytest.raises(KeyRefused) as refused:
            keys.principal(other, NOW)
        told.add(str(refused.value))
    assert len(told) == 1


def test_a_revoked_key_opens_nothing_from_that_moment(store: Store) -> None:
    """Revoking twice keeps the first moment; an unknown id is said."""
    keys = ApiKeys(store)
    kept, secret = keys.create(asked(), NOW)
    assert keys.revoke(kept.id, NOW).revoked_at == NOW
    assert keys.revoke(kept.id, NOW + DAY).revoked_at == NOW
    with pytest.raises(KeyRefused, match="revoked"):
        keys.principal(secret, NOW)
    assert [one.state(NOW) for one in keys.every()] == ["revoked"]
    with pytest.raises(KeyNotFound, match="no API key"):
        keys.revoke("nothing", NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"roles": [Role.APPROVER]},
        {"roles": [Role.SERVICE, Role.RISK]},
        {"roles": [Role.MODEL_OWNER]},
        {"roles": []},
        {"lifetime": timedelta()},
        {"lifetime": timedelta(days=400)},
        {"routes": ["everything"]},
        {"routes": ["POST v1"]},
    ],
)
def test_a_key_that_decides_or_never_ends_is_not_made(store: Store, changed: dict[str, Any]) -> None:
    """Only a person decides; every key has an end and routes that can be."""
    with pytest.raises(KeyNotPossible):
        ApiKeys(store).create(asked(**changed), NOW)
    assert ApiKeys(store).every() == []
