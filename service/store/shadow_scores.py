"""What challengers would have decided, beside the assessments: appended, and read as columns for a comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from models.tables import BANK_ZONE
from service.errors import StoreUnusable
from service.store.assessments import Assessment
from service.store.engine import reason
from service.store.opening import Store
from service.store.schema import SHADOW_SCORES

Tell = Callable[[Connection, Mapping[str, Any]], object]
MOST_CASES = 1_000_000  # that are compared at once: the latest ones


class ShadowStore:
    """The kept shadow scores. Safe to use from several threads."""

    def __init__(self, store: Store, tell: Tell = lambda *_: None) -> None:
        """`tell`: what else is done in the transaction of a score, last."""
        self._store = store
        self._tell = tell

    def keep(
        self,
        made: Assessment,
        columns: Mapping[str, Any],
        *,
        champion: str,
        challenger: str,
        failure: str | None,
        milliseconds: float,
    ) -> None:
        """Append what a challenger gave on the case of an assessment. Raises StoreUnusable."""
        row = {
            **columns,
            "assessment_id": made.id,
            "created_at": made.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "enterprise_id": made.enterprise_id,
            "as_of": made.as_of.isoformat(),
            "champion": champion,
            "challenger": challenger,
            "failure": failure,
            "milliseconds": milliseconds,
        }
        try:
            with self._store.writing() as connection:
                connection.execute(SHADOW_SCORES.insert().values(row))
                self._tell(connection, row)
        except SQLAlchemyError as refusal:
            raise StoreUnusable("the shadow score could not be kept", found=reason(refusal)) from None

    def cases(self, challenger: str, since: date | None = None) -> pa.Table:
        """The cases of a challenger in order of time, one row each."""
        columns = SHADOW_SCORES.c
        wanted = select(SHADOW_SCORES).where(columns.challenger == challenger)
        if since is not None:
            first = datetime.combine(since, time.min, BANK_ZONE).astimezone(UTC)
            wanted = wanted.where(columns.created_at >= first.isoformat(timespec="microseconds"))
        latest = wanted.order_by(columns.created_at.desc(), columns.assessment_id.desc()).limit(MOST_CASES)
        try:
            with self._store.reading() as connection:
                rows = connection.execute(latest).mappings().all()
        except SQLAlchemyError as refusal:
            raise StoreUnusable("the shadow scores cannot be read", found=reason(refusal)) from None
        return pa.Table.from_pylist([dict(row) for row in reversed(rows)], schema=_SCHEMA)


_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("assessment_id", "created_at", "enterprise_id", "as_of")),
        ("champion", pa.string()),
        ("challenger", pa.string()),
        *(
            (f"{who}_{name}", kind)
            for who in ("champion", "challenger")
            for name, kind in (
                ("pd", pa.float64()),
                ("grade", pa.string()),
                ("outcome", pa.string()),
                ("limit_fen", pa.int64()),
            )
        ),
        ("failure", pa.string()),
        ("milliseconds", pa.float64()),
    ]
)
