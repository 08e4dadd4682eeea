"""The leakage audit: what a model must not know, looked for in every sample before anything is learned from it.

Each check knows one way in which a sample flatters: a column that is the label, a single feature that is too good, and
ids handed out in the order of the outcome. Sources add what only they can check: values that change when what was
learned after the day is taken away (training/hindsight.py), rows that were not known on their day. Enterprises on both
sides of a split are refused by training/split.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from models.errors import AssetlightError
from training.sample import Sample

Matrix = NDArray[np.float64]

TOO_GOOD_AUC = 0.97  # of one feature alone; dpd on the day, honestly known, reaches about 0.9
FEWEST_KNOWN_DEFAULTS = 10  # below this an AUC of one proves nothing
ID_ORDER_AUC, ID_ORDER_ERRORS = 0.1, 4.0  # distance from one half, and in standard errors


class LeakFound(AssetlightError):
    """Something in the panel knows the outcome, or the future."""


@dataclass(frozen=True)
class Finding:
    """One thing the audit looked at."""

    check: str
    passed: bool
    zh: str
    en: str
    found: str = ""
    blocking: bool = True  # False: to be known, but no reason not to train

    def as_dict(self) -> dict[str, Any]:
        """For a card."""
        return asdict(self)


def audit(sample: Sample) -> list[Finding]:
    """The checks that every sample gets, in order. Nothing is raised."""
    return [label_copies(sample), too_good(sample), id_order(sample)]


def refuse_leaks(findings: Sequence[Finding]) -> None:
    """Raise LeakFound for the first check that failed and blocks."""
    for finding in findings:
        if finding.blocking and not finding.passed:
            raise LeakFound(
                f"{finding.en} / {finding.zh}",
                field=finding.check,
                found=finding.found,
                advice="Leave it out with --without once you know why, or mend its source; nothing was learned",
            )


def label_copies(sample: Sample) -> Finding:
    """A column whose values, or whose being missing, tell the outcome of every row apart."""
    copies = [name for place, name in enumerate(sample.names) if _is_copy(sample.matrix[:, place], sample.outcome)]
    return Finding("label_copy", not copies, "特征是标签的副本", "a feature is a copy of the label", ", ".join(copies))


def too_good(sample: Sample) -> Finding:
    """A feature that alone, or by being missing, orders defaults almost perfectly."""
    found = []
    for place, name in enumerate(sample.names):
        column = sample.matrix[:, place]
        missing = np.isnan(column)
        by_value, defaults = _strength(column[~missing], sample.outcome[~missing])
        by_absence, _ = _strength(missing.astype(np.float64), sample.outcome)
        best = max(by_value if defaults >= FEWEST_KNOWN_DEFAULTS else 0.5, by_absence)
        if best >= TOO_GOOD_AUC:
            found.append(f"{name} (AUC {best:.3f})")
    return Finding(
        "too_good", not found, "单个特征好得不真实", "a single feature is too good to be true", ", ".join(found)
    )


def id_order(sample: Sample) -> Finding:
    """Enterprise ids that were handed out in the order of the outcome: anything made from them would know it.

    Ids are never features, and folds are dealt by a hash of them. So an order as of enterprises numbered by size is
    noted; one that tells the outcome (AUC of TOO_GOOD_AUC), or a column that follows the ids from end to end, refuses.
    """
    ids = np.unique(sample.entity)
    ever = np.zeros(len(ids))
    np.maximum.at(ever, sample.enterprise, sample.outcome)
    orders = {"order of the ids": np.arange(len(ids), dtype=np.float64), "digits of the ids": _digits(ids)}
    found, worst = [], 0.0
    for name, values in orders.items():
        area, defaults = _auc(values, ever)
        error = np.sqrt((len(ids) + 1) / (12 * max(defaults, 1) * max(len(ids) - defaults, 1)))
        if abs(area - 0.5) >= ID_ORDER_AUC and abs(area - 0.5) >= ID_ORDER_ERRORS * error:
            found.append(f"{name} (AUC {area:.3f})")
            worst = max(worst, area, 1 - area)
            followers = _followers(sample, values[sample.enterprise])
            found += [f"{column} follows the {name}" for column in followers]
            worst = 1.0 if followers else worst
    return Finding(
        "id_order",
        not found,
        "企业编号按标签排序",
        "enterprise ids are in the order of the outcome",
        ", ".join(found),
        blocking=worst >= TOO_GOOD_AUC or not found,
    )


def _followers(sample: Sample, order: Matrix) -> list[str]:
    """The columns that rise or fall with an order of the ids from end to end, row by row."""
    place = np.argsort(order, kind="stable")
    steps = np.diff(order[place]) > 0
    following = []
    for name, column in zip(sample.names, sample.matrix.T, strict=True):
        moves = np.diff(column[place])
        known = steps & ~np.isnan(moves)
        if known.sum() >= FEWEST_KNOWN_DEFAULTS and ((moves[known] > 0).all() or (moves[known] < 0).all()):
            following.append(name)
    return following


def _is_copy(column: Matrix, outcome: Matrix) -> bool:
    """Whether two disjoint sets of at most a few values belong to the two outcomes."""
    values, place = np.unique(np.nan_to_num(column, nan=-1.7e308), return_inverse=True)
    if not 2 <= len(values) <= 8:
        return False
    bad = np.bincount(place, weights=outcome)
    count = np.bincount(place)
    return bool(((bad == 0) | (bad == count)).all())


def _strength(values: Matrix, outcome: Matrix) -> tuple[float, int]:
    area, defaults = _auc(values, outcome)
    return max(area, 1 - area), defaults


def _auc(values: Matrix, outcome: Matrix) -> tuple[float, int]:
    defaults = int(outcome.sum())
    good = len(outcome) - defaults
    if not defaults or not good:
        return 0.5, defaults
    above = float(rankdata(values)[outcome == 1].sum()) - defaults * (defaults + 1) / 2
    return above / (defaults * good), defaults


def _digits(ids: NDArray[np.str_]) -> Matrix:
    return np.array([float("".join(sign for sign in name if sign.isdigit()) or "0") for name in ids.tolist()])
