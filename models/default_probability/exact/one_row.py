"""One row through the tables, laid out by group: what a group says of a row lies side by side in memory.

A block of rows reads one feature's tables after the other and finds them in the fast caches again and again. A row
alone reads each table once, at one entry, from whatever memory it is in (measured in the service: two thirds of the
time is waiting for it). So here the entries of a pattern stand together in one cache line, everything else is in few
bytes, and all questions are asked in one vector loop. Each feature's entries are added in the order of the groups, as
for a block: the bits are the same.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.default_probability.exact.kernel import Counts, Machine, Numbers, Patterns, compiled, ready, settled

BITS = 8  # of a pattern
LINE = 8  # numbers of a cache line
_GATHER = np.uint64(0x0102040810204080)  # brings eight bytes of 0 or 1 together in the highest byte
_HIGHEST = np.uint64(56)

Indices = NDArray[np.uint16]
Codes = NDArray[np.int32]


class GroupTables(NamedTuple):
    """The tables of a model for one row. C codings, G groups, Q = 8 G questions; few arrays: each costs some tenths of
    a microsecond a call.

    codings [C, 6], edges: columns of `coding.Coding`: feature, kind, turned_from, start, steps, known.
    asked [Q]: which of the 2 C codes a question is about; highest [Q] (int16, or int32 for many thresholds): the
    highest code that answers yes. The second C codes are the first ones turned down (-1 - code), so that no is a yes
    as well. A bit that no group has is never set; one that is more than a comparison stands in `compound`.
    compound [K, 3], literals [L, 4]: the question, and from where to where its literals are; of each the code, the
    highest code that answers yes, 1 where no is wanted, and where its answers begin in `answers` or -1.
    groups [G + 1, 3]: where the group's entries begin, how far the patterns are apart, where its features begin in
    `features`.
    entries: by group and pattern the leaf value, then what each feature of the group contributes.
    missing: the code of a missing value.
    """

    codings: Counts
    edges: Numbers
    asked: Indices
    highest: NDArray[Any]
    compound: Counts
    literals: Counts
    answers: Patterns
    groups: Codes
    features: Indices
    entries: Numbers
    missing: int


class Space(NamedTuple):
    """Working space of one thread for one row: codes [2 C], answers [Q], the same as words [G], entry of each group."""

    codes: Codes
    met: Patterns
    words: NDArray[np.uint64]
    entry: Codes


def space_for(tables: GroupTables) -> Space:
    """Working space that fits."""
    met = np.zeros(len(tables.asked), dtype=np.uint8)
    codes = np.zeros(max(1, 2 * len(tables.codings)), dtype=np.int32)  # the first is read also by bits that none has
    return Space(codes, met, met.view(np.uint64), np.zeros(len(tables.groups), dtype=np.int32))


def group_tables(machine: Machine) -> GroupTables:
    """The same tables by group."""
    asked, highest, compound = _questions(machine)
    literals = (machine.literal_row, machine.literal_code, machine.literal_right, machine.literal_answers)
    codings = (machine.feature, machine.kind, machine.turned_from, machine.start, machine.steps, machine.known)
    groups, features, entries = _entries(machine)
    return GroupTables(
        codings=np.stack(codings, axis=1).astype(np.int64),
        edges=machine.edges,
        asked=asked,
        highest=highest,
        compound=compound,
        literals=np.stack([each.astype(np.int64) for each in literals], axis=1),
        answers=machine.answers,
        groups=groups,
        features=features,
        entries=entries,
        missing=int(np.iinfo(machine.literal_code.dtype).max),
    )


def _questions(machine: Machine) -> tuple[Indices, NDArray[Any], Counts]:
    """`asked`, `highest` and `compound`."""
    count, codings = len(machine.group_bit) - 1, len(machine.feature)
    few = machine.literal_code.dtype == np.uint8
    asked = np.zeros(count * BITS, dtype=np.uint16)
    highest = np.full(count * BITS, -1, dtype=np.int16 if few else np.int32)
    compound = []
    for group in range(count):
        first = machine.group_bit[group]
        for bit in range(first, machine.group_bit[group + 1]):
            question, begin, end = group * BITS + bit - first, machine.bit_literal[bit], machine.bit_literal[bit + 1]
            if end - begin > 1 or machine.literal_answers[begin] >= 0:
                compound.append((question, begin, end))
                continue
            turned, code = machine.literal_right[begin], int(machine.literal_code[begin])
            asked[question] = machine.literal_row[begin] + (codings if turned else 0)
            highest[question] = -2 - code if turned else code  # above code: -1 less what it is, at most -1 - (code + 1)
    return asked, highest, np.array(compound, dtype=np.int64).reshape(-1, 3)


def _entries(machine: Machine) -> tuple[Codes, Indices, Numbers]:
    """`groups`, `features` and `entries`, each pattern within one cache line where it fits into one."""
    count, width = len(machine.group_bit) - 1, len(machine.feature_slot) - 1
    feature_of_slot = np.repeat(np.arange(width), np.diff(machine.feature_slot))
    by_group = np.argsort(machine.slot_group, kind="stable")  # of one group: by feature
    slots_of = np.split(by_group, np.searchsorted(machine.slot_group[by_group], np.arange(1, count)))
    groups, tables, at, column = [], [], 0, 0
    for group, slots in enumerate(slots_of):
        patterns = 1 << int(machine.group_bit[group + 1] - machine.group_bit[group])
        held = 1 + len(slots)
        apart = min(1 << (held - 1).bit_length(), LINE * -(-held // LINE))
        at = apart * -(-at // apart)
        table = np.zeros((patterns, apart))
        table[:, 0] = machine.scores[machine.score_entry[group] :][:patterns]
        for place, slot in enumerate(slots):
            table[:, 1 + place] = machine.entries[machine.slot_entry[slot] :][:patterns]
        groups.append((at, apart, column))
        tables.append(table.ravel())
        at, column = at + table.size, column + len(slots)
    groups.append((at, 0, column))
    entries = _aligned(at)
    for (begin, _, _), numbers in zip(groups, tables, strict=False):
        entries[begin : begin + len(numbers)] = numbers
    return np.array(groups, dtype=np.int32), feature_of_slot[by_group].astype(np.uint16), entries


def _aligned(count: int) -> Numbers:
    """Zeros that begin where a cache line does."""
    room = np.zeros(count + LINE)
    begin = -(room.ctypes.data // room.itemsize) % LINE
    return room[begin : begin + count]


@compiled
def _code(row: Numbers, tables: GroupTables, codes: Codes) -> None:
    """Codes [2 C] of one row."""
    codings, edges = tables.codings, tables.edges
    count = codings.shape[0]
    for each in range(count):
        turned_from = codings[each, 2]
        if turned_from >= 0:  # the highest wraps around to 0
            codes[each] = np.int32(0) if codes[turned_from] == tables.missing else codes[turned_from] + np.int32(1)
        else:
            kind, start, rank = codings[each, 1], codings[each, 3], np.int64(0)
            value = ready(row[codings[each, 0]], kind)
            for step in range(codings[each, 4] - 1, -1, -1):
                rank += np.int64(edges[start + rank + (np.int64(1) << step) - 1] < value) << step
            codes[each] = settled(rank, value, edges[start + rank], kind, codings[each, 5], np.int64(tables.missing))
        codes[count + each] = -1 - codes[each]


@compiled
def _answer(tables: GroupTables, codes: Codes, met: Patterns) -> None:
    """The answers [Q] to every question."""
    asked, highest = tables.asked, tables.highest
    for question in range(asked.shape[0]):
        met[question] = codes[asked[question]] <= highest[question]
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
    groups, features, entries, entry = tables.groups, tables.features, tables.entries, space.entry
    score = 0.0
    for group in range(groups.shape[0] - 1):  # little else to do: many cache lines are on their way at a time
        pattern = np.int64((space.words[group] * _GATHER) >> _HIGHEST)
        entry[group] = groups[group, 0] + pattern * groups[group, 1]
        score += entries[entry[group]]
    for feature in range(contributions.shape[0]):
        contributions[feature] = 0.0
    for group in range(groups.shape[0] - 1):
        column, first = groups[group, 2], entry[group] + 1
        for each in range(groups[group + 1, 2] - column):
            contributions[features[column + each]] += entries[first + each]
    return score
