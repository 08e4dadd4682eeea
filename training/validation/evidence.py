"""What a validation looks at: a fitted bundle, rows it learned from, rows it did not, and what is known about both.

Nothing here is computed. A validator who did not train the model can build the same value from a stored bundle and the
stored records (`assetlight validate`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.errors import AssetlightError
from models.policy import Policy
from models.tables import Tables

Matrix = NDArray[np.float64]


class EvidenceDoesNotFit(AssetlightError):
    """The rows of the evidence are not rows of the bundle's features, or its columns differ in length."""


@dataclass(frozen=True)
class Rows:
    """N rows of the bundle's features in the bundle's order, NaN where missing.

    `log_odds`: of default, by models that had not seen the row; None: the bundle itself scores it. `day` is None where
    all rows are of one day. `segments`: by code ("size", "sector", "region", "stage", "anchor", ...), "" not known.
    """

    matrix: Matrix
    outcome: Matrix
    entity: NDArray[np.str_]
    day: NDArray[np.datetime64] | None = None
    segments: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    log_odds: Matrix | None = None

    def __post_init__(self) -> None:
        columns: dict[str, Any] = {"outcome": self.outcome, "entity": self.entity, **self.segments}
        columns |= {"day": self.day} if self.day is not None else {}
        columns |= {"log_odds": self.log_odds} if self.log_odds is not None else {}
        for name, column in columns.items():
            if len(column) != len(self.matrix):
                raise EvidenceDoesNotFit(
                    "the columns of the evidence differ in length",
                    expected=f"{len(self.matrix)} rows",
                    found=len(column),
                    field=name,
                )

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def defaults(self) -> int:
        """How many rows default."""
        return int(self.outcome.sum())


@dataclass(frozen=True)
class Challenger:
    """Another model on the very same test rows. `settings`: what a reader should know, one line a language."""

    code: str
    zh: str
    en: str
    log_odds: Matrix
    zh_settings: str = ""
    en_settings: str = ""
    probability: bool = True  # false: an ordering only, such as turnover alone


@dataclass(frozen=True)
class Lineage:
    """Where the rows come from and which were left out. `excluded`: number of rows by reason, in words."""

    kinds: tuple[str, ...] = ()
    data_origin: tuple[str, ...] = ()
    label_origin: str = ""
    label_definition: tuple[str, str] = (
        "逾期90天以上，或观察期内很可能无法偿还",
        "90 days past due, or unlikely to pay, within the horizon",
    )
    horizon_months: int | None = None
    last_day_known: date | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    excluded: Sequence[tuple[str, str, int]] = ()  # Chinese, English, rows
    days: Sequence[Mapping[str, Any]] = ()  # one mapping of counts per day, as the card has them
    left_out: Mapping[str, str] = field(default_factory=dict)  # features with the reason
    consent: tuple[str, str] | None = None  # what is stated about lawful purpose and consent


@dataclass(frozen=True)
class Split:
    """What was learned from and tested on. `out_of_entity`: no tested enterprise was learned from."""

    learned: tuple[str, ...] = ()
    embargoed: tuple[str, ...] = ()
    tested: tuple[str, ...] = ()
    out_of_time: bool = False
    out_of_entity: bool = False
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class CalibrationFacts:
    """What the calibration states: long-run rate, margin of conservatism by cause (log-odds), low-default grades."""

    central_tendency: float | None = None
    margin: Mapping[str, float] = field(default_factory=dict)  # "A", "B", "C"
    sample_rate: float | None = None
    low_default: Sequence[Mapping[str, Any]] = ()  # grade, obligors, defaults, pd, confidence
    interval_coverage: float | None = None  # of the Venn-Abers interval, measured on the test rows
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class ScoredSample:
    """Records to run the whole road on: a sample of enterprises, scored as an officer would."""

    tables: Tables
    as_of: date
    enterprises: tuple[str, ...]


@dataclass(frozen=True)
class People:
    """Who made, checks and owns the model; and how much hangs on it."""

    developer: str | None = None
    validator: str | None = None
    owner: str | None = None
    exposure_fen: int | None = None
    zh_purpose: str = "中小企业授信决策：违约概率、等级与额度"
    en_purpose: str = "credit decisions on small enterprises: probability of default, grade and limit"


@dataclass(frozen=True)
class Evidence:
    """Everything that a validation needs. `audit`: what the leakage audit found, as its findings' `as_dict`."""

    bundle: Bundle
    policy: Policy
    as_of: date
    development: Rows
    test: Rows
    development_unseen: bool = False  # whether development scores come from models that had not seen the row
    challengers: Sequence[Challenger] = ()
    audit: Sequence[Mapping[str, Any]] = ()
    lineage: Lineage = field(default_factory=Lineage)
    split: Split = field(default_factory=Split)
    calibration: CalibrationFacts = field(default_factory=CalibrationFacts)
    scored: ScoredSample | None = None
    people: People = field(default_factory=People)
    feature_words: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # of own columns: Chinese, English
    directory: Path | None = None  # where the bundle is stored, if it is

    def __post_init__(self) -> None:
        width = len(self.bundle.features)
        for name, rows in (("development", self.development), ("test", self.test)):
            if rows.matrix.ndim != 2 or rows.matrix.shape[1] != width:
                raise EvidenceDoesNotFit(
                    "the rows do not have the bundle's features",
                    expected=f"{width} columns, in the bundle's order",
                    found=str(rows.matrix.shape),
                    field=name,
                )
            if not 0 < rows.defaults < len(rows):
                raise EvidenceDoesNotFit(
                    "the rows hold one outcome only, so nothing can be measured on them",
                    expected="defaults and others",
                    found=f"{rows.defaults} defaults in {len(rows)} rows",
                    field=name,
                )
        for challenger in self.challengers:
            if len(challenger.log_odds) != len(self.test):
                raise EvidenceDoesNotFit(
                    "a challenger was not scored on the same rows",
                    expected=f"{len(self.test)} rows",
                    found=len(challenger.log_odds),
                    field=challenger.code,
                )
