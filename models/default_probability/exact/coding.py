"""Each feature's value as a small integer: its rank among the model's thresholds, or which category it is.

With thresholds t_0 < t_1 < ..., rank(x) = how many are below x, and `x <= t_i` is `rank(x) <= i`: comparisons of bytes
instead of doubles, 32 or 64 at a time. Missing is the highest code, which answers every question with no; where
missing goes left, the codes are turned up by one so that the highest wraps around to 0 and answers yes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.default_probability.exact.forest import Forest, Node, NotByTable

NAN_AS_ZERO, ZERO_IS_MISSING, NAN_IS_MISSING, CATEGORY = 0, 1, 2, 3
KINDS = {"None": NAN_AS_ZERO, "Zero": ZERO_IS_MISSING, "NaN": NAN_IS_MISSING}


@dataclass(frozen=True)
class Coding:
    """How values become codes. C codings: what a code row reads; codes are bytes, or two bytes for many thresholds.

    `feature`, `kind` [C]: which column, and what is missing there. `turned_from` [C]: the row whose codes this one has
    turned up by one, or -1 where the value itself is looked up. `start`, `steps` [C]: where the sorted table of the
    row begins in `edges` and the base-2 logarithm of its length (thresholds, or category numbers, padded with +inf to
    a power of two). `known` [C]: how many of them there are.
    """

    feature: NDArray[np.int64]
    kind: NDArray[np.int64]
    turned_from: NDArray[np.int64]
    start: NDArray[np.int64]
    known: NDArray[np.int64]
    steps: NDArray[np.int64]
    edges: NDArray[np.float64]
    code: type[np.uint8] | type[np.uint16]


class Codebook:
    """Gives each node its code row and the code that its question compares with."""

    def __init__(self, forest: Forest) -> None:
        every = [node for tree in forest.trees for node in tree.nodes]
        self._edges = edges_of(every)
        self._rows: dict[tuple[int, int, bool], int] = {}
        longest = max((len(edges) for edges in self._edges.values()), default=0)
        if longest > np.iinfo(np.uint16).max - 1:
            raise NotByTable("a feature has more thresholds than codes", found=longest, expected="at most 65,534")
        self._code: type[np.uint8] | type[np.uint16] = np.uint8 if longest < np.iinfo(np.uint8).max else np.uint16

    def question(self, node: Node) -> tuple[int, int, tuple[int, ...] | None]:
        """Code row, the highest code that answers yes, and for a category the codes that do."""
        if node.categories is not None:
            edges = self._edges[node.feature, True]
            row = self._row(node.feature, CATEGORY, turned=False)
            return row, 0, tuple(int(np.searchsorted(edges, each)) for each in node.categories)
        kind = KINDS[node.missing]
        turned = kind != NAN_AS_ZERO and node.default_left
        rank = int(np.searchsorted(self._edges[node.feature, False], node.threshold))
        return self._row(node.feature, kind, turned=turned), rank + turned, None

    def coding(self) -> Coding:
        """Every code row asked for so far."""
        keys = list(self._rows)
        tables = [self._edges[feature, kind == CATEGORY] for feature, kind, _ in keys]
        steps = np.array([max(1, len(table).bit_length()) for table in tables], dtype=np.int64)
        start = np.concatenate([[0], np.cumsum(1 << steps)]).astype(np.int64)
        edges = np.full(int(start[-1]), np.inf)
        for begin, table in zip(start, tables, strict=False):
            edges[begin : begin + len(table)] = table
        return Coding(
            feature=np.array([key[0] for key in keys], dtype=np.int64),
            kind=np.array([key[1] for key in keys], dtype=np.int64),
            turned_from=np.array([self._rows[key[0], key[1], False] if key[2] else -1 for key in keys], dtype=np.int64),
            start=start[:-1],
            known=np.array([len(table) for table in tables], dtype=np.int64),
            steps=steps,
            edges=edges,
            code=self._code,
        )

    def categories(self, feature: int) -> int:
        """How many categories of a feature the model names; one code more stands for every other value."""
        return len(self._edges[feature, True])

    def _row(self, feature: int, kind: int, *, turned: bool) -> int:
        if turned:
            self._row(feature, kind, turned=False)
        return self._rows.setdefault((feature, kind, turned), len(self._rows))


def edges_of(nodes: list[Node]) -> dict[tuple[int, bool], NDArray[np.float64]]:
    """Sorted thresholds of each feature (False) and sorted categories (True)."""
    found: dict[tuple[int, bool], set[float]] = {}
    for node in nodes:
        if node.categories is None:
            found.setdefault((node.feature, False), set()).add(node.threshold)
        else:
            found.setdefault((node.feature, True), set()).update(float(each) for each in node.categories)
    return {key: np.array(sorted(values)) for key, values in found.items()}
