"""The tables: for every pattern of a group, what each of its features contributes.

Both kinds of Shapley value are sums over leaves of games with a simple form, so each is worked out per leaf for every
subset of its features that the row satisfies, then added into the table at every pattern that means that subset.

Path dependent (Lundberg et al. 2020, algorithm 2; what LightGBM's pred_contrib computes). A leaf of value v whose path
puts conditions on features 1..k; o_i is 1 where the row satisfies condition i, z_i the share of training rows that
take the path's turns on i. A coalition S sees v * prod_{i in S} o_i * prod_{i not in S} z_i, so

    phi_j = v * (o_j - z_j) * sum_{S not containing j} |S|! (k - |S| - 1)! / k! * prod_{S} o_i * prod_{others} z_i

Interventional (same paper, "independent" background; shap.TreeExplainer with data). A coalition S sees the leaf if the
row satisfies the conditions in S and the reference row those outside of it. With P the conditions that only the row
satisfies, N those that only the reference row does, and none that neither does:

    phi_j = v * (|P| - 1)! |N|! / (|P| + |N|)!  for j in P,   - v * |P|! (|N| - 1)! / (|P| + |N|)!  for j in N

averaged over the reference rows. They enter only as how often each subset is satisfied, so the work at scoring does
not know how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import factorial

import numpy as np
from numpy.typing import NDArray

from models.default_probability.exact.cut import Group, GroupLeaf

Table = NDArray[np.float64]


def path_dependent(values: Table, shares: Table) -> Table:
    """Contributions [L, 2^k, k] of L leaves with k conditions each, for every subset of satisfied conditions.

    `values` [L], `shares` [L, k]; bit i of the subset's number: condition i is satisfied.
    """
    leaves, count = shares.shape
    satisfied = _satisfied(count)  # [2^k, k]
    weight = np.array([factorial(size) * factorial(count - size - 1) / factorial(count) for size in range(count)])
    table = np.empty((leaves, 1 << count, count))
    for one in range(count):
        # Coefficients of prod_{i != one} (z_i + o_i y): the power of y counts the members of the coalition.
        powers = np.zeros((leaves, 1 << count, count))
        powers[:, :, 0] = 1.0
        for other in range(count):
            if other != one:
                grown = powers * shares[:, None, other : other + 1]
                grown[:, :, 1:] += powers[:, :, :-1] * satisfied[None, :, other : other + 1]
                powers = grown
        table[:, :, one] = values[:, None] * (satisfied[None, :, one] - shares[:, None, one]) * (powers @ weight)
    return table


def interventional(values: Table, frequencies: Table) -> Table:
    """Contributions [L, 2^k, k] of L leaves; `frequencies` [L, 2^k]: share of reference rows with just that subset."""
    count = frequencies.shape[1].bit_length() - 1
    table: Table = np.tensordot(values[:, None] * frequencies, _gains(count), axes=1)
    return table


@cache
def _gains(count: int) -> Table:
    """What one reference row gives [theirs 2^k, ours 2^k, k], for a leaf of value 1."""
    every = (1 << count) - 1
    gains = np.zeros((1 << count, 1 << count, count))
    for theirs in range(1 << count):
        for ours in range(1 << count):
            if ours | theirs != every:
                continue  # a condition that neither satisfies: no coalition sees the leaf
            only_ours, only_theirs = ours & ~theirs, theirs & ~ours
            p, n = only_ours.bit_count(), only_theirs.bit_count()
            for one in range(count):
                if only_ours >> one & 1:
                    gains[theirs, ours, one] = factorial(p - 1) * factorial(n) / factorial(p + n)
                elif only_theirs >> one & 1:
                    gains[theirs, ours, one] = -factorial(p) * factorial(n - 1) / factorial(p + n)
    return gains


def subset_of_pattern(leaf: GroupLeaf, bits: int) -> NDArray[np.int64]:
    """Which conditions of the leaf each of the 2^bits patterns satisfies, as a subset number [2^bits]."""
    patterns = np.arange(1 << bits)
    subset = np.zeros(1 << bits, dtype=np.int64)
    for position, condition in enumerate(leaf.conditions):
        met = ((patterns & condition.set_bits) == condition.set_bits) & ((patterns & condition.unset_bits) == 0)
        subset |= met.astype(np.int64) << position
    return subset


def contributions_table(group: Group, per_leaf: Sequence[Table]) -> Table:
    """The group's table [features, 2^bits]: the sum of its leaves."""
    bits = len(group.bits)
    slot = {feature: position for position, feature in enumerate(group.features)}
    table = np.zeros((len(group.features), 1 << bits))
    for leaf, contributed in zip(group.leaves, per_leaf, strict=True):
        subset = subset_of_pattern(leaf, bits)
        for position, condition in enumerate(leaf.conditions):
            table[slot[condition.feature]] += contributed[subset, position]
    return table


def score_table(group: Group) -> Table:
    """The value of the leaf that each pattern leads to [2^bits], 0 where the row ends in another group."""
    bits = len(group.bits)
    table = np.zeros(1 << bits)
    for leaf in group.leaves:
        reached = subset_of_pattern(leaf, bits) == (1 << len(leaf.conditions)) - 1
        table[reached] = leaf.value
    return table


def _satisfied(count: int) -> Table:
    return (np.arange(1 << count)[:, None] >> np.arange(count)[None, :] & 1).astype(np.float64)
