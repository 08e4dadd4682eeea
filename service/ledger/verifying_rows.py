"""Whether the rows that change are as the ledger last told of them: none edited, none removed, none slipped in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, select

from service.ledger.before_rows import BEFORE_UPGRADE, ToldBefore
from service.ledger.entry import Kind
from service.ledger.findings import Finding
from service.ledger.rows_told import TOLD_TABLES, RowTold, differences, gone_in, row_told, rows_in
from service.store.schema import LEDGER

ROWS_AT_ONCE = 500
MOST_FINDINGS = 1_000  # that are put in the order of the chain
Key = tuple[str, ...]


class ToldRows:
    """For every row the number of the entry that told of it last: the entries themselves stay where they are."""

    def __init__(self) -> None:
        self._latest: dict[str, dict[Key, int]] = {name: {} for name in TOLD_TABLES}
        self._before = ToldBefore()

    def hear(self, connection: Connection, entry: Any, content: Mapping[str, Any]) -> Iterator[Finding]:  # noqa: ANN401
        """The next entry of the chain. Yields what an upgrade found otherwise than entries before it had told."""
        told = rows_in(content)
        for table, key in gone_in(content) if entry.kind == Kind.PURGE else ():
            self._latest[table].pop(key, None)
        if not told:
            self._before.hear(entry, content)
        for one in told:
            known = self._latest[one.table].get(one.key)
            if entry.kind == Kind.ADOPTED_ROWS and known is not None:
                yield from _found_otherwise(entry, told_at(connection, one.table, [known])[known, one.key], one)
            elif entry.kind == Kind.ADOPTED_ROWS:
                yield from self._before.compare(entry, one)
            self._latest[one.table][one.key] = int(entry.sequence)

    def latest(self, table: str) -> Mapping[Key, int]:
        """The rows of a table that were told of, with the number of the entry that did so last."""
        return self._latest[table]

    def compare(self, connection: Connection) -> Iterator[Finding]:
        """Every difference between entries and rows, in the order of the chain."""
        for table in TOLD_TABLES.values():
            found = islice(self._compare(connection, table), MOST_FINDINGS)
            yield from sorted(found, key=lambda one: one.sequence)

    def _compare(self, connection: Connection, table: Table) -> Iterator[Finding]:
        left = self._latest[table.name]
        last = max(left.values(), default=0)
        for rows in stored_rows(connection, table):
            numbers = {one.key: left.pop(one.key, None) for one in rows}
            told = told_at(connection, table.name, (one for one in numbers.values() if one is not None))
            for one in rows:
                number = numbers[one.key]
                if number is None:
                    yield _finding(last + 1, one, "a row that no entry tells of")
                else:
                    yield from _differing(number, told[number, one.key], one)
        for key, number in left.items():
            yield _finding(number, RowTold(table.name, key, {}), "missing: a row that it tells of")


def stored_rows(connection: Connection, table: Table) -> Iterator[Sequence[RowTold]]:
    """The rows of a table as they are, as the ledger would write them, some at a time."""
    found = connection.execute(select(table), execution_options={"yield_per": ROWS_AT_ONCE})
    for rows in found.mappings().partitions():
        yield [row_told(table, row) for row in rows]


def told_at(connection: Connection, table: str, numbers: Iterable[int]) -> dict[tuple[int, Key], RowTold]:
    """What some entries tell of rows of a table."""
    query = select(LEDGER.c.sequence, LEDGER.c.body).where(LEDGER.c.sequence.in_(sorted(set(numbers))))
    return {
        (int(entry.sequence), one.key): one
        for entry in connection.execute(query)
        for one in rows_in(json.loads(bytes(entry.body))["content"])
        if one.table == table
    }


def _found_otherwise(entry: Any, known: RowTold, found: RowTold) -> Iterator[Finding]:  # noqa: ANN401
    """What of a row that was told of was otherwise when an upgrade told of it again, with columns that are new."""
    for column, expected, stored in differences(known, found):
        yield _finding(int(entry.sequence), found, f"{BEFORE_UPGRADE}: {column}", column, expected, stored)


def _differing(number: int, told: RowTold, stored: RowTold) -> Iterator[Finding]:
    for column, expected, found in differences(told, stored):
        yield _finding(number, stored, f"changed: {column}", column, expected, found)


def _finding(
    number: int,
    row: RowTold,
    what: str,
    column: str | None = None,
    expected: str | None = None,
    found: str | None = None,
) -> Finding:
    key = " ".join(row.key)
    return Finding(number, f"{what} of {row.table}" if column else what, expected, found, key, row.table, key, column)
