"""Whether the triggers by which the database refuses changes are there, as the migrations made them and switched on.

Whoever owns the tables can drop a trigger, edit rows and make it again; while it is gone, or is another one, that is
said. `append_only_guards.json` has what every trigger is after the last step, on each database; a test holds it against
what the steps make.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, text

MISSING, ALTERED, OFF = "missing", "altered", "switched off"
ALWAYS_ON = ("O", "A")  # pg_trigger.tgenabled: fires in sessions that are no replica's, or in every one

_SQLITE = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
# What decides when it fires and what it does, without the words in which a version of PostgreSQL shows a definition.
_POSTGRESQL = """
SELECT t.tgname, c.relname, t.tgenabled::text,
       t.tgtype, t.tgqual IS NULL, t.tgattr::text, t.tgnargs, l.lanname, p.prosrc
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang
WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""


@dataclass(frozen=True)
class Guard:
    """A trigger: what it does as the database tells it, and whether it is switched on."""

    name: str
    table: str
    does: str
    on: bool = True


@dataclass(frozen=True)
class Unguarded:
    """A trigger that is not as the migrations made it. `what`: missing, altered or switched off."""

    what: str
    trigger: str
    table: str
    expected: str | None = None
    found: str | None = None


def unguarded(connection: Connection) -> list[Unguarded]:
    """Every guard that is missing, altered or switched off, by name; empty when the database refuses what it should."""
    found = guards(connection)
    return [*_differing(expected(connection.dialect.name), found)]


def guards(connection: Connection) -> dict[str, Guard]:
    """The triggers that the database has, by name."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text(_SQLITE))
        return {name: Guard(name, table, " ".join(sql.split())) for name, table, sql in rows}
    ordinary = connection.execute(text("SHOW session_replication_role")).scalar_one() != "replica"
    on = ALWAYS_ON if ordinary else ALWAYS_ON[1:]
    return {
        row[0]: Guard(row[0], row[1], " | ".join(" ".join(str(part).split()) for part in row[3:]), row[2] in on)
        for row in connection.execute(text(_POSTGRESQL))
    }


@cache
def expected(dialect: str) -> Mapping[str, Guard]:
    """The triggers that the migrations make."""
    kept = json.loads((files("service.store") / "append_only_guards.json").read_text(encoding="utf-8"))
    return {
        name: Guard(name, table, does) for table, triggers in kept[dialect].items() for name, does in triggers.items()
    }


def _differing(wanted: Mapping[str, Guard], found: Mapping[str, Guard]) -> Iterator[Unguarded]:
    for name, guard in sorted(wanted.items()):
        there = found.get(name)
        if there is None:
            yield Unguarded(MISSING, name, guard.table, guard.does)
        elif (there.table, there.does) != (guard.table, guard.does):
            yield Unguarded(ALTERED, name, guard.table, guard.does, f"on {there.table}: {there.does}")
        elif not there.on:
            yield Unguarded(OFF, name, guard.table)
