"""One row through the tables, laid out by group: what a group says of a row lies side by side in memory.

A block of rows reads one feature's tables after the other and finds them in the fast caches again and again. A row
alone reads each table once, at one entry, from whatever memory it is in; so here the entries of a pattern stand
together (a cache line or two a group instead of one a feature), and all questions are asked in one vector loop. Each
feature's entries are added in the order of the groups, as for a block: the bits are the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.default_probability.exact.kernel import Counts, Machine, Numbers, Patterns, compiled, ready, settled

BITS = 8  # of a pattern
_GATHER = np.uint64(0x0102040810204080)  # brings eight bytes of 0 or 1 together in the highest byte
_HIGHEST = np.uint64(56)

Indices = NDArray[np.uint32]
Codes = NDArray[np.int32]


class GroupTables(NamedTuple):
    """The tables of a model for one row. C codings, G groups, Q = 8 G questions, F features; few arrays: each costs
    some tenths of a microsecond a call.

    codings [C, 6], edges: columns of `coding.Coding`: feature, kind, turned_from, start, steps, known.
    asked [Q]: the code that a question is about; highest, no [Q]: the highest code that answers yes, and 1 where no is
    wanted. A bit that no group has is never set; one that is more than a comparison stands in `compound`.
    compound [K, 3], literals [L, 4]: the question, and from where to where its literals are; of each the code, the
    highest code that answers yes, 1 where no is wanted, and where its answers begin in `answers` or -1.
    groups [G, 3]: where the group's entries begin, how many a pattern has, where its features begin in `features`.
    entries: by group and pattern the leaf value, then what each feature of the group contributes.
    missing: the code of a missing value.
    """

    codings: Counts
    edges: Numbers
    asked: Indices
    highest: Codes
    no: Patterns
    compound: Counts
    literals: Counts
    answers: Patterns
    groups: Counts
    features: Indices
    entries: Numbers
    missing: int


class Space(NamedTuple):
    """Working space of one thread for one row: codes [C], answers [Q], the same as words [G]."""

    codes: Codes
    met: Patterns
    words: NDArray[np.uint64]


def space_for(tables: GroupTables) -> Space:
    """Working space that fits."""
    met = np.zeros(len(tables.asked), dtype=np.uint8)
    codes = np.zeros(max(1, len(tables.codings)), dtype=np.int32)  # the first is read also by bits that no group has
    return Space(codes, met, met.view(np.uint64))


def group_tables(machine: Machine) -> GroupTables:
    """The same tables by group."""
    count, width = len(machine.group_bit) - 1, len(machine.feature_slot) - 1
    asked = np.zeros(count * BITS, dtype=np.uint32)
    highest, no = np.full(count * BITS, -1, dtype=np.int32), np.zeros(count * BITS, dtype=np.uint8)
    compound = []
    for group in range(count):
        first = machine.group_bit[group]
        for bit in range(first, machine.group_bit[group + 1]):
            question, begin, end = group * BITS + bit - first, machine.bit_literal[bit], machine.bit_literal[bit + 1]
            if end - begin == 1 and machine.literal_answers[begin] < 0:
                asked[question] = machine.literal_row[begin]
                highest[question], no[question] = machine.literal_code[begin], machine.literal_right[begin]
            else:
                compound.append((question, begin, end))
    literals = (machine.literal_row, machine.literal_code, machine.literal_right, machine.literal_answers)
    codings = (
        machine.feature, machine.kind, machine.turned_from, machine.start, machine.steps, machine.known,
    )  # fmt: skip
    feature_of_slot = np.repeat(np.arange(width), np.diff(machine.feature_slot))
    by_group = np.argsort(machine.slot_group, kind="stable")  # of one group: by feature
    slots_of = np.split(by_group, np.searchsorted(machine.slot_group[by_group], np.arange(1, count)))
    groups, entries, at, column = [], [], 0, 0
    for group, slots in enumerate(slots_of):
        patterns = 1 << int(machine.group_bit[group + 1] - machine.group_bit[group])
        begins = [machine.score_entry[group], *machine.slot_entry[slots]]
        sources = [machine.scores, *[machine.entries] * len(slots)]
        table = np.stack([of[begin : begin + patterns] for of, begin in zip(sources, begins, strict=True)], axis=1)
        groups.append((at, table.shape[1], column))
        entries.append(table.ravel())
        at, column = at + table.size, column + len(slots)
    return GroupTables(
        codings=np.stack(codings, axis=1).astype(np.int64),
        edges=machine.edges,
        asked=asked,
        highest=highest,
        no=no,
        compound=np.array(compound, dtype=np.int64).reshape(-1, 3),
        literals=np.stack([each.astype(np.int64) for each in literals], axis=1),
        answers=machine.answers,
        groups=np.array(groups, dtype=np.int64).reshape(-1, 3),
        features=feature_of_slot[by_group].astype(np.uint32),
        entries=np.concatenate([*entries, np.zeros(1)]),
        missing=int(np.iinfo(machine.literal_code.dtype).max),
    )


@compiled
def _code(row: Numbers, tables: GroupTables, codes: Codes) -> None:
    """Codes [C] of one row."""
    codings, edges = tables.codings, tables.edges
    for each in range(codings.shape[0]):
        turned_from = codings[each, 2]
        if turned_from >= 0:  # the highest wraps around to 0
            codes[each] = np.int32(0) if codes[turned_from] == tables.missing else codes[turned_from] + np.int32(1)
            continue
        kind, start, rank = codings[each, 1], codings[each, 3], np.int64(0)
        value = ready(row[codings[each, 0]], kind)
        for step in range(codings[each, 4] - 1, -1, -1):
            rank += np.int64(edges[start + rank + (np.int64(1) << step) - 1] < value) << step
        codes[each] = settled(rank, value, edges[start + rank], kind, codings[each, 5], np.int64(tables.missing))


@compiled
def _answer(tables: GroupTables, codes: Codes, met: Patterns) -> None:
    """The answers [Q] to every question."""
    asked, highest, no = tables.asked, tables.highest, tables.no
    for question in range(asked.shape[0]):
        met[question] = np.uint8(codes[asked[question]] <= highest[question]) ^ no[question]
    for each in range(tables.compound.shape[0]):
        all_so = np.uint8(1)
        for literal in range(tables.compound[each, 1], tables.compound[each, 2]):
            code, answers = codes[tables.literals[literal, 0]], tables.literals[literal, 3]
            yes = np.uint8(code <= tables.literals[literal, 1]) if answers < 0 else tables.answers[answers + code]
            all_so &= yes ^ np.uint8(tables.literals[literal, 2])
        met[tables.compound[each, 0]] = all_so


@compiled
def add_one(row: Numbers, tables: GroupTables, space: Space, contributions: Numbers) -> float:
    """Contributions [F] of one row into the given array; its raw score is returned. Nothing is allocated."""
    _code(row, tables, space.codes)
    _answer(tables, space.codes, space.met)
    words, features, entries = space.words, tables.features, tables.entries
    for feature in range(contributions.shape[0]):
        contributions[feature] = 0.0
    score = 0.0
    for group in range(tables.groups.shape[0]):
        pattern = np.int64((words[group] * _GATHER) >> _HIGHEST)
        begin, width, column = tables.groups[group, 0], tables.groups[group, 1], tables.groups[group, 2]
        entry = begin + pattern * width
        score += entries[entry]
        for each in range(width - 1):
            contributions[features[column + each]] += entries[entry + 1 + each]
    return score
