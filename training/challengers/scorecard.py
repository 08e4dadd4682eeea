"""The weight-of-evidence scorecard: what a bank's modeller would build by hand, built by the rules of the trade.

Each column is cut into at most six bins in which risk only rises or only falls (by the direction of the catalogue);
columns that tell little or repeat a stronger one are left out; a logistic regression weighs what is left, and a column
that would weigh against its own evidence is dropped. Evidence comes from known values. Missing ones are scored as by
the trees, at the fill of their column, so that a feed that is not connected is neutral (docs/decisions/0010); the table
shows how many there were and how they fared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from training.benchmark import penalised
from training.challengers.as_trees import Matrix, Term
from training.challengers.binning import SMALLEST_SHARE, Bins, cut_column, group_levels
from training.challengers.fitted import FittedTerms
from training.sample import CATEGORY, Sample, Words
from training.screening import Fills, agreeing, learn_fills

LEAST_INFORMATION = 0.02  # IV below which a column tells nothing (Siddiqi 2006), beyond what chance gives
CHANCE = 2.0  # times the IV expected of a column that tells nothing; the best of many cuts finds about as much
MOST_CORRELATION = 0.7  # of the evidence of two columns, above which the weaker one is left out
MOST_COLUMNS = 20
DEFAULTS_PER_COLUMN = 5.0  # a column more needs five more of the rarer outcome
STRENGTH = 1.0  # inverse L2 penalty on the weights; evidence is of one scale already


@dataclass(frozen=True)
class Characteristic:
    """A column of the scorecard: its bins and its weight; a bin adds weight * evidence to the log-odds."""

    name: str
    words: Words
    bins: Bins
    weight: float
    levels: tuple[str, ...] = ()  # of a category


@dataclass(frozen=True)
class FittedScorecard(FittedTerms):
    """A scorecard with its characteristics, in the order of the kept columns."""

    characteristics: tuple[Characteristic, ...] = ()


class Scorecard:
    """The learner. The seed is not used: nothing in it is drawn."""

    name = "scorecard"
    words: Words = MappingProxyType({"zh": "WOE 评分卡", "en": "WOE scorecard"})

    def fit(self, sample: Sample, *, seed: int) -> FittedScorecard:  # noqa: ARG002
        """Bins, choice of columns and weights from these rows alone."""
        columns, every = _binned(sample)
        scored = every.into(sample.matrix)
        evidence = {column: bins.by_step[bins.steps.bins(scored[:, column])] for column, bins in columns.items()}
        kept = _chosen(columns, evidence, sample)
        kept, coefficients = _weighted(kept, evidence, sample)
        fills = every.of(kept)
        made, terms = [], []
        rows = scored[:, kept]
        for place, (column, weight) in enumerate(zip(kept, coefficients[1:].tolist(), strict=True)):
            bins = _at(columns[column], place)
            count = np.bincount(bins.steps.bins(rows[:, place]), minlength=bins.steps.count)
            terms.append(Term((bins.steps,), weight * bins.by_step, count))
            levels = sample.levels.get(sample.names[column], ())
            made.append(Characteristic(sample.names[column], sample.words[column], bins, weight, levels))
        return FittedScorecard(
            terms=tuple(terms), intercept=float(coefficients[0]), names=tuple(item.name for item in made),
            kept=tuple(kept), fills=fills, settings=_settings(columns, made), characteristics=tuple(made),
        )  # fmt: skip


def _settings(columns: dict[int, Bins], made: list[Characteristic]) -> dict[str, Any]:
    return {
        "columns_binned": len(columns),
        "columns": len(made),
        "least_information_value": LEAST_INFORMATION,
        "chance": CHANCE,
        "most_correlation": MOST_CORRELATION,
        "inverse_penalty": STRENGTH,
    }


def _binned(sample: Sample) -> tuple[dict[int, Bins], Fills]:
    """The bins of every column that passes the sign check and can be cut, by place."""
    categories = [kind == CATEGORY for kind in sample.kinds]
    every = learn_fills(sample.matrix, sample.directions, sample.feeds, categories)
    rarer = min(sample.default_rate, 1 - sample.default_rate)
    smallest = min(max(SMALLEST_SHARE, 2.0 / (rarer * len(sample))), 0.25)  # two of the rarer outcome expected
    found = {}
    for column in agreeing(every.learned_from(sample.matrix), sample.outcome, sample.directions):
        rows = sample.matrix[:, column], sample.outcome, sample.weight
        given: dict[str, Any] = {"column": column, "missing_as": every.absent[column], "smallest": smallest}
        if categories[column]:
            bins = group_levels(*rows, **given, levels=len(sample.levels[sample.names[column]]))
        else:
            bins = cut_column(*rows, **given, direction=sample.directions[column])
        if bins is not None:
            found[column] = bins
    return found, every


def _chosen(columns: dict[int, Bins], evidence: dict[int, Matrix], sample: Sample) -> list[int]:
    """The most telling columns, none that repeats a more telling one, as many as the defaults can carry."""
    defaults, others = float(sample.outcome.sum()), float((1 - sample.outcome).sum())
    chance = CHANCE * (1 / defaults + 1 / others)  # a bin more; IV times n is close to chi-squared
    value = {
        column: float(bins.information_value.sum()) - chance * (len(bins.evidence) - 1)
        for column, bins in columns.items()
    }
    rarer = min(defaults, others)
    most = max(2, min(MOST_COLUMNS, int(rarer / DEFAULTS_PER_COLUMN)))
    chosen: list[int] = []
    ranked: dict[int, NDArray[np.float64]] = {}
    for column in sorted(value, key=lambda place: (-value[place], place)):
        if len(chosen) == most or value[column] < LEAST_INFORMATION:
            break
        ranks = rankdata(evidence[column])
        if all(abs(float(np.corrcoef(ranks, ranked[other])[0, 1])) <= MOST_CORRELATION for other in chosen):
            chosen.append(column)
            ranked[column] = ranks
    return sorted(chosen or list(columns)[:1])


def _weighted(kept: list[int], evidence: dict[int, Matrix], sample: Sample) -> tuple[list[int], Matrix]:
    """Intercept and weights; the column that weighs most against its own evidence is dropped until none does."""
    while True:
        rows = np.column_stack([evidence[column] for column in kept]) if kept else np.empty((len(sample), 0))
        coefficients = penalised(rows, sample.outcome, STRENGTH, sample.weight)
        if not kept or coefficients[1:].min() > 0:
            return kept, coefficients
        kept = [column for place, column in enumerate(kept) if place != int(coefficients[1:].argmin())]


def _at(bins: Bins, place: int) -> Bins:
    """The bins with their column counted among the kept ones."""
    return replace(bins, steps=replace(bins.steps, column=place))
