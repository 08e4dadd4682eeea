"""The sample: what every learner learns from and is tested on, whatever its rows were made from.

Three sources make it: a file of labels on one day, the panel of the loan records, and a prepared table with its schema.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import AssetlightError

Matrix = NDArray[np.float64]
Words = Mapping[str, str]  # "zh" and "en"

NUMBER, FLAG, CATEGORY = "number", "flag", "category"
KINDS = (NUMBER, FLAG, CATEGORY)
_BY_COLUMN = ("names", "directions", "words", "feeds", "units", "kinds", "families")
_BY_ROW = ("outcome", "entity", "day", "weight", "bar")


class SampleShapesDiffer(AssetlightError):
    """The parts of a sample do not have the same rows or columns."""


class ColumnNotInSample(AssetlightError):
    """A column that was asked for is not among those of the sample."""


@dataclass(frozen=True)
class Sample:
    """N rows of F columns with their outcome; everything a learner may know about them.

    A row is one entity on one day. `outcome` is 1 for a default within the horizon after the day, else 0. A category is
    stored as the number of its level in `levels`, and NaN is missing in every kind of column.
    """

    matrix: Matrix  # [N, F]
    outcome: Matrix  # [N], 0 or 1
    names: tuple[str, ...]
    directions: tuple[int, ...]  # +1 a larger value raises risk, -1 lowers it, 0 not known
    entity: NDArray[np.str_]  # [N]
    data_origin: tuple[str, ...]
    label_origin: str
    words: tuple[Words, ...] = ()  # of each column; its name where none is given
    feeds: tuple[str | None, ...] = ()  # columns of one feed are missing together where it is not connected
    units: tuple[str, ...] = ()  # "fen" is money
    kinds: tuple[str, ...] = ()  # NUMBER, FLAG or CATEGORY; NUMBER where none is given
    families: tuple[str, ...] = ()  # what a column tells of
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of each category, the most frequent first
    day: NDArray[np.datetime64] | None = None  # [N] as datetime64[D]; None: the rows have no time
    weight: Matrix = field(default_factory=lambda: np.empty(0))  # [N]; ones where none is given
    segments: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)  # size, sector, region, ...: [N], "" unknown
    bar: Matrix | None = None  # [N]: one number that alone orders risk, riskier if larger; what a model is held against
    bar_words: Words = field(default_factory=dict)
    horizon_months: int | None = 12  # None: the outcome has no day
    left_out: Mapping[str, str] = field(default_factory=dict)  # columns that were asked for, with why they are not here

    def __post_init__(self) -> None:
        rows, width = self.matrix.shape
        defaults: dict[str, Any] = {
            "words": tuple({"zh": name, "en": name} for name in self.names),
            "feeds": (None,) * width,
            "units": ("",) * width,
            "kinds": (NUMBER,) * width,
            "families": ("",) * width,
            "weight": np.ones(rows),
        }
        for name, value in defaults.items():
            if not len(getattr(self, name)):
                object.__setattr__(self, name, value)
        sizes = {name: len(getattr(self, name)) for name in _BY_COLUMN}
        wrong = {name: size for name, size in sizes.items() if size != width}
        for name in _BY_ROW:
            column = getattr(self, name)
            if column is not None and len(column) != rows:
                wrong[name] = len(column)
        wrong |= {f"segment {name}": len(values) for name, values in self.segments.items() if len(values) != rows}
        if wrong:
            raise SampleShapesDiffer(
                "the parts of the sample do not fit together",
                expected=f"{rows} rows and {width} columns",
                found=", ".join(f"{name}: {size}" for name, size in wrong.items()),
            )

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def default_rate(self) -> float:
        """Weighted share of the rows that defaulted."""
        return float(self.outcome @ self.weight / self.weight.sum())

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days that have rows, in order; none where the rows have no time."""
        return () if self.day is None else tuple(day.astype(object) for day in np.unique(self.day))

    @cached_property
    def enterprise(self) -> NDArray[np.int64]:
        """A number for each entity, by row."""
        return np.unique(self.entity, return_inverse=True)[1].astype(np.int64)

    @property
    def weighted(self) -> bool:
        """Whether some row counts more than another."""
        return bool((self.weight != self.weight[:1]).any())

    @cached_property
    def sha256(self) -> str:
        """Digest of exactly the numbers that are learned from and tested on."""
        total = hashlib.sha256("\n".join(self.entity.tolist()).encode())
        total.update("\n".join(self.names).encode())
        if self.day is not None:
            total.update(self.day.astype("datetime64[D]").astype(np.int64).tobytes())
        for part in (self.matrix, self.outcome, self.weight):
            total.update(np.ascontiguousarray(part).tobytes())
        return total.hexdigest()

    def column(self, name: str) -> Matrix:
        """The values of one column. Raises ColumnNotInSample."""
        return np.asarray(self.matrix[:, self._place(name)])

    def rows(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> Sample:
        """The sample with the rows of an index (or mask), in its order."""
        return replace(
            self,
            matrix=self.matrix[index],
            outcome=self.outcome[index],
            entity=self.entity[index],
            day=None if self.day is None else self.day[index],
            weight=self.weight[index],
            segments={name: values[index] for name, values in self.segments.items()},
            bar=None if self.bar is None else self.bar[index],
        )

    def columns(self, names: Sequence[str]) -> Sample:
        """The sample with some columns, in the given order. Raises ColumnNotInSample."""
        places = [self._place(name) for name in names]
        by_column: dict[str, Any] = {part: tuple(getattr(self, part)[place] for place in places) for part in _BY_COLUMN}
        kept = {name: self.levels[name] for name in names if name in self.levels}
        return replace(self, matrix=np.ascontiguousarray(self.matrix[:, places]), levels=kept, **by_column)

    def _place(self, name: str) -> int:
        if name not in self.names:
            raise ColumnNotInSample(
                f"the sample has no column {name}", expected=f"one of {', '.join(self.names)}", found=name
            )
        return self.names.index(name)
