"""From a booster to its tables, and from rows to contributions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from threading import local
from typing import NamedTuple

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.default_probability.exact import kernel, one_row
from models.default_probability.exact.coding import Codebook
from models.default_probability.exact.cut import Group, GroupLeaf, cut
from models.default_probability.exact.forest import Forest, NotByTable, Tree, read_forest
from models.default_probability.exact.values import (
    contributions_table,
    interventional,
    path_dependent,
    score_table,
    subset_of_pattern,
)

MOST_BYTES = 256 * 1024**2  # of tables: beyond it LightGBM's own contributions are used

Numbers = NDArray[np.float64]


class Contributions(NamedTuple):
    """Log-odds of rows, and what each feature adds to `base`: together `raw`, but for rounding."""

    raw: Numbers  # [N], the same bits as LightGBM's prediction
    base: float
    contributions: Numbers  # [N, F]


@dataclass(frozen=True)
class ExactContributions:
    """The tables of one model. `base` is the mean score: over training rows, or over the reference population."""

    machine: kernel.Machine
    base: float
    groups: tuple[Group, ...] = field(repr=False)
    _spaces: local = field(default_factory=local, repr=False, compare=False)

    @property
    def width(self) -> int:
        """Number of features."""
        return len(self.machine.feature_slot) - 1

    @cached_property
    def bytes(self) -> int:
        """Size of the tables."""
        return sum(part.nbytes for part in self.machine)

    def of(self, matrix: Numbers, threads: int = 1) -> Contributions:
        """Contributions of rows float64[N, F] (NaN: missing). The same bits for any N and any number of threads."""
        if matrix.ndim != 2 or matrix.shape[1] != self.width:
            raise ValueError(f"expected rows of {self.width} features, got an array of shape {matrix.shape}")
        rows = np.ascontiguousarray(matrix, dtype=np.float64)
        contributions, raw = np.empty(rows.shape), np.empty(len(rows))
        if len(rows) == 1:
            raw[0] = self.of_one(rows[0], contributions[0])
        elif len(rows):
            self._of_many(rows, threads, contributions, raw)
        return Contributions(raw, self.base, contributions)

    def of_one(self, row: Numbers, into: Numbers) -> float:
        """Contributions of one row float64[F], written into float64[F]; returns the raw score. Allocates nothing."""
        space = getattr(self._spaces, "space", None)
        if space is None:
            space = self._spaces.space = one_row.space_for(self._by_group)
        return float(one_row.add_one(row, self._by_group, space, into))

    @cached_property
    def _by_group(self) -> one_row.GroupTables:
        return one_row.group_tables(self.machine)

    def _of_many(self, rows: Numbers, threads: int, contributions: Numbers, raw: Numbers) -> None:
        parts = max(1, min(threads, len(rows) // kernel.BLOCK))
        ends = np.linspace(0, len(rows), parts + 1).astype(np.int64)

        def part(number: int) -> None:
            room = kernel.room_for(self.machine)
            kernel.add_rows(rows, ends[number], ends[number + 1], self.machine, room, contributions, raw)

        if parts == 1:
            part(0)
            return
        with ThreadPoolExecutor(parts) as pool:
            list(pool.map(part, range(parts)))


def contributions_of(booster: lightgbm.Booster, reference: Numbers | None = None) -> ExactContributions:
    """Tables of a booster: path dependent, or interventional against `reference` rows float64[R, F].

    Raises NotByTable for trees that tables cannot hold: several scores a row, averaged or linear trees, more than eight
    features on a path, or more than MOST_BYTES.
    """
    if reference is not None:
        return contributions_against(booster, [reference])[0]
    forest, groups, machine = _tabled(booster)
    return ExactContributions(
        _with_entries(machine, groups, _path_dependent(groups)), sum(tree.expected for tree in forest.trees), groups
    )


def contributions_against(booster: lightgbm.Booster, references: Sequence[Numbers]) -> list[ExactContributions]:
    """Interventional tables against each of several populations. Raises NotByTable; ValueError where one is empty."""
    _, groups, machine = _tabled(booster)
    found = []
    for reference in references:
        per_leaf, base = _interventional(groups, machine, reference)
        found.append(ExactContributions(_with_entries(machine, groups, per_leaf), base, groups))
    return found


def _tabled(booster: lightgbm.Booster) -> tuple[Forest, tuple[Group, ...], kernel.Machine]:
    """The trees cut into groups, and everything about their tables but the contributions' entries."""
    forest = read_forest(booster)
    codebook = Codebook(forest)
    cuts = [(tree, group) for tree in forest.trees for group in cut(tree)]
    size = sum((len(group.features) + 1) << len(group.bits) for _, group in cuts) * 8
    if size > MOST_BYTES:
        raise NotByTable("the tables would be too large", found=f"{size:,} bytes", expected=f"at most {MOST_BYTES:,}")
    return forest, tuple(group for _, group in cuts), _machine(forest, codebook, cuts)


def _machine(forest: Forest, codebook: Codebook, cuts: list[tuple[Tree, Group]]) -> kernel.Machine:
    """Everything but the contributions' entries."""
    rows: list[int] = []
    highest: list[int] = []
    right: list[bool] = []
    begins: list[int] = []
    answers: list[NDArray[np.uint8]] = []
    said = 0
    literals_of_bit = [0]
    bits_of_group = [0]
    for tree, group in cuts:
        for bit in group.bits:
            for literal in bit:
                node = tree.nodes[literal.node]
                row, code, members = codebook.question(node)
                rows.append(row)
                highest.append(code)
                right.append(literal.right)
                begins.append(-1 if members is None else said)
                if members is not None:
                    yes = np.zeros(codebook.categories(node.feature) + 1, dtype=np.uint8)
                    yes[list(members)] = 1
                    answers.append(yes)
                    said += len(yes)
            literals_of_bit.append(len(rows))
        bits_of_group.append(len(literals_of_bit) - 1)
    coding = codebook.coding()
    slots = sorted(
        (feature, number, position)
        for number, (_, group) in enumerate(cuts)
        for position, feature in enumerate(group.features)
    )
    scores = [score_table(group) for _, group in cuts]
    return kernel.Machine(
        feature=coding.feature,
        kind=coding.kind,
        turned_from=coding.turned_from,
        start=coding.start,
        steps=coding.steps,
        known=coding.known,
        edges=coding.edges,
        group_bit=np.array(bits_of_group, dtype=np.int64),
        bit_literal=np.array(literals_of_bit, dtype=np.int64),
        literal_row=np.array(rows, dtype=np.int64),
        literal_code=np.array(highest, dtype=coding.code),
        literal_right=np.array(right, dtype=np.uint8),
        literal_answers=np.array(begins, dtype=np.int64),
        answers=np.concatenate([*answers, np.zeros(1, dtype=np.uint8)]),
        feature_slot=np.searchsorted([slot[0] for slot in slots], np.arange(forest.width + 1)).astype(np.int64),
        slot_group=np.array([slot[1] for slot in slots], dtype=np.int64),
        slot_entry=np.empty(len(slots), dtype=np.int64),
        entries=np.empty(0),
        score_group=np.arange(len(cuts), dtype=np.int64),
        score_entry=_begins(scores),
        scores=np.concatenate([*scores, np.zeros(kernel.LONGEST_TABLE)]),
    )


def _with_entries(machine: kernel.Machine, groups: tuple[Group, ...], per_leaf: list[list[Numbers]]) -> kernel.Machine:
    tables = [contributions_table(group, leaves) for group, leaves in zip(groups, per_leaf, strict=True)]
    by_slot = []
    for feature in range(len(machine.feature_slot) - 1):
        for slot in range(machine.feature_slot[feature], machine.feature_slot[feature + 1]):
            number = machine.slot_group[slot]
            by_slot.append(tables[number][groups[number].features.index(feature)])
    return machine._replace(
        slot_entry=_begins(by_slot), entries=np.concatenate([*by_slot, np.zeros(kernel.LONGEST_TABLE)])
    )


def _begins(tables: list[Numbers]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum([len(table) for table in tables])])[: len(tables)].astype(np.int64)


def _by_size(groups: tuple[Group, ...]) -> dict[int, list[tuple[int, int, GroupLeaf]]]:
    """Leaves by their number of conditions, with their group and position: leaves of a size are worked out together."""
    found: dict[int, list[tuple[int, int, GroupLeaf]]] = defaultdict(list)
    for number, group in enumerate(groups):
        for position, leaf in enumerate(group.leaves):
            found[len(leaf.conditions)].append((number, position, leaf))
    return found


def _path_dependent(groups: tuple[Group, ...]) -> list[list[Numbers]]:
    tables = [[np.empty(0)] * len(group.leaves) for group in groups]
    for count, found in _by_size(groups).items():
        values = np.array([leaf.value for _, _, leaf in found])
        shares = np.array([[condition.share for condition in leaf.conditions] for _, _, leaf in found])
        made = path_dependent(values, shares.reshape(len(found), count))
        for (number, position, _), table in zip(found, made, strict=True):
            tables[number][position] = table
    return tables


def _interventional(
    groups: tuple[Group, ...], machine: kernel.Machine, reference: Numbers
) -> tuple[list[list[Numbers]], float]:
    """Tables and the mean score of the reference rows."""
    patterns = _pattern_frequencies(groups, machine, np.ascontiguousarray(reference, dtype=np.float64))
    tables = [[np.empty(0)] * len(group.leaves) for group in groups]
    base = 0.0
    for count, found in _by_size(groups).items():
        frequencies = np.zeros((len(found), 1 << count))
        for row, (number, _, leaf) in enumerate(found):
            subset = subset_of_pattern(leaf, len(groups[number].bits))
            frequencies[row] = np.bincount(subset, weights=patterns[number], minlength=1 << count)
        values = np.array([leaf.value for _, _, leaf in found])
        base += float(values @ frequencies[:, -1])
        for (number, position, _), table in zip(found, interventional(values, frequencies), strict=True):
            tables[number][position] = table
    return tables, base


def _pattern_frequencies(groups: tuple[Group, ...], machine: kernel.Machine, reference: Numbers) -> list[Numbers]:
    """How often each pattern of each group occurs among the reference rows, as shares."""
    if not len(reference):
        raise ValueError("the reference population is empty")
    counts = [np.zeros(1 << len(group.bits)) for group in groups]
    room = kernel.room_for(machine)
    for begin in range(0, len(reference), kernel.BLOCK):
        kernel.code_block(reference, begin, machine, room.column, room.rank, room.codes)
        kernel.pattern_block(room.codes, machine, room.met, room.patterns)
        rows = min(kernel.BLOCK, len(reference) - begin)
        for number in range(len(groups)):
            counts[number] += np.bincount(room.patterns[number, :rows], minlength=len(counts[number]))
    return [count / len(reference) for count in counts]
