"""An API key that somebody edited in the database lets nobody in; on both databases."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, select, update

from service.api import create_app
from service.bootstrap import build
from service.errors import RowNotAsTold
from service.people.keys import COMPARED_FOR, ApiKeys, digest_of
from service.settings import read_settings
from service.store import Store
from service.store.schema import API_KEYS, LEDGER
from tests.service.people.issuers import NOW
from tests.service.people.test_keys import DAY, asked


def edit(store: Store, **values: Any) -> dict[str, Any]:
    """Edit every key; gives one row of before."""
    with store.writing() as connection:
        before = dict(connection.execute(select(API_KEYS)).mappings().one())
        connection.execute(update(API_KEYS).values(values))
    return before


@pytest.mark.parametrize(
    "values",
    [
        {"roles": json.dumps(["service", "risk"])},
        {"roles": "everything"},
        {"routes": "[]"},
        {"branches": json.dumps(["*"])},
        {"expires_at": "2999-01-01T00:00:00.000000+00:00"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_an_edited_key_lets_nobody_in(store: Store, values: dict[str, Any]) -> None:
    """At once, also where it was let in a moment before; put back, it is a key again."""
    keys = ApiKeys(store)
    kept, secret = keys.create(asked(routes=["POST /v1/assessments"]), NOW)
    assert keys.principal(secret, NOW).branches == {"hangzhou"}
    before = edit(store, **values)
    for asking in (keys, ApiKeys(store)):
        with pytest.raises(RowNotAsTold, match=f"{kept.id}: its {next(iter(values))} is another"):
            asking.principal(secret, NOW)
    edit(store, **before)
    assert keys.principal(secret, NOW).branches == {"hangzhou"}


def test_a_revocation_cannot_be_taken_back(store: Store) -> None:
    """By an edit: the row is then as it was let in with, so it is compared again within a minute."""
    keys = ApiKeys(store)
    kept, secret = keys.create(asked(), NOW)
    keys.principal(secret, NOW)
    ApiKeys(store).revoke(kept.id, NOW)
    edit(store, revoked_at=None)
    for asking, moment in ((ApiKeys(store), NOW), (keys, NOW + COMPARED_FOR)):
        with pytest.raises(RowNotAsTold, match="revoked_at"):
            asking.principal(secret, moment)


def test_a_key_that_was_slipped_in_lets_nobody_in(store: Store) -> None:
    """No entry of the ledger tells of it."""
    keys = ApiKeys(store)
    _, secret = keys.create(asked(), NOW)
    row = edit(store, name="nightly")
    slipped = "alk_" + "0" * 12 + "_" + secret.split("_", 2)[2]
    with store.writing() as connection:
        connection.execute(API_KEYS.insert().values({**row, "id": "0" * 12, "digest": digest_of(slipped)}))
    with pytest.raises(RowNotAsTold, match="no entry"):
        keys.principal(slipped, NOW)


def test_a_sound_key_is_compared_once_a_minute(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison costs a query of the ledger, so not every request pays it."""
    keys = ApiKeys(store)
    _, secret = keys.create(asked(), NOW)
    compared = []
    monkeypatch.setattr("service.people.keys.require_as_told", lambda *_: compared.append(1))
    for second in range(0, 180, 10):
        keys.principal(secret, NOW + timedelta(seconds=second))
    assert len(compared) == 3


def test_the_api_says_so_loudly(home: Path, database_url: str) -> None:
    """503 to the caller, a count for those who watch, and readiness names how many there are."""
    service = build(read_settings(home=home, database_url=database_url))
    client = TestClient(create_app(service))
    _, secret = service.api_keys.create(asked(lifetime=DAY), service.clock())
    assert client.get("/v1/me", headers={"X-API-Key": secret}).status_code == 200
    sound = client.get("/readyz").json()["checks"]["store"]["not_as_told"]
    assert sound == {"api_keys": 0, "event_subscriptions": 0}
    edit(service.store, roles=json.dumps(["service", "risk"]))
    answer = client.get("/v1/me", headers={"X-API-Key": secret})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:assetlight:problem:row-not-as-told")
    assert b'assetlight_not_as_told_total{table="api_keys"} 1.0' in service.metrics.text()
    assert client.get("/readyz").json()["checks"]["store"]["not_as_told"]["api_keys"] == 1
    with service.store.writing() as connection:
        connection.execute(delete(API_KEYS))
        assert connection.execute(select(LEDGER.c.kind)).scalars().all() == ["api_key"]
    assert service.access_not_as_told()[0][0] == "api_keys"
    service.close()
