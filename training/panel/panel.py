"""The panel: features at each day of each borrower, and whether it defaulted within the horizon after that day."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.features import CATALOGUE, Feature
from models.lake import Lake
from models.tables import origins
from training.feeds import feed_of
from training.panel.features import Progress, panel_features
from training.panel.population import DayCount, Population, population

Matrix = NDArray[np.float64]
CONSTANT = "没有取值或取值相同 / without a value, or the same for every row"


@dataclass(frozen=True)
class Panel:
    """N rows of F features in order of (as_of, enterprise_id); `matrix` has NaN where a feature is missing."""

    enterprise_ids: NDArray[np.str_]
    as_of: NDArray[np.datetime64]
    outcome: Matrix
    matrix: Matrix
    features: tuple[Feature, ...]
    left_out: dict[str, str]  # features asked for that say nothing here, with the reason
    counts: tuple[DayCount, ...]
    causes: dict[str, int]
    last_day_known: date
    horizon_months: int
    data_origin: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the features."""
        return tuple(feature.name for feature in self.features)

    @property
    def directions(self) -> tuple[int, ...]:
        """+1 a larger value raises risk, -1 lowers it, 0 unknown."""
        return tuple(feature.direction for feature in self.features)

    @property
    def feeds(self) -> tuple[str | None, ...]:
        """What each feature reads: features that are null together where it is not connected."""
        return tuple(feed_of(feature) for feature in self.features)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days that have rows, in order."""
        return tuple(day.astype(object) for day in np.unique(self.as_of))

    @cached_property
    def enterprise(self) -> NDArray[np.int64]:
        """A number for each enterprise, by row."""
        return np.unique(self.enterprise_ids, return_inverse=True)[1].astype(np.int64)

    @property
    def sha256(self) -> str:
        """Digest of exactly the numbers that are learned from and tested on."""
        total = hashlib.sha256("\n".join(self.enterprise_ids.tolist()).encode())
        for part in (
            self.as_of.astype("datetime64[D]").astype(np.int64),
            np.ascontiguousarray(self.matrix),
            self.outcome,
        ):
            total.update(part.tobytes())
        return total.hexdigest()

    def column(self, name: str) -> Matrix:
        """The values of one feature."""
        return np.asarray(self.matrix[:, self.names.index(name)])

    def only(self, features: Sequence[Feature]) -> Panel:
        """The panel with fewer features, in the given order; those that say nothing stay left out."""
        places = {name: place for place, name in enumerate(self.names)}
        kept = tuple(item for item in features if item.name in places)
        columns = [places[item.name] for item in kept]
        asked = {item.name for item in features}
        left_out = {name: reason for name, reason in self.left_out.items() if name in asked}
        return replace(self, features=kept, left_out=left_out, matrix=np.ascontiguousarray(self.matrix[:, columns]))

    def rows(self, where: NDArray[np.bool_]) -> Panel:
        """The panel with fewer rows; the counts stay those of the whole."""
        return replace(
            self,
            enterprise_ids=self.enterprise_ids[where],
            as_of=self.as_of[where],
            outcome=self.outcome[where],
            matrix=self.matrix[where],
        )


def build_panel(
    lake: Lake,
    days: Sequence[date],
    *,
    features: Sequence[Feature] = CATALOGUE,
    horizon_months: int = 12,
    until: date | None = None,
    neighbourhood: bool = False,
    cache: Path | None = None,
    progress: Progress = lambda *_: None,
) -> Panel:
    """The panel of the lake on the given days, with the given features. `neighbourhood`: see `panel_features`.

    Raises NoLoansKnown, NoMatureDay, PanelRowsLost.
    """
    people = population(lake.tables(), days, horizon_months=horizon_months, until=until)
    table = panel_features(lake, people, features=features, neighbourhood=neighbourhood, cache=cache, progress=progress)
    return panel_of(table, people, features, origins(lake.tables()))


def panel_of(table: pa.Table, people: Population, features: Sequence[Feature], data_origin: tuple[str, ...]) -> Panel:
    """The panel of a feature table whose rows are those of the population."""
    columns = {feature.name: table.column(feature.name).to_numpy() for feature in features}
    left_out = {name: CONSTANT for name, values in columns.items() if _says_nothing(values)}
    kept = tuple(feature for feature in features if feature.name not in left_out)
    empty = np.empty((len(people.outcome), 0))
    return Panel(
        enterprise_ids=np.array(people.enterprise_ids.to_pylist(), dtype=np.str_),
        as_of=people.as_of.to_numpy(zero_copy_only=False).astype("datetime64[D]"),
        outcome=people.outcome,
        matrix=np.column_stack([columns[feature.name] for feature in kept]) if kept else empty,
        features=kept,
        left_out=left_out,
        counts=people.counts,
        causes=people.causes,
        last_day_known=people.last_day_known,
        horizon_months=people.horizon_months,
        data_origin=data_origin,
    )


def _says_nothing(values: Matrix) -> bool:
    """Whether all known values are the same: that a feed is connected is not learned from."""
    known = values[~np.isnan(values)]
    return not len(known) or bool((known == known[0]).all())
