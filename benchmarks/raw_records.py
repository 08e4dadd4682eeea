"""Raw record tables as pandas frames of what was known on a day, and sums by enterprise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date

import pandas as pd
import pyarrow.parquet as pq

from models.features.windows import months_before
from models.records import KINDS
from models.tables import end_of_day

Frame = pd.DataFrame


@dataclass(frozen=True)
class Raw:
    """The raw record tables of some enterprises, as Parquet files by kind, and the day."""

    files: Mapping[str, Sequence[str]]
    as_of: date

    def known(self, kind: str, columns: Sequence[str]) -> Frame:
        """The rows of a kind that were known at the end of the day, indexed by enterprise."""
        occurred = KINDS[kind].occurred
        read = ["enterprise_id", *dict.fromkeys([occurred, *columns]), "known_at", "superseded_at"]
        rows = pq.read_table(list(self.files[kind]), columns=read, partitioning=None).to_pandas(date_as_object=False)
        before = pd.Timestamp(end_of_day(self.as_of).astimezone(UTC))
        late = rows["superseded_at"].isna() | (rows["superseded_at"] >= before)
        seen = (rows[occurred] <= self.today) & (rows["known_at"] < before) & late
        return rows[seen].set_index("enterprise_id")

    @property
    def today(self) -> pd.Timestamp:
        """The day."""
        return pd.Timestamp(self.as_of)

    def ago(self, months: int) -> pd.Timestamp:
        """The day that a window of so many months begins after."""
        return pd.Timestamp(months_before(self.as_of, months))


def over(top: pd.Series, under: pd.Series) -> pd.Series:
    return (top / under).where(under > 0)


def sum_of(rows: Frame, column: str, where: pd.Series | None = None) -> pd.Series:
    """By enterprise; NaN where no row counts or none has a value."""
    some = rows if where is None else rows[where.to_numpy(bool)]
    return some[column].groupby(level=0).sum(min_count=1)


def count_of(rows: Frame, where: pd.Series) -> pd.Series:
    """By enterprise that has any row."""
    return where.astype(float).groupby(level=0).sum().reindex(rows.index.unique())


def is_true(column: pd.Series) -> pd.Series:
    """Where it is known to be true."""
    return column.astype("boolean").fillna(False).astype(bool)
