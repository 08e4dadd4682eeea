"""Segments in which the model is wrong, looked for rather than waited for.

A shallow tree is grown on the residuals (outcome minus PD) of one half of the enterprises. Its leaves, and every known
segment, are then tested on the other half, which had no part in finding them; the p-values are adjusted for how many
were looked at (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, norm
from sklearn.tree import DecisionTreeRegressor

from training.clustered import Clusters

Matrix = NDArray[np.float64]
DEPTH, LEAVES = 3, 6
LEAST_SHARE = 0.05  # of the rows of the half that finds, in a leaf
LEAST_ROWS = 30  # of the half that tests, in a segment


@dataclass(frozen=True)
class Condition:
    """One step on the way to a leaf: at most the threshold, or above it."""

    name: str
    threshold: float
    below: bool


@dataclass(frozen=True)
class Segment:
    """A segment on the rows that tested it. `gap`: observed minus predicted rate, with its 95 % interval."""

    kind: str  # "found", or the code of a known segment
    label: str
    conditions: tuple[Condition, ...]
    rows: int
    defaults: int
    mean_pd: float
    observed: float
    gap: float
    error: float
    p_value: float  # two-sided, before adjustment
    adjusted: float = 1.0

    @property
    def underpredicted(self) -> bool:
        """Whether more default than is predicted."""
        return self.gap > 0


def weak_segments(
    matrix: Matrix,
    names: Sequence[str],
    pd: Matrix,
    outcome: Matrix,
    *,
    enterprise: NDArray[np.int64],
    known: Mapping[str, NDArray[np.str_]],
    seed: int = 0,
) -> tuple[Segment, ...]:
    """Every segment that was tested, with adjusted p-values, the worst first. None where a half has too few rows."""
    finding = _half(enterprise, seed)
    testing = ~finding
    if min(finding.sum(), testing.sum()) < 2 * LEAST_ROWS:
        return ()
    tree = DecisionTreeRegressor(
        max_depth=DEPTH,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=max(LEAST_ROWS, int(LEAST_SHARE * finding.sum())),
        random_state=seed,
    )
    tree.fit(_without_empty(matrix, finding)[finding], (outcome - pd)[finding])
    leaf = np.asarray(tree.apply(_without_empty(matrix, finding)))
    paths = _paths(tree, names)
    candidates: list[tuple[str, str, tuple[Condition, ...], NDArray[np.bool_]]] = [
        ("found", "", paths[int(number)], leaf == number) for number in np.unique(leaf) if paths[int(number)]
    ]
    for code, values in known.items():
        candidates += [(code, str(value), (), values == value) for value in np.unique(values) if value]
    tested = [
        _tested(kind, label, path, here & testing, pd=pd, outcome=outcome, enterprise=enterprise)
        for kind, label, path, here in candidates
        if (here & testing).sum() >= LEAST_ROWS
    ]
    if not tested:
        return ()
    adjusted = false_discovery_control([one.p_value for one in tested])
    marked = [replace(one, adjusted=float(each)) for one, each in zip(tested, adjusted, strict=True)]
    return tuple(sorted(marked, key=lambda one: (one.adjusted, -abs(one.gap), one.kind, one.label)))


def _half(enterprise: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """The rows of one half of the enterprises."""
    count = int(enterprise.max()) + 1
    heads = np.random.default_rng(seed).permutation(count) < count // 2
    return np.asarray(heads[enterprise])


def _without_empty(matrix: Matrix, finding: NDArray[np.bool_]) -> Matrix:
    """The tree cannot split a column without a value: it gets a constant."""
    empty = np.isnan(matrix[finding]).all(axis=0)
    return np.where(empty, 0.0, matrix)


def _tested(
    kind: str,
    label: str,
    conditions: tuple[Condition, ...],
    here: NDArray[np.bool_],
    *,
    pd: Matrix,
    outcome: Matrix,
    enterprise: NDArray[np.int64],
) -> Segment:
    residual = (outcome - pd)[here]
    gap = float(residual.mean())
    # Under the null the variance is that of the predictions; where enterprises repeat, their rows are added up first.
    clustered = Clusters(enterprise[here]).error((residual - gap) / len(residual))
    predicted = float(np.sqrt((pd[here] * (1 - pd[here])).sum())) / len(residual)
    error = max(clustered, predicted)
    return Segment(
        kind=kind,
        label=label,
        conditions=conditions,
        rows=int(here.sum()),
        defaults=int(outcome[here].sum()),
        mean_pd=float(pd[here].mean()),
        observed=float(outcome[here].mean()),
        gap=gap,
        error=error,
        p_value=float(2 * norm.sf(abs(gap) / error)) if error else 1.0,
    )


def _paths(tree: DecisionTreeRegressor, names: Sequence[str]) -> dict[int, tuple[Condition, ...]]:
    """The conditions of every node, from the root."""
    grown = tree.tree_
    paths: dict[int, tuple[Condition, ...]] = {0: ()}
    for node in range(grown.node_count):
        left, right = int(grown.children_left[node]), int(grown.children_right[node])
        if left < 0:
            continue
        name, threshold = names[int(grown.feature[node])], float(grown.threshold[node])
        paths[left] = (*paths[node], Condition(name, threshold, below=True))
        paths[right] = (*paths[node], Condition(name, threshold, below=False))
    return paths
