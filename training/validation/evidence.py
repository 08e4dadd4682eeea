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
from training.sample import Sample

Matrix = NDArray[np.float64]


class EvidenceDoesNotFit(AssetlightError):
    """The rows of the evidence are not rows of the bundle's features, or its columns differ in length."""


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
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Reproduction:
    """What came out when rows were gathered and the model was trained a second time, from records and card alone."""

    same_bundle: bool
    same_rows: bool
    digest: str
    code_version: str  # of the first training


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
    """Everything that a validation needs.

    `development` and `test` are rows with (at least) the bundle's columns. `test_log_odds`: of default, by models that
    had not seen the enterprises of the rows, before any move to a central tendency; None: the bundle itself scores
    them. The same for `test_interval`, and for `development_log_odds`, without which development figures are in-sample
    and say so. `audit`: what the leakage audit found, as its findings' `as_dict`.
    """

    bundle: Bundle
    policy: Policy
    as_of: date
    development: Sample
    test: Sample
    test_log_odds: Matrix | None = None
    development_log_odds: Matrix | None = None
    test_interval: tuple[Matrix, Matrix] | None = None  # lower and upper rate of the test rows, by the same models
    challengers: Sequence[Challenger] = ()
    audit: Sequence[Mapping[str, Any]] = ()
    lineage: Lineage = field(default_factory=Lineage)
    split: Split = field(default_factory=Split)
    calibration: CalibrationFacts = field(default_factory=CalibrationFacts)
    scored: ScoredSample | None = None
    people: People = field(default_factory=People)
    directory: Path | None = None  # where the bundle is stored, if it is
    reproduction: Reproduction | None = None  # None: nobody trained a second time
    against: Mapping[str, Any] | None = None  # the comparison of a retraining with the model in force

    def __post_init__(self) -> None:
        for name, rows in (("development", self.development), ("test", self.test)):
            object.__setattr__(self, name, rows.columns(self.bundle.features))
            defaults = int(rows.outcome.sum())
            if not 0 < defaults < len(rows):
                raise EvidenceDoesNotFit(
                    "the rows hold one outcome only, so nothing can be measured on them",
                    expected="defaults and others",
                    found=f"{defaults} defaults in {len(rows)} rows",
                    field=name,
                )
        scores = [(one.code, one.log_odds, self.test) for one in self.challengers]
        scores += [("test_log_odds", each, self.test) for each in (self.test_log_odds,) if each is not None]
        scores += [
            ("development_log_odds", each, self.development)
            for each in (self.development_log_odds,)
            if each is not None
        ]
        for name, log_odds, rows in scores:
            if len(log_odds) != len(rows) or np.isnan(log_odds).any():
                raise EvidenceDoesNotFit(
                    "the scores are not one for each row",
                    expected=f"{len(rows)} numbers",
                    found=f"{len(log_odds)}, {int(np.isnan(log_odds).sum())} of them missing",
                    field=name,
                )
