"""What a row written, edited or deleted by hand in the database is worth."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from models.bundle import REGISTRY_MARK
from service.registry.errors import ChampionChanged, RegistryDamaged, RegistryKeyNotUsable
from service.registry.keys import KEY_FILE, make_key
from service.registry.records import ALL, Approved, Gate, Kind, Promoted, Record, Role, Validated
from service.registry.registry import Registry
from tests.registry_desk import APP, DEV, KEY, OWN, VAL, MemoryStore, desk, gate, promoted, registered, row_of


def forged(registry: Registry, store: MemoryStore, **more: object) -> Record:
    """A promotion of a model that failed a gate, linked to the last record with a digest that is right."""
    last = store.kept[-1]
    content = more.pop("content", None) or Promoted(
        role=Role.CHAMPION, scope=ALL, replaces=registry.champion(), requester="own", reason="by hand"
    )
    facts = {
        "sequence": last.sequence + 1,
        "kind": Kind.PROMOTED,
        "actor": "own",
        "identified_by": "command line",
        "at": datetime.fromisoformat(last.at) + timedelta(seconds=1),
        "previous": last.digest,
        **more,
    }
    record = Record.model_validate({**facts, "content": content})
    return record.model_copy(update={"digest": record.own_digest()})


@pytest.fixture
def store() -> MemoryStore:
    """An empty table."""
    return MemoryStore()


@pytest.fixture
def registry(tmp_path: Path, store: MemoryStore) -> Registry:
    """A registry with a champion and a model that failed a gate."""
    made = desk(tmp_path, store)
    promoted(made)
    bad = registered(made, seed=1, gates=[gate("discrimination", passed=False)])
    made.validate(bad, by=VAL)
    return made


@pytest.mark.parametrize("seal", ["", "0" * 64, "印"])
def test_a_row_without_seal_is_no_promotion(registry: Registry, store: MemoryStore, seal: str) -> None:
    """A promotion inserted into the database has no effect and is reported; the next record links past it."""
    champion, bad = registry.champion(), store.kept[-1].model
    store.kept.append(replace(row_of(forged(registry, store, model=bad)), seal=seal))
    standing = registry.standing()
    assert standing.champion() == champion
    (refused,) = standing.refused
    assert "no seal" in refused.reason
    assert refused.model == bad
    later = registered(registry, seed=2)
    assert later in registry.standing().models
    assert registry.standing().champion() == champion


def test_even_with_the_key_a_failed_gate_is_not_promoted(registry: Registry, store: MemoryStore) -> None:
    """Digest, link and seal are right, and the rules still say no, with the gate's name."""
    champion, bad = registry.champion(), store.kept[-1].model
    store.append(forged(registry, store, model=bad).sealed(KEY.encode()))
    standing = registry.standing()
    assert standing.champion() == champion
    assert "discrimination" in standing.refused[0].reason


@pytest.mark.parametrize("skipped", ["validation", "approval", "second person"])
def test_a_sealed_row_that_skips_a_step_is_refused(tmp_path: Path, store: MemoryStore, skipped: str) -> None:
    """Promotions that no validation, no approval, or no second person stands behind."""
    registry = desk(tmp_path, store)
    digest = registered(registry)
    if skipped != "validation":
        registry.validate(digest, by=VAL)
    if skipped == "second person":
        registry.approve(digest, by=OWN)
    store.append(forged(registry, store, model=digest).sealed(KEY.encode()))
    standing = registry.standing()
    assert standing.champion() is None
    assert not standing.governs
    words = {"validation": "not been validated", "approval": "nobody has approved", "second person": "two people"}
    assert words[skipped] in standing.refused[0].reason


def test_sealed_validation_and_approval_of_one_person_are_refused(tmp_path: Path, store: MemoryStore) -> None:
    """Four eyes hold over the records, not only at the door."""
    registry = desk(tmp_path, store)
    digest = registered(registry)
    by_developer = Validated(report_sha256="0" * 64, gates=(Gate(name="a", passed=True),))
    row = {"model": digest, "actor": "dev", "kind": Kind.VALIDATED}
    store.append(forged(registry, store, content=by_developer, **row).sealed(KEY.encode()))
    assert "must not be its developer" in registry.standing().refused[0].reason
    registry.validate(digest, by=VAL)
    own = Approved(validation=store.kept[-1].digest)
    row = {"model": digest, "actor": "val", "kind": Kind.APPROVED}
    store.append(forged(registry, store, content=own, **row).sealed(KEY.encode()))
    assert "must not be its validator" in registry.standing().refused[1].reason


EDITS = {
    "gate": lambda row: replace(row, content=row.content.replace('"passed":false', '"passed":true')),
    "actor": lambda row: replace(row, actor="somebody"),
    "time": lambda row: replace(row, at=row.at.replace("2026", "2025")),
    "model": lambda row: replace(row, model="0" * 64),
    "extra field": lambda row: replace(row, content=json.dumps({**json.loads(row.content), "more": 1})),
    "not JSON": lambda row: replace(row, content="{"),
    "kind": lambda row: replace(row, kind="model_promoted"),
    "unknown kind": lambda row: replace(row, kind="model_blessed"),
}


@pytest.mark.parametrize(
    ("edit", "place"), [*((edit, place) for edit in EDITS if edit != "gate" for place in (0, 1, -1)), ("gate", -1)]
)
def test_an_edited_record_stops_everything(registry: Registry, store: MemoryStore, edit: str, place: int) -> None:
    """A sealed record that says something else than it did: nothing is in force until it is restored."""
    model, edited = store.kept[-1].model, EDITS[edit](store.kept[place])
    assert edited != store.kept[place]
    store.kept[place] = edited
    fresh = desk(registry.home, store)
    with pytest.raises(RegistryDamaged, match="was changed"):
        fresh.standing()
    with pytest.raises(RegistryDamaged, match="was changed"):
        fresh.register(registry.home / "bundles" / model[:12], developer="dev", by=DEV)
    assert [one.sequence for one in fresh.damage()] == [edited.sequence]


@pytest.mark.parametrize("place", range(5))
def test_a_deleted_record_stops_everything(registry: Registry, store: MemoryStore, place: int) -> None:
    """Missing in the middle breaks a link; missing at the end is behind the mark of the data directory."""
    del store.kept[place]
    last = store.kept[-1].sequence
    with pytest.raises(RegistryDamaged, match=r"missing|lost"):
        registry.standing()
    (found,) = registry.damage()
    assert found.sequence == (place + 2 if place + 1 <= last else 0)


def test_an_emptied_database_is_not_a_fresh_laptop(registry: Registry, store: MemoryStore) -> None:
    """Where a model was promoted once, an empty table is damage, not development mode."""
    store.kept.clear()
    with pytest.raises(RegistryDamaged, match="lost all its records"):
        registry.standing()
    assert ["is gone" in one.reason for one in registry.damage()] == [True]
    (registry.home / REGISTRY_MARK).write_text("{")
    with pytest.raises(RegistryDamaged, match="mark"):
        registry.standing()


def test_a_row_sealed_under_another_key_is_foreign(registry: Registry, store: MemoryStore, tmp_path: Path) -> None:
    """With a wrong key none of the records is ours: the registry stops rather than starting anew."""
    with pytest.raises(RegistryDamaged, match="lost records"):
        desk(tmp_path, store, key="another key of sufficient length").standing()
    with pytest.raises(RegistryKeyNotUsable, match="too short"):
        desk(tmp_path, store, key="short").standing()
    with pytest.raises(RegistryKeyNotUsable, match="gone"):
        desk(tmp_path, store, key=None).standing()
    assert registry.champion()


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path, store: MemoryStore) -> None:
    """Without a given key the first record makes one, 0600, and the next ones use it."""
    registry = desk(tmp_path, store, key=None)
    promoted(registry)
    path = tmp_path / KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert make_key(tmp_path) == path.read_bytes()
    assert desk(tmp_path, store, key=None).champion() == registry.champion()


def test_a_stale_view_of_the_champion_is_refused_when_replayed(registry: Registry, store: MemoryStore) -> None:
    """A sealed record that replaces another champion than the one in force has no effect."""
    stale = Promoted(role=Role.CHAMPION, scope=ALL, replaces=None, requester="own", reason="late")
    good = registered(registry, seed=2)
    registry.validate(good, by=VAL)
    registry.approve(good, by=APP)
    store.append(forged(registry, store, model=good, content=stale).sealed(KEY.encode()))
    assert "no longer the one to replace" in registry.standing().refused[0].reason
    with pytest.raises(ChampionChanged):
        registry.promote(good, by=OWN, reason="late", replaces=None)


def test_nothing_is_damaged_where_nothing_was_touched(registry: Registry, store: MemoryStore) -> None:
    """Whole records, also beside a row that is none of ours."""
    assert registry.damage() == ()
    store.kept.append(replace(store.kept[-1], sequence=99, seal="0" * 64))
    assert registry.damage() == ()
