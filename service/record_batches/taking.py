"""A batch is taken: its pieces are checked, its sound rows merged into the lake in one change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from models.errors import AssetlightError
from models.lake import AppendReceipt, Lake, Writing
from models.records.kind import RecordKind
from models.sheets import Sheet
from models.tables import BANK_ZONE, accept, concatenated, map_columns, wire_fields
from models.tables.quarantine import CELL_PREFIX, QUARANTINE_COLUMNS, WHOLE_ROW
from service.deadline import claim
from service.quarantine_file import QuarantineFile
from service.record_batches.account import MOST_NAMED, BatchAccount, BatchRefused, refused_row
from service.record_batches.received import ReceivedKeys

ROWS_IN_MEMORY = 250_000  # accepted rows that wait before they are written


class BatchTooLong(AssetlightError):
    """A batch has more rows than one request may bring."""


class BatchEmpty(AssetlightError):
    """A batch without a row: more likely a mistake of the sender than a wish."""


@dataclass(frozen=True)
class Batch:
    """What is said about posted rows. `received_at`: when the bank learned every row that does not say it itself."""

    kind: RecordKind
    received_at: datetime
    origin: str = "bank"
    all_or_nothing: bool = False


@dataclass(frozen=True)
class Batches:
    """Takes batches, any number of threads at once: the lake lets one write at a time."""

    lake: Lake
    quarantine: Path
    keys: ReceivedKeys
    most_rows: int

    def take(self, batch: Batch, pieces: Iterator[Sheet]) -> BatchAccount:
        """Store the sound rows of all pieces in one change, or none.

        Raises BatchRefused, BatchEmpty, BatchTooLong, LakeBusy, and what reading the pieces raises.
        """
        columns = [*QUARANTINE_COLUMNS, *(f"{CELL_PREFIX}{key}" for key in wire_fields(batch.kind)), WHOLE_ROW]
        with ExitStack() as stack:
            kept = stack.enter_context(QuarantineFile(self.quarantine, f"post-{batch.kind.name}", columns))
            intake = Taking(batch, self.lake, kept, stack)
            for piece in pieces:
                intake.take(piece)
                if intake.received > self.most_rows:
                    raise BatchTooLong(
                        "the batch has too many rows",
                        field="rows",
                        expected=f"at most {self.most_rows} rows",
                        found=f"more than {self.most_rows}",
                        advice="Divide it, or import it as a file with assetlight import",
                    )
            if not intake.received:
                raise BatchEmpty("the batch has no rows", field="rows", expected="at least one row")
            refused = intake.quarantined == intake.received or (batch.all_or_nothing and intake.quarantined > 0)
            if not refused:
                intake.store()
                claim()  # it is committed when this block ends
            path = kept.keep()
            account = intake.account(None if path is None else path.stem, stored=not refused)
            if refused:
                raise BatchRefused(account)
        return account


class Taking:
    """One batch on its way. The writer's lock is taken with the first rows that are written, not while reading."""

    def __init__(self, batch: Batch, lake: Lake, kept: QuarantineFile, stack: ExitStack) -> None:
        self.batch = batch
        self.received = self.quarantined = 0
        self._lake = lake
        self._kept = kept
        self._stack = stack
        self._columns = map_columns(list(wire_fields(batch.kind)), batch.kind)
        self._refused: list[dict[str, Any]] = []
        self._receipt = AppendReceipt(0, 0, 0)
        self._waiting: list[pa.Table] = []
        self._writing: Writing | None = None

    def take(self, piece: Sheet) -> None:
        """Check one piece and keep its sound rows."""
        moment = self.batch.received_at
        taken = accept(
            piece,
            self._columns,
            received_on=moment.astimezone(BANK_ZONE).date(),
            received_at=moment,
            known_at=moment,
            origin=self.batch.origin,
        )
        self.received += taken.read
        self.quarantined += len(taken.quarantined)
        self._kept.add(taken.quarantined)
        for line in taken.quarantined.slice(0, MOST_NAMED - len(self._refused)).to_pylist():
            self._refused.append(refused_row(self.batch.kind, line))
        self._waiting.append(taken.rows)
        refused = self.batch.all_or_nothing and self.quarantined
        if refused:
            self._waiting.clear()
        elif sum(map(len, self._waiting)) >= ROWS_IN_MEMORY:
            self.store()

    def store(self) -> None:
        """Merge what waits into the change."""
        rows = concatenated(self.batch.kind, self._waiting)
        self._waiting = []
        if len(rows):
            if self._writing is None:
                self._writing = self._stack.enter_context(self._lake.writing())
            self._receipt += self._writing.append(self.batch.kind, rows)

    def account(self, quarantine: str | None, *, stored: bool) -> BatchAccount:
        """What became of the rows."""
        sound = self.received - self.quarantined
        return BatchAccount(
            self.batch.kind,
            self.batch.received_at,
            received=self.received,
            accepted=self._receipt.added if stored else 0,
            duplicates=sound - self._receipt.added if stored else 0,
            quarantined=self.quarantined,
            corrections=self._receipt.corrections if stored else 0,
            withheld=0 if stored else sound,
            refused=tuple(self._refused),
            quarantine=quarantine,
            stored=stored,
        )
