"""The database keeps the records about models, on both kinds of server: appended, never changed, one writer first."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from service.registry.errors import ChampionChanged, RegistryDamaged
from service.store import Store
from service.store.model_records import ModelRecordStore
from tests.registry_desk import APP, OWN, VAL, approved, desk, gate, promoted, registered

CHANGES = (
    "UPDATE model_records SET content = '{}'",
    "UPDATE model_records SET actor = 'somebody' WHERE sequence = 1",
    "DELETE FROM model_records WHERE sequence = 4",
    "DELETE FROM model_records",
)


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_refuses_to_change_or_remove_a_record(store: Store, tmp_path: Path, statement: str) -> None:
    """Whoever has a SQL prompt is told that the table is append-only, and nothing has happened."""
    registry = desk(tmp_path, ModelRecordStore(store))
    digest = promoted(registry)
    with pytest.raises(DatabaseError, match="append-only"), store.writing() as connection:
        connection.execute(text(statement))
    assert desk(tmp_path, ModelRecordStore(store)).champion() == digest


def test_a_record_is_not_replaced_either(store: Store, tmp_path: Path) -> None:
    """The ways around a DELETE trigger: INSERT OR REPLACE on SQLite, TRUNCATE on PostgreSQL."""
    registry = desk(tmp_path, ModelRecordStore(store))
    promoted(registry)
    statement = (
        "INSERT OR REPLACE INTO model_records SELECT * FROM model_records WHERE sequence = 1"
        if store.sqlite
        else "TRUNCATE model_records"
    )
    with pytest.raises(DatabaseError, match="append-only"), store.writing() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("at", [99, 0])
def test_a_row_inserted_by_hand_promotes_nothing(store: Store, tmp_path: Path, at: int) -> None:
    """A promotion of a model that failed a gate, written with SQL: the champion stays, and the row is reported."""
    registry = desk(tmp_path, ModelRecordStore(store))
    champion = promoted(registry)
    bad = registered(registry, seed=1, gates=[gate("calibration", passed=False)])
    registry.validate(bad, by=VAL)
    with store.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO model_records SELECT :at, kind, :bad, actor, identified_by, at, content, digest, digest, "
                "seal FROM model_records WHERE kind = 'model_promoted'"
            ),
            {"bad": bad, "at": at},
        )
    standing = registry.standing()
    assert standing.champion() == champion
    assert standing.refused[-1].model == bad
    registry.approve(champion, by=APP)  # work goes on
    assert registry.standing().records == 7


def test_what_the_triggers_would_have_refused_is_noticed(store: Store, tmp_path: Path) -> None:
    """An administrator who drops the triggers can edit; then nothing is in force."""
    registry = desk(tmp_path, ModelRecordStore(store))
    promoted(registry)
    drop = (
        "DROP TRIGGER model_records_no_update"
        if store.sqlite
        else "DROP TRIGGER model_records_no_change ON model_records"
    )
    with store.writing() as connection:
        connection.execute(text(drop))
        connection.execute(text("UPDATE model_records SET actor = 'val' WHERE kind = 'model_registered'"))
    with pytest.raises(RegistryDamaged, match="was changed"):
        desk(tmp_path, ModelRecordStore(store)).standing()


def test_of_two_promotions_at_once_one_wins(store: Store, tmp_path: Path) -> None:
    """Eight people press at the same moment with eight models: one champion, seven are told that it changed."""
    registry = desk(tmp_path, ModelRecordStore(store))
    first = promoted(registry)
    digests = [approved(registry, seed=number) for number in range(1, 9)]
    gate = threading.Barrier(len(digests))
    ended: dict[str, str] = {}

    def press(digest: str) -> None:
        own = desk(tmp_path, ModelRecordStore(store))
        gate.wait()
        try:
            own.promote(digest, by=OWN, reason="mine", replaces=first)
            ended[digest] = "won"
        except ChampionChanged:
            ended[digest] = "told"

    threads = [threading.Thread(target=press, args=(digest,)) for digest in digests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended.values()) == ["told"] * 7 + ["won"]
    assert ended[str(registry.champion())] == "won"
    assert registry.standing().refused == []


def test_many_at_once_lose_no_record(store: Store, tmp_path: Path) -> None:
    """Records that do not stand in each other's way are all kept, in one chain."""
    registry = desk(tmp_path, ModelRecordStore(store))
    digest = registered(registry)
    gate = threading.Barrier(6)

    def validate() -> None:
        own = desk(tmp_path, ModelRecordStore(store))
        gate.wait()
        for _ in range(5):
            own.validate(digest, by=VAL)

    threads = [threading.Thread(target=validate) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    standing = registry.standing()
    assert len(standing.model(digest).validations) == 30
    assert standing.records == 31
