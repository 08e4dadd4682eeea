"""From rows of the database to records that can be trusted: digests, seals and links, checked one after the other.

Two findings, told apart. A row without a valid seal was not written by this service: it has no effect, is reported, and
the records after it link past it. A sealed record that was changed or is missing is damage: then what is in force can
no longer be derived, and nothing is.
"""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import ValidationError

from service.registry.errors import RegistryDamaged
from service.registry.records import CONTENT, FIRST, Kind, Record, seal_of

ADVICE = (
    "`assetlight models verify` names every record that is missing or was changed; then restore the database from a "
    "backup made before"
)


class Row(Protocol):
    """A row of the table of records, as text."""

    sequence: int
    kind: str
    model: str
    actor: str
    identified_by: str
    at: str
    content: str
    previous: str
    digest: str
    seal: str


@dataclass(frozen=True)
class Refused:
    """A row that has no effect or was damaged, and why. `sequence` is 0 where there is no row any more."""

    sequence: int
    kind: str
    model: str
    reason: str

    def as_dict(self) -> dict[str, object]:
        """For a machine."""
        return {"sequence": self.sequence, "kind": self.kind, "model": self.model, "reason": self.reason}


@dataclass(frozen=True)
class Mark:
    """The highest record that this data directory has seen: a database that ends before it has lost records."""

    sequence: int
    digest: str


@dataclass(frozen=True)
class Chain:
    """The records that are ours, in order, and the rows that are not. `last`: the highest number in the table."""

    records: tuple[Record, ...]
    refused: tuple[Refused, ...]
    last: int

    @property
    def head(self) -> str:
        """Digest of the last record."""
        return self.records[-1].digest if self.records else FIRST


def read_chain(rows: Sequence[Row], key: bytes, mark: Mark | None = None) -> Chain:
    """The records of the rows in order of their number. Raises RegistryDamaged."""
    records: list[Record] = []
    refused: list[Refused] = []
    last = 0
    times = Counter(row.digest for row in rows)
    for row in rows:
        last = max(last, row.sequence)
        if not hmac.compare_digest(seal_of(str(row.digest), key).encode(), str(row.seal).encode()):
            reason = "the row bears no seal of this service: it was written into the database by other means"
            refused.append(Refused(row.sequence, row.kind, row.model, reason))
            continue
        try:
            record = _record(row)
        except RegistryDamaged:
            if times[row.digest] == 1:
                raise
            reason = "the row bears the seal of another record: it was copied into the database by other means"
            refused.append(Refused(row.sequence, row.kind, row.model, reason))
            continue
        previous = records[-1].digest if records else FIRST
        if record.previous != previous:
            raise RegistryDamaged(
                f"a record before number {record.sequence} of the registry is missing or was changed",
                expected=f"a link to {previous[:12] or 'nothing'}",
                found=record.previous[:12],
                advice=ADVICE,
            )
        records.append(record)
    _check_mark(records, mark)
    return Chain(tuple(records), tuple(refused), last)


def damage_of(rows: Sequence[Row], key: bytes, mark: Mark | None) -> tuple[Refused, ...]:
    """Every sealed record that was changed, every gap before one, and the records cut off the end. Nothing is raised.

    Rows without a valid seal are no damage: they have no effect, and `read_chain` names them.
    """
    found: list[Refused] = []
    ours: list[Row] = []
    times = Counter(row.digest for row in rows)
    for row in rows:
        if not hmac.compare_digest(seal_of(str(row.digest), key).encode(), str(row.seal).encode()):
            continue
        try:
            record = _record(row)
        except RegistryDamaged as error:
            if times[row.digest] == 1:
                found.append(_damage(row, f"changed: {error.found}"))
                ours.append(row)
            continue
        previous = str(ours[-1].digest) if ours else FIRST
        if record.previous != previous:
            found.append(_damage(row, "the record before it is missing, or its order was changed"))
        ours.append(row)
    if mark is not None and all(row.digest != mark.digest for row in ours):
        reason = f"record {mark.sequence} ({mark.digest[:12]}) was seen by this data directory and is gone"
        found.append(Refused(0, "", "", f"{reason}; {len(ours)} records are left"))
    return tuple(found)


def _damage(row: Row, reason: str) -> Refused:
    return Refused(row.sequence, row.kind, row.model, reason)


def _record(row: Row) -> Record:
    try:
        kind = Kind(row.kind)
        record = Record(
            sequence=row.sequence,
            kind=kind,
            model=row.model,
            actor=row.actor,
            identified_by=row.identified_by,
            at=datetime.fromisoformat(row.at),
            content=CONTENT[kind].model_validate(json.loads(row.content)),
            previous=row.previous,
            digest=row.digest,
            seal=row.seal,
        )
    except (ValueError, ValidationError) as error:
        raise _changed(row, str(error).splitlines()[0]) from None
    if record.own_digest() != row.digest:
        raise _changed(row, "its digest is another")
    return record


def _changed(row: Row, found: str) -> RegistryDamaged:
    return RegistryDamaged(f"record {row.sequence} of the registry was changed", found=found, advice=ADVICE)


def _check_mark(records: Sequence[Record], mark: Mark | None) -> None:
    if mark is not None and all(record.digest != mark.digest for record in records):
        raise RegistryDamaged(
            "the registry has lost records that this data directory has seen",
            expected=f"record {mark.sequence}, {mark.digest[:12]}",
            found=f"{len(records)} records",
            advice=ADVICE,
        )
