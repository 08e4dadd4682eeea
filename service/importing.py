"""Import: files become stored records, all files or none, and every row is accounted for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

import pyarrow as pa

from models.errors import AssetlightError
from models.lake import Lake, Writing
from models.records import KINDS
from models.records.kind import RecordKind
from models.records.origin import usable_origin
from models.sheets import Sheet, read_sheets
from models.sheets.read import first_bytes, refuse_other_formats
from models.tables import Accepted, ColumnMap, accept, concatenated, rank_of, recognise
from service.quarantine_file import write_quarantine

DEFAULT_ORIGIN = "bank"
ROWS_IN_MEMORY = 1_000_000  # accepted rows of one sheet that wait before they are written


Advance: TypeAlias = Callable[[Path, int], None]  # told the file and how many more of its rows have been read


class KindUnknown(AssetlightError):
    """A kind of record asked for by name does not exist."""


class NoFiles(AssetlightError):
    """An import was asked for without a file."""


@dataclass(frozen=True)
class ImportOptions:
    """What is said about the files. `received_on`: the bank's day of the import.

    `known_at`: when the bank learned the rows, for rows without such a column; None: the day each happened.
    """

    received_on: date
    known_at: datetime | None = None
    origin: str | None = None
    kind: str | None = None
    sheet: str | None = None
    enterprise: str | None = None


@dataclass(frozen=True)
class SheetOutcome:
    """What became of the rows of one sheet: accepted + duplicates + quarantined = read."""

    file: str
    sheet: str | None
    kind: str
    origin: str
    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    corrections: int = 0
    assumed_known: int = 0
    ignored_columns: tuple[str, ...] = ()
    header_row: int = 1


@dataclass(frozen=True)
class ImportOutcome:
    """What an import did. `quarantine`: the file with the rows that were not accepted, if there are any."""

    sheets: tuple[SheetOutcome, ...]
    quarantine: Path | None
    seconds: float

    def total(self, name: str) -> int:
        """The sum of one count over all sheets."""
        return sum(int(getattr(sheet, name)) for sheet in self.sheets)

    def as_dict(self) -> dict[str, Any]:
        """The same facts for a machine."""
        counts = ("read", "accepted", "duplicates", "quarantined", "corrections", "assumed_known")
        return {
            "sheets": [asdict(sheet) for sheet in self.sheets],
            **{name: self.total(name) for name in counts},
            "quarantine": None if self.quarantine is None else str(self.quarantine),
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.total("read") / self.seconds) if self.seconds else None,
        }


def import_files(
    home: Path,
    files: Sequence[Path],
    options: ImportOptions,
    progress: Advance | None = None,
    lake: Lake | None = None,
) -> ImportOutcome:
    """Store the records of all files, or of none: the first unusable file or sheet stops the import."""
    started = perf_counter()
    if not files:
        raise NoFiles("no file to import", advice="Name at least one: assetlight import FILE...")
    kinds = chosen_kinds(options.kind)
    if options.origin is not None:
        usable_origin(options.origin, field="--origin")
    for file in files:
        refuse_other_formats(file, first_bytes(file))
    sheets: list[SheetOutcome] = []
    quarantined: list[pa.Table] = []
    with (lake or Lake(home)).writing() as writing:
        for file in files:
            intake = Intake(writing, kinds, options)
            for piece in read_sheets(file, sheet=options.sheet, rank=rank_of(kinds, intake.constants())):
                intake.take(piece)
                if progress is not None:
                    progress(file, len(piece) + len(piece.ragged))
            intake.finish_sheet()
            sheets += intake.sheets
            quarantined += intake.quarantined
        path = write_quarantine(home / "quarantine", files[0].name.split(".")[0], quarantined)
    return ImportOutcome(tuple(sheets), path, perf_counter() - started)


def chosen_kinds(name: str | None) -> Sequence[RecordKind]:
    """The kinds a sheet may be of."""
    if name is None:
        return tuple(KINDS.values())
    if name not in KINDS:
        raise KindUnknown("no such kind of record", expected=", ".join(KINDS), found=name, field="kind")
    return (KINDS[name],)


class Intake:
    """The sheets of one file on their way into the lake."""

    def __init__(self, writing: Writing, kinds: Sequence[RecordKind], options: ImportOptions) -> None:
        self.writing = writing
        self.kinds = kinds
        self.options = options
        self.sheets: list[SheetOutcome] = []
        self.quarantined: list[pa.Table] = []
        self._columns: ColumnMap | None = None
        self._current: SheetOutcome | None = None
        self._waiting: list[pa.Table] = []

    def take(self, piece: Sheet) -> None:
        """Check one piece of a sheet and keep its accepted rows."""
        if self._current is None or self._columns is None or self._current.sheet != piece.name:
            self.finish_sheet()
            self._columns = recognise(piece.headers, self.kinds, piece.where, self.constants())
            self._current = SheetOutcome(
                piece.file,
                piece.name,
                self._columns.kind.name,
                self._origin(piece),
                ignored_columns=self._columns.ignored,
                header_row=piece.header_row,
            )
        taken = accept(
            piece,
            self._columns,
            received_on=self.options.received_on,
            known_at=self.options.known_at,
            origin=self._current.origin,
        )
        self._count(taken)
        self.quarantined.append(taken.quarantined)
        self._waiting.append(taken.rows)
        if sum(len(rows) for rows in self._waiting) >= ROWS_IN_MEMORY:
            self._store()

    def finish_sheet(self) -> None:
        """Write what waits and close the account of the present sheet."""
        self._store()
        if self._current is not None:
            self.sheets.append(self._current)
        self._current = None

    def _origin(self, piece: Sheet) -> str:
        """What was said of all files, else what the file says of itself. Raises OriginNotUsable."""
        if self.options.origin is not None:
            return usable_origin(self.options.origin, field="--origin")
        return usable_origin(piece.origin, where=piece.where) if piece.origin else DEFAULT_ORIGIN

    def constants(self) -> Mapping[str, str]:
        """Fields that were said once for all rows."""
        return {} if self.options.enterprise is None else {"enterprise_id": self.options.enterprise}

    def _count(self, taken: Accepted) -> None:
        if self._current is not None:
            now = self._current
            self._current = replace(
                now,
                read=now.read + taken.read,
                duplicates=now.duplicates + taken.duplicates,
                quarantined=now.quarantined + len(taken.quarantined),
                assumed_known=now.assumed_known + taken.assumed_known,
            )

    def _store(self) -> None:
        if self._current is None or self._columns is None or not self._waiting:
            return
        kind = self._columns.kind
        receipt = self.writing.append(kind, concatenated(kind, self._waiting))
        self._waiting = []
        now = self._current
        self._current = replace(
            now,
            accepted=now.accepted + receipt.added,
            duplicates=now.duplicates + receipt.duplicates,
            corrections=now.corrections + receipt.corrections,
        )
