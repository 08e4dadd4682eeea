"""The compiled loops: values to codes, codes to patterns, patterns to sums of table entries.

Rows go through in blocks, so that codes, patterns and sums stay in the fast caches; every loop over rows is one that
the compiler can turn into vector instructions. All loops release the interpreter, so threads run side by side. The
entries of a feature, and the trees of the score, are added in one fixed order, in a block and for one row alike: the
bits do not depend on how many rows come.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.default_probability.exact.coding import CATEGORY, NAN_AS_ZERO, ZERO_IS_MISSING

BLOCK = 256  # rows; measured: 128 to 512 are alike
LONGEST_TABLE = 256  # entries: patterns are bytes
_ZERO = float(np.float32(1e-35))  # what LightGBM takes for zero where zero is missing (kZeroThreshold)

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]
Codes = NDArray[Any]  # uint8 or uint16
Patterns = NDArray[np.uint8]


class Machine(NamedTuple):
    """The tables of a model as flat arrays. C code rows, G groups, B bits, L literals, S slots, F features.

    feature, kind, turned_from, start, steps, known [C], edges: see `coding.Coding`.
    group_bit [G+1], bit_literal [B+1]: where the bits of a group and the literals of a bit begin.
    literal_row, literal_code, literal_right [L]: the code row, the highest code that answers yes, 1 where no is wanted.
    literal_answers [L]: where the answers of a categorical question begin in `answers` (1 yes, 0 no), or -1.
    feature_slot [F+1], slot_group, slot_entry [S], entries: by feature the groups it takes part in, and its tables.
    score_group, score_entry [G], scores: the leaf values, groups in the order of the trees.
    """

    feature: Counts
    kind: Counts
    turned_from: Counts
    start: Counts
    steps: Counts
    known: Counts
    edges: Numbers
    group_bit: Counts
    bit_literal: Counts
    literal_row: Counts
    literal_code: Codes
    literal_right: Patterns
    literal_answers: Counts
    answers: Patterns
    feature_slot: Counts
    slot_group: Counts
    slot_entry: Counts
    entries: Numbers
    score_group: Counts
    score_entry: Counts
    scores: Numbers


compiled = njit(cache=True, nogil=True, error_model="numpy")


@compiled
def ready(value: float, kind: int) -> float:
    """The value as the questions see it: a category cut to a whole number, NaN as 0 where LightGBM reads it so."""
    if kind == CATEGORY:
        return float(np.trunc(value))
    return 0.0 if kind == NAN_AS_ZERO and np.isnan(value) else value


@compiled
def settled(rank: np.int64, value: float, edge: float, kind: int, known: np.int64, highest: np.int64) -> np.int64:
    """The code of a value whose rank is found; `edge` is what stands at that rank."""
    if kind == CATEGORY:
        return rank if edge == value and rank < known else known
    missing = np.isnan(value) or (kind == ZERO_IS_MISSING and abs(value) <= _ZERO)
    return highest if missing else rank


@compiled
def code_block(matrix: Numbers, first: int, machine: Machine, column: Numbers, rank: Counts, codes: Codes) -> None:
    """Codes [C, BLOCK] of the rows from `first`; what lies beyond the last row repeats it."""
    last, highest = matrix.shape[0] - 1, codes.dtype.type(-1)
    for row in range(machine.feature.shape[0]):
        into = codes[row]
        if machine.turned_from[row] >= 0:
            source = codes[machine.turned_from[row]]
            for r in range(BLOCK):
                into[r] = source[r] + codes.dtype.type(1)
            continue
        feature, kind, known = machine.feature[row], machine.kind[row], machine.known[row]
        start, steps = machine.start[row], machine.steps[row]
        edges = machine.edges[start : start + (1 << steps)]
        for r in range(BLOCK):
            column[r] = ready(matrix[min(first + r, last), feature], kind)
            rank[r] = 0
        for step in range(steps - 1, -1, -1):
            width = np.int64(1) << step
            for r in range(BLOCK):
                rank[r] += np.int64(edges[rank[r] + width - 1] < column[r]) << step
        for r in range(BLOCK):
            into[r] = settled(rank[r], column[r], edges[rank[r]], kind, known, highest)


@compiled
def _answer(source: Codes, literal: int, machine: Machine, mask: np.uint8, met: Patterns) -> None:
    """Unset the rows' bit in `met` where the literal is not so."""
    answers, highest = machine.literal_answers[literal], machine.literal_code[literal]
    yes = np.uint8(0) if machine.literal_right[literal] else mask
    no = mask ^ yes
    if answers < 0:
        for r in range(BLOCK):
            met[r] &= yes if source[r] <= highest else no
    else:
        for r in range(BLOCK):
            met[r] &= yes if machine.answers[answers + source[r]] else no


@compiled
def pattern_block(codes: Codes, machine: Machine, met: Patterns, patterns: Patterns) -> None:
    """Patterns [G, BLOCK] of every group."""
    for group in range(machine.group_bit.shape[0] - 1):
        into = patterns[group]
        for r in range(BLOCK):
            into[r] = 0
        first = machine.group_bit[group]
        for bit in range(first, machine.group_bit[group + 1]):
            mask = np.uint8(1 << (bit - first))
            begin, end = machine.bit_literal[bit], machine.bit_literal[bit + 1]
            if end - begin == 1 and machine.literal_answers[begin] < 0:  # by far the most: straight into the pattern
                source, highest = codes[machine.literal_row[begin]], machine.literal_code[begin]
                yes = np.uint8(0) if machine.literal_right[begin] else mask
                no = mask ^ yes
                for r in range(BLOCK):
                    into[r] |= yes if source[r] <= highest else no
                continue
            for r in range(BLOCK):
                met[r] = mask
            for literal in range(begin, end):
                _answer(codes[machine.literal_row[literal]], literal, machine, mask, met)
            for r in range(BLOCK):
                into[r] |= met[r]


@compiled
def _add_tables(
    patterns: Patterns, groups: Counts, begins: Counts, entries: Numbers, first: int, end: int, into: Numbers
) -> None:
    """Add what the tables `first` to `end` hold at the rows' patterns, in their order, four in one pass."""
    for r in range(BLOCK):
        into[r] = 0.0
    each = first
    while each + 4 <= end:
        a, b, c, d = (
            patterns[groups[each]], patterns[groups[each + 1]], patterns[groups[each + 2]], patterns[groups[each + 3]]
        )  # fmt: skip
        of_a = entries[begins[each] : begins[each] + LONGEST_TABLE]
        of_b = entries[begins[each + 1] : begins[each + 1] + LONGEST_TABLE]
        of_c = entries[begins[each + 2] : begins[each + 2] + LONGEST_TABLE]
        of_d = entries[begins[each + 3] : begins[each + 3] + LONGEST_TABLE]
        for r in range(BLOCK):
            into[r] = (((into[r] + of_a[a[r]]) + of_b[b[r]]) + of_c[c[r]]) + of_d[d[r]]
        each += 4
    while each < end:
        a, of_a = patterns[groups[each]], entries[begins[each] : begins[each] + LONGEST_TABLE]
        for r in range(BLOCK):
            into[r] += of_a[a[r]]
        each += 1


@compiled
def add_block(patterns: Patterns, machine: Machine, sums: Numbers) -> None:
    """Contributions [F, BLOCK] and, in the last line, the score [BLOCK]."""
    width = machine.feature_slot.shape[0] - 1
    for feature in range(width):
        _add_tables(
            patterns, machine.slot_group, machine.slot_entry, machine.entries,
            machine.feature_slot[feature], machine.feature_slot[feature + 1], sums[feature],
        )  # fmt: skip
    _add_tables(
        patterns, machine.score_group, machine.score_entry, machine.scores, 0, machine.score_entry.shape[0], sums[width]
    )


@compiled
def add_rows(
    matrix: Numbers, first: int, last: int, machine: Machine, room: Room, contributions: Numbers, raw: Numbers
) -> None:
    """Contributions [N, F] and raw scores [N] of the rows from `first` to before `last`, block by block."""
    width = contributions.shape[1]
    for begin in range(first, last, BLOCK):
        code_block(matrix, begin, machine, room.column, room.rank, room.codes)
        pattern_block(room.codes, machine, room.met, room.patterns)
        add_block(room.patterns, machine, room.sums)
        for r in range(min(BLOCK, last - begin)):
            for feature in range(width):
                contributions[begin + r, feature] = room.sums[feature, r]
            raw[begin + r] = room.sums[width, r]


class Room(NamedTuple):
    """Working space of one thread for a block of rows."""

    column: Numbers
    rank: Counts
    codes: Codes
    met: Patterns
    patterns: Patterns
    sums: Numbers


def room_for(machine: Machine) -> Room:
    """Working space that fits a machine."""
    groups = len(machine.group_bit) - 1
    return Room(
        column=np.empty(BLOCK),
        rank=np.empty(BLOCK, dtype=np.int64),
        codes=np.empty((len(machine.feature), BLOCK), dtype=machine.literal_code.dtype),
        met=np.empty(BLOCK, dtype=np.uint8),
        patterns=np.empty((groups, BLOCK), dtype=np.uint8),
        sums=np.empty((len(machine.feature_slot), BLOCK)),
    )
