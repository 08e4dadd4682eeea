"""The records about models as rows: appended, read in order, never changed; the database itself refuses both."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from service.errors import StoreUnusable
from service.registry.chain import Row
from service.registry.records import Record
from service.store.engine import reason
from service.store.opening import Store
from service.store.schema import MODEL_RECORDS

AlsoKeep = Callable[[Connection, Record], object]


class ModelRecordStore:
    """The table of records. Safe to use from several threads."""

    def __init__(self, store: Store, also_keep: AlsoKeep = lambda *_: None) -> None:
        self._store = store
        self._also_keep = also_keep  # in the same transaction: both are kept or neither

    def rows(self) -> Sequence[Row]:
        """Every row in order of its number."""
        try:
            with self._store.reading() as connection:
                return connection.execute(select(MODEL_RECORDS).order_by(MODEL_RECORDS.c.sequence)).all()
        except SQLAlchemyError as refusal:
            raise self._unreadable(refusal) from None

    def version(self) -> tuple[int, int]:
        """Number of rows and highest number."""
        columns = MODEL_RECORDS.c
        try:
            with self._store.reading() as connection:
                rows, last = connection.execute(
                    select(func.count(), func.max(columns.sequence)).select_from(MODEL_RECORDS)
                ).one()
        except SQLAlchemyError as refusal:
            raise self._unreadable(refusal) from None
        return int(rows), int(last or 0)

    def append(self, record: Record) -> bool:
        """Keep one record; False where its number is taken. When this returns True, it is on the disk."""
        try:
            with self._store.writing() as connection:
                connection.execute(MODEL_RECORDS.insert().values(record.row()))
                self._also_keep(connection, record)
        except IntegrityError:
            return False
        except SQLAlchemyError as refusal:
            raise StoreUnusable(
                "the record could not be kept, so nothing was changed",
                found=reason(refusal),
                advice="check the database, then ask again",
            ) from None
        return True

    def _unreadable(self, refusal: SQLAlchemyError) -> StoreUnusable:
        return StoreUnusable("the records about models cannot be read", where=self._store.shown, found=reason(refusal))
