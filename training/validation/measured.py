"""What every section needs of the evidence, computed once: scores, probabilities, grades, clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from models.default_probability.matrix import filled
from models.grades import PERFORMING, GradeColumn, grade_index
from training.clustered import Clusters
from training.sample import Matrix, Sample
from training.validation.evidence import Evidence
from training.validation.report import Gate, Section, Severity, Words
from training.validation.writing import feature_words, words

SEGMENT_WORDS: Mapping[str, tuple[str, str]] = {
    "size": ("规模", "size"),
    "sector": ("行业", "sector"),
    "region": ("地区", "region"),
    "stage": ("阶段", "stage"),
    "anchor": ("核心企业", "core enterprise"),
}


@dataclass(frozen=True)
class Observation:
    """A finding before it is ranked. `control`: what holds the risk until it is mended."""

    code: str
    severity: Severity
    section: int
    words: Words
    evidence: Words
    control: Words


@dataclass(frozen=True)
class Part:
    """What a section contributes: itself, the gates it judged, and what it noticed."""

    section: Section
    gates: Sequence[Gate] = ()
    observations: Sequence[Observation] = field(default_factory=tuple)


class Measured:
    """The evidence with what is derived from it; nothing is computed twice."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.bundle = evidence.bundle
        self.policy = evidence.policy

    def score(self, matrix: Matrix) -> Matrix:
        """Calibrated log-odds of default by the bundle, of rows of its features with gaps."""
        raw = self.bundle.booster.predict(filled(matrix, self.bundle), raw_score=True, num_threads=1)
        return self.bundle.calibration.log_odds(np.asarray(raw, dtype=np.float64))

    @cached_property
    def bundle_test(self) -> Matrix:
        """The bundle's own log-odds of the test rows."""
        return self.score(self.evidence.test.matrix)

    @cached_property
    def bundle_development(self) -> Matrix:
        """The bundle's own log-odds of the development rows."""
        return self.score(self.evidence.development.matrix)

    @cached_property
    def test_log_odds(self) -> Matrix:
        """Log-odds that discrimination and calibration are measured on: before the move to a central tendency.

        The sample knows its own default rate; whether a long-run rate is right is no question that it can answer.
        """
        given = self.evidence.test_log_odds
        return self.bundle_test - self.bundle.calibration.prior_shift if given is None else given

    @cached_property
    def development_log_odds(self) -> Matrix:
        """Log-odds of the development rows that the test is compared with."""
        given = self.evidence.development_log_odds
        return self.bundle_development - self.bundle.calibration.prior_shift if given is None else given

    @cached_property
    def test_interval(self) -> tuple[Matrix, Matrix] | None:
        """Ends of the probability's interval of the test rows, before the move; None where the model has none."""
        if self.evidence.test_interval is not None:
            return self.evidence.test_interval
        table = self.bundle.interval
        if table is None:
            return None
        raw = self.bundle.booster.predict(filled(self.evidence.test.matrix, self.bundle), raw_score=True, num_threads=1)
        low, high = table.interval(np.asarray(raw, dtype=np.float64))
        return np.minimum(low, self.pd), np.maximum(high, self.pd)

    @property
    def outcome(self) -> Matrix:
        """Of the test rows."""
        return self.evidence.test.outcome

    @cached_property
    def pd(self) -> Matrix:
        """Probability of default of the test rows."""
        return np.asarray(expit(self.test_log_odds), dtype=np.float64)

    @cached_property
    def clusters(self) -> Clusters:
        """The enterprises of the test rows."""
        return Clusters(self.evidence.test.enterprise)

    @cached_property
    def upper_pd(self) -> list[float]:
        """The bounds of the master scale in force."""
        return [float(bound) for bound in self.policy.fractions_by_grade("grading.upper_pd")[: len(PERFORMING)]]

    @cached_property
    def grade(self) -> GradeColumn:
        """Index of the grade of each test row."""
        return grade_index(self.pd, self.upper_pd)

    def words(self, name: str) -> Words:
        """What a feature of the bundle is called."""
        given = self.evidence.test.words[self.bundle.features.index(name)]
        return feature_words(name, {name: (given["zh"], given["en"])})

    @cached_property
    def family(self) -> tuple[str, ...]:
        """What each feature of the bundle tells of: its family, "" where none is given."""
        return self.evidence.test.families

    @cached_property
    def gain(self) -> Matrix:
        """Share of the model's gain by feature: as its card says, else as its trees do."""
        listed = {each["name"]: float(each["gain_share"]) for each in self.bundle.card.get("features", ())}
        if set(listed) >= set(self.bundle.features):
            return np.array([listed[name] for name in self.bundle.features])
        gains = np.asarray(self.bundle.booster.feature_importance("gain"), dtype=np.float64)
        return gains / gains.sum() if gains.sum() else gains

    @cached_property
    def feeds(self) -> dict[str, list[int]]:
        """The columns of each feed, in the bundle's order."""
        found: dict[str, list[int]] = {}
        for column, feed in enumerate(self.bundle.feeds):
            if feed is not None:
                found.setdefault(feed, []).append(column)
        return found


def entities(rows: Sample) -> int:
    """Number of different enterprises: what the size of a sample is where rows of one enterprise repeat."""
    return len(np.unique(rows.entity))


def spread_rows(count: int, most: int, seed: int = 0) -> NDArray[np.int64]:
    """At most `most` rows of `count`, drawn evenly and the same every time, in order."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def segment_words(code: str) -> Words:
    """What a segment is called."""
    return words(*SEGMENT_WORDS.get(code, (code, code)))


def feed_words(measured: Measured, columns: Sequence[int], feed: str) -> Words:
    """A feed by the families of features it feeds, with its own short name."""
    families = sorted({measured.family[column] for column in columns} - {""})
    return words(*(f"{feed}（{'、'.join(families)}）", f"{feed} ({', '.join(families)})") if families else (feed, feed))
