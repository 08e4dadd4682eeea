"""Sums of step functions written as a LightGBM model: how a scorecard or an EBM gets into the bundle of the trees.

One tree for each term; its leaves are the bins, their values the log-odds of the term and their counts the training
rows in the bin. LightGBM then predicts the same sum, and its exact contributions are the term less its average over the
training rows: for a scorecard the points of the bin relative to the average enterprise. So every later stage (digest,
contributions, reasons, monotonicity check) works on a champion of any kind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import lightgbm
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
_LARGEST = float(np.finfo(np.float64).max)
_SMALLEST = float(np.float32(1e-35))  # LightGBM reads what is nearer to nought as nought
_DEFAULT_LEFT, _NAN_IS_MISSING = 2, 2 << 2  # bits of a numeric decision_type


@dataclass(frozen=True)
class Steps:
    """A step function of one column: bin i holds values from cuts[i - 1] (inclusive) to cuts[i].

    `cuts` rise; there is one bin more than cuts. A missing value belongs to the bin `missing`, or, where that is None,
    to a last bin of its own. A number nearer to nought than
    1e-35 is nought to LightGBM, so it is here.
    """

    column: int
    cuts: tuple[float, ...]
    missing: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "cuts", tuple(0.0 if abs(cut) <= _SMALLEST else float(cut) for cut in self.cuts))

    def bins(self, values: Matrix) -> NDArray[np.int64]:
        """The bin of each value."""
        place = np.searchsorted(self.cuts, np.where(np.abs(values) <= _SMALLEST, 0.0, values), side="right")
        home = len(self.cuts) + 1 if self.missing is None else self.missing
        return np.where(np.isnan(values), home, place).astype(np.int64)

    @property
    def count(self) -> int:
        """Number of bins, that of missing values included where they have one."""
        return len(self.cuts) + (2 if self.missing is None else 1)


@dataclass(frozen=True)
class Term:
    """A function of one column or of two: log-odds and training rows by bin, [bins] or [bins of the first, second]."""

    steps: tuple[Steps, ...]
    log_odds: Matrix
    rows: NDArray[np.int64]

    def values(self, matrix: Matrix) -> Matrix:
        """What the term adds to the log-odds of each row."""
        return np.asarray(self.log_odds[tuple(step.bins(matrix[:, step.column]) for step in self.steps)])


def sum_of(terms: Sequence[Term], intercept: float, matrix: Matrix) -> Matrix:
    """The plain sum that the trees must reproduce."""
    total = np.full(len(matrix), intercept)
    for term in terms:
        total = total + term.values(matrix)
    return total


def as_booster(terms: Sequence[Term], intercept: float, names: Sequence[str]) -> lightgbm.Booster:
    """The sum of the terms and the intercept as a LightGBM model over the named columns.

    A bin without training rows is counted as one row: LightGBM divides by counts. Neighbouring bins with one value stay
    apart only if the term has two columns.
    """
    trees = [_Tree().constant(intercept)] + [_Tree().of(term) for term in terms]
    seen: dict[int, list[float]] = {}
    for term in terms:
        for step in term.steps:
            seen.setdefault(step.column, []).extend(step.cuts)
    infos = [
        f"[{min(seen[column])!r}:{max(seen[column])!r}]" if seen.get(column) else "none" for column in range(len(names))
    ]
    head = [
        "tree",
        "version=v4",
        "num_class=1",
        "num_tree_per_iteration=1",
        "label_index=0",
        f"max_feature_idx={len(names) - 1}",
        "objective=binary sigmoid:1",
        "feature_names=" + " ".join(names),
        "feature_infos=" + " ".join(infos),
    ]
    bodies = [f"Tree={number}\n{tree.text()}\n\n" for number, tree in enumerate(trees)]
    head.append("tree_sizes=" + " ".join(str(len(body.encode())) for body in bodies))
    text = "\n".join(head) + "\n\n" + "".join(bodies) + "end of trees\n\nparameters:\nend of parameters\n"
    return lightgbm.Booster(model_str=text)


class _Node(NamedTuple):
    """A part of a tree that is written: its number as a child, its mean over the training rows, and those rows."""

    child: int
    mean: float
    rows: int


@dataclass
class _Tree:
    """A tree while it is written: leaves and splits in LightGBM's order, a child of a split is ~leaf or a split."""

    leaf_value: list[float] = field(default_factory=list)
    leaf_count: list[int] = field(default_factory=list)
    splits: list[dict[str, float]] = field(default_factory=list)

    def constant(self, value: float) -> _Tree:
        """A tree of one leaf."""
        self._leaf(value, 1)
        return self

    def of(self, term: Term) -> _Tree:
        """The tree of a term."""
        rows = np.maximum(term.rows, 1)
        if len(term.steps) == 1:
            step, bins = _merged(term.steps[0], term.log_odds, rows)
            self._column(step, [partial(self._leaf, *each) for each in bins])
        else:
            first, second = term.steps
            self._column(first, [partial(self._row, second, *each) for each in zip(term.log_odds, rows, strict=True)])
        return self

    def _row(self, step: Steps, log_odds: Matrix, rows: NDArray[np.int64]) -> _Node:
        """What hangs under one bin of the first column: the bins of the second."""
        bins = zip(log_odds.tolist(), rows.tolist(), strict=True)
        return self._column(step, [partial(self._leaf, *each) for each in bins])

    def _leaf(self, value: float, count: int) -> _Node:
        self.leaf_value.append(float(value))
        self.leaf_count.append(int(count))
        return _Node(-len(self.leaf_value), float(value), int(count))

    def _column(self, step: Steps, bins: Sequence[Callable[[], _Node]]) -> _Node:
        """A balanced tree over the cuts; missing values with a bin of their own go right at a split before it."""
        if step.missing is not None:
            return self._between(step, bins, 0, len(step.cuts))
        place = self._open()
        known = self._between(step, bins, 0, len(step.cuts))
        return self._close(place, step.column, _LARGEST, known, bins[-1](), missing_left=False)

    def _between(self, step: Steps, bins: Sequence[Callable[[], _Node]], first: int, last: int) -> _Node:
        """The bins from first to last; they are made in the order of the splits."""
        if first == last:
            return bins[first]()
        place, middle = self._open(), (first + last) // 2
        left = self._between(step, bins, first, middle)
        right = self._between(step, bins, middle + 1, last)
        return self._close(
            place, step.column, _below(step.cuts[middle]), left, right, missing_left=(step.missing or 0) <= middle
        )

    def _open(self) -> int:
        self.splits.append({})
        return len(self.splits) - 1

    def _close(
        self, place: int, column: int, threshold: float, left: _Node, right: _Node, *, missing_left: bool
    ) -> _Node:
        """Write a split at values up to `threshold`; the gain is what it takes off the squared error of the leaves."""
        rows = left.rows + right.rows
        mean = (left.mean * left.rows + right.mean * right.rows) / rows
        self.splits[place] = {
            "split_feature": column,
            "split_gain": left.rows * right.rows / rows * (left.mean - right.mean) ** 2,
            "threshold": threshold,
            "decision_type": _NAN_IS_MISSING | (_DEFAULT_LEFT if missing_left else 0),
            "left_child": left.child,
            "right_child": right.child,
            "internal_value": mean,
            "internal_weight": rows,
            "internal_count": rows,
        }
        return _Node(place, mean, rows)

    def text(self) -> str:
        """LightGBM's text of the tree."""
        lines = {
            "num_leaves": str(len(self.leaf_value)),
            "num_cat": "0",
            **{name: self._column_text(name) for name in ("split_feature", "split_gain", "threshold")},
            **{name: self._column_text(name) for name in ("decision_type", "left_child", "right_child")},
            "leaf_value": " ".join(repr(value) for value in self.leaf_value),
            "leaf_weight": " ".join(str(count) for count in self.leaf_count),
            "leaf_count": " ".join(str(count) for count in self.leaf_count),
            **{name: self._column_text(name) for name in ("internal_value", "internal_weight", "internal_count")},
            "is_linear": "0",
            "shrinkage": "1",
        }
        return "\n".join(f"{name}={value}" for name, value in lines.items()) + "\n"

    def _column_text(self, name: str) -> str:
        return " ".join(repr(split[name]) for split in self.splits)


def _below(cut: float) -> float:
    """The largest threshold that leaves `cut` itself on the right."""
    return -_SMALLEST if cut == 0 else math.nextafter(cut, -math.inf)


def _merged(step: Steps, log_odds: Matrix, rows: NDArray[np.int64]) -> tuple[Steps, list[tuple[float, int]]]:
    """Neighbouring bins with the same value made one; the bin of missing values stays its own where it is."""
    values, counts = log_odds.tolist(), rows.tolist()
    cuts: list[float] = []
    bins: list[tuple[float, int]] = [(values[0], counts[0])]
    home = step.missing
    for place, cut in enumerate(step.cuts, start=1):
        if values[place] == bins[-1][0]:
            bins[-1] = (values[place], bins[-1][1] + counts[place])
        else:
            cuts.append(cut)
            bins.append((values[place], counts[place]))
        if place == step.missing:
            home = len(bins) - 1
    own = [] if step.missing is not None else [(values[-1], counts[-1])]
    return Steps(step.column, tuple(cuts), home), bins + own
