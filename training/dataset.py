"""From stored records and labels to what a model learns from: one row of features an enterprise, and its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.canonical import sha256_hex
from models.errors import AssetlightError
from models.features import CATALOGUE, Feature, compute_features
from models.features.windows import months_before
from models.tables import Tables
from training.feeds import feed_of
from training.labels import Label, Labels

TURNOVER = "sales_24m_fen"  # the bar: net valid sales over the longest window, one number and no model
FEWEST_OF_A_CLASS = 10


class OneClassOnly(AssetlightError):
    """Every labelled enterprise defaulted, or none did."""


class TooFewDefaults(AssetlightError):
    """The rarer outcome is too rare to fit anything to."""


class NothingKnownThen(AssetlightError):
    """No labelled enterprise has a record that was known on the day."""


@dataclass(frozen=True)
class Counts:
    """What became of the labels, all in enterprises."""

    labelled: int
    trained_on: int
    defaults: int
    without_records: int  # labelled, but nothing about them was known on the day
    without_label: int  # records, but no label
    already_defaulted: int  # default on or before the day: nothing left to predict
    beyond_horizon: int  # default later than the horizon: counted as good


@dataclass(frozen=True)
class TrainingSet:
    """Rows in the order of enterprise ids; `matrix` has NaN where a feature is missing."""

    enterprise_ids: tuple[str, ...]
    matrix: NDArray[np.float64]
    outcome: NDArray[np.float64]
    turnover: NDArray[np.float64]
    features: tuple[Feature, ...]
    left_out: dict[str, str]  # chosen features that could not be used, with the reason
    counts: Counts
    data_origin: tuple[str, ...]
    label_origin: str
    dated_labels: bool
    as_of: date
    horizon_months: int

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

    @property
    def default_rate(self) -> float:
        """Share of the rows that defaulted."""
        return float(self.outcome.mean())

    @property
    def sha256(self) -> str:
        """Digest of exactly the numbers that were learned from."""
        ids = "\n".join(self.enterprise_ids).encode()
        return sha256_hex(ids + self.matrix.tobytes() + self.outcome.tobytes())


def assemble(
    tables: Tables, labels: Labels, as_of: date, features: Sequence[Feature], *, horizon_months: int = 12
) -> TrainingSet:
    """Features at `as_of` of every labelled enterprise about which something was known then, with its outcome.

    The outcome is default within `horizon_months` after `as_of` where the labels give a day, else the plain flag.
    Raises NothingKnownThen, OneClassOnly, TooFewDefaults.
    """
    wanted = tuple(dict.fromkeys([*features, *(item for item in CATALOGUE if item.name == TURNOVER)]))
    table = compute_features(tables, as_of, features=wanted)
    known = table.column("enterprise_id").to_pylist()
    outcomes = {name: _outcome(label, as_of, horizon_months) for name, label in labels.by_enterprise.items()}
    rows = [row for row, name in enumerate(known) if outcomes.get(name) is not None]
    ids = tuple(known[row] for row in rows)
    if not ids:
        raise NothingKnownThen(
            f"no labelled enterprise has a record that was known on {as_of.isoformat()}",
            expected="records of the labelled enterprises, learned on or before the day",
            found=f"{len(known)} enterprises with records then, {len(labels.by_enterprise)} labelled",
            advice="Import the records first; if they are there, choose a later --as-of (what the bank learned after "
            "the day does not count) and check that labels and records use the same enterprise ids",
        )
    outcome = np.array([float(bool(outcomes[name])) for name in ids])
    _check_outcomes(outcome)
    table = table.take(pa.array(rows, pa.int64()))
    used, left_out = _usable(table, features)
    stored = set(known)
    turnover = table.column(TURNOVER).to_numpy()
    return TrainingSet(
        enterprise_ids=ids,
        matrix=np.column_stack([table.column(feature.name).to_numpy() for feature in used]),
        outcome=outcome,
        turnover=np.where(np.isnan(turnover), 0.0, turnover),
        features=used,
        left_out=left_out,
        counts=Counts(
            labelled=len(labels.by_enterprise),
            trained_on=len(ids),
            defaults=int(outcome.sum()),
            without_records=sum(name not in stored for name in labels.by_enterprise),
            without_label=sum(name not in labels.by_enterprise for name in known),
            already_defaulted=sum(value is None for value in outcomes.values()),
            beyond_horizon=sum(
                label.defaulted and outcomes[name] is False for name, label in labels.by_enterprise.items()
            ),
        ),
        data_origin=_origins(tables, ids),
        label_origin=labels.origin,
        dated_labels=labels.dated,
        as_of=as_of,
        horizon_months=horizon_months,
    )


def _outcome(label: Label, as_of: date, horizon_months: int) -> bool | None:
    """True: default to come; False: none within the horizon; None: already in default, so nothing to predict."""
    if label.on is None:
        return label.defaulted
    if label.on <= as_of:
        return None
    return months_before(label.on, horizon_months) <= as_of


def _check_outcomes(outcome: NDArray[np.float64]) -> None:
    defaults, good = int(outcome.sum()), int((1 - outcome).sum())
    if not defaults or not good:
        raise OneClassOnly(
            "every enterprise to train on has the same outcome",
            expected="some that defaulted and some that did not",
            found=f"{defaults} defaults, {good} without default",
            advice="Labels may be one-sided, or the records may be missing for one side",
        )
    if min(defaults, good) < FEWEST_OF_A_CLASS:
        raise TooFewDefaults(
            "too few enterprises of one outcome to fit and to check a model",
            expected=f"at least {FEWEST_OF_A_CLASS} of each; below 50 defaults every figure stays uncertain",
            found=f"{defaults} defaults, {good} without default",
            advice="Add labels, or use an expert scale until there are more",
        )


def _usable(table: pa.Table, features: Sequence[Feature]) -> tuple[tuple[Feature, ...], dict[str, str]]:
    left_out: dict[str, str] = {}
    for feature in features:
        values = table.column(feature.name).to_numpy()
        values = values[~np.isnan(values)]
        if not len(values):
            left_out[feature.name] = (
                "所有企业均无值，数据源未接入 / no value for any enterprise: its feed is not connected"
            )
        elif (values == values[0]).all():
            left_out[feature.name] = "所有企业取值相同 / the same value for every enterprise"
    used = tuple(feature for feature in features if feature.name not in left_out)
    if not used:
        raise NothingKnownThen("no feature differs between the enterprises", found=", ".join(left_out))
    return used, left_out


def _origins(tables: Tables, enterprises: Sequence[str]) -> tuple[str, ...]:
    """Every origin among the records of the enterprises, of any kind."""
    found: set[str] = set()
    with duckdb.connect() as connection:
        tables.attach(connection)
        connection.register("trained_on", pa.table({"enterprise_id": pa.array(enterprises, pa.string())}))
        for kind in tables.by_kind:
            query = f"SELECT DISTINCT origin FROM {kind} SEMI JOIN trained_on USING (enterprise_id)"  # noqa: S608
            found |= {row[0] for row in connection.sql(query).fetchall() if row[0] is not None}
    return tuple(sorted(found))
