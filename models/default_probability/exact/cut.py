"""Cutting a tree into groups of leaves that few enough questions decide.

A group is a subtree. Its bits are, first, one per feature on the path to it ("does the row meet every condition that
the path puts on this feature?"), then one per node inside ("does the row go left?"). With at most MOST_BITS of them a
table of 2^bits entries per feature holds the contributions of the group's leaves. Which subtrees: those with the least
sum of tables to look up, found from the leaves upwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.default_probability.exact.forest import NotByTable, Tree

MOST_BITS = 7  # of a group with inner nodes: larger tables fall out of the fast caches (measured: 5 to 8 are alike)
MOST_FEATURES = 8  # on one path: a single leaf has one bit per feature, and patterns are bytes
_BIT_COST = 0.1  # beside 1 for a table look-up


@dataclass(frozen=True)
class Step:
    """One turn on the way to a leaf: at which node, whether to the right, which share of training rows took it."""

    node: int
    right: bool
    feature: int
    share: float


@dataclass(frozen=True)
class Literal:
    """An answer of a node: yes (left), or no where `right`."""

    node: int
    right: bool


@dataclass(frozen=True)
class Condition:
    """What a leaf asks of one feature: pattern bits set and unset; `share`: product of the shares of its steps."""

    feature: int
    set_bits: int
    unset_bits: int
    share: float


@dataclass(frozen=True)
class GroupLeaf:
    """A leaf with its condition on each feature of its path."""

    value: float
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Group:
    """Leaves of one subtree: `bits` (each true where all of its literals are) and the features they involve."""

    bits: tuple[tuple[Literal, ...], ...]
    features: tuple[int, ...]
    leaves: tuple[GroupLeaf, ...]


def cut(tree: Tree) -> tuple[Group, ...]:
    """The groups of a tree, left to right. Raises NotByTable where a path has more than MOST_FEATURES features."""
    paths, order = _paths(tree)
    return tuple(_group(tree, root, paths) for root in _roots(tree, paths, order))


def _paths(tree: Tree) -> tuple[dict[int, tuple[Step, ...]], list[int]]:
    """The way to every node and leaf, and all of them in an order where children follow their parent."""
    paths: dict[int, tuple[Step, ...]] = {tree.root: ()}
    order, waiting = [], [tree.root]
    while waiting:
        number = waiting.pop()
        order.append(number)
        if number < 0:
            continue
        node = tree.nodes[number]
        for child, right in ((node.right, True), (node.left, False)):
            paths[child] = (*paths[number], Step(number, right, node.feature, tree.rows(child) / node.rows))
            waiting.append(child)
    return paths, order


def _features(path: tuple[Step, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(step.feature for step in path))


def _roots(tree: Tree, paths: dict[int, tuple[Step, ...]], order: list[int]) -> list[int]:
    """Roots of the subtrees with the least cost: features to add to, plus a little for every bit."""
    cost: dict[int, float] = {}
    roots: dict[int, list[int]] = {}
    inner: dict[int, tuple[int, ...] | None] = {}  # nodes of the subtree, None once there are too many
    for number in reversed(order):
        above = _features(paths[number])
        if number < 0:
            if len(above) > MOST_FEATURES:
                raise NotByTable(
                    "a path asks about too many features", found=len(above), expected=f"at most {MOST_FEATURES}"
                )
            cost[number], roots[number], inner[number] = len(above) * (1 + _BIT_COST), [number], ()
            continue
        node = tree.nodes[number]
        left, right = inner[node.left], inner[node.right]
        apart = cost[node.left] + cost[node.right]
        together = (number, *left, *right) if left is not None and right is not None else None
        if together is None or len(above) + len(together) > MOST_BITS:
            inner[number], cost[number] = None, apart
            roots[number] = roots[node.left] + roots[node.right]
            continue
        inner[number] = together
        features = {*above, *(tree.nodes[each].feature for each in together)}
        one = len(features) + _BIT_COST * (len(above) + len(together))
        cost[number] = min(one, apart)
        roots[number] = [number] if one <= apart else roots[node.left] + roots[node.right]
    return roots[tree.root]


def _group(tree: Tree, root: int, paths: dict[int, tuple[Step, ...]]) -> Group:
    inside, leaves = _subtree(tree, root)
    above = _features(paths[root])
    bits = [tuple(Literal(step.node, step.right) for step in paths[root] if step.feature == each) for each in above]
    bits += [(Literal(node, right=False),) for node in inside]
    bit_of_feature = {feature: 1 << bit for bit, feature in enumerate(above)}
    bit_of_node = {node: 1 << (len(above) + bit) for bit, node in enumerate(inside)}
    features = tuple(dict.fromkeys([*above, *(tree.nodes[node].feature for node in inside)]))
    return Group(
        tuple(bits),
        features,
        tuple(
            GroupLeaf(
                tree.leaves[-1 - leaf].value,
                tuple(
                    _condition(feature, paths[leaf], bit_of_feature, bit_of_node) for feature in _features(paths[leaf])
                ),
            )
            for leaf in leaves
        ),
    )


def _subtree(tree: Tree, root: int) -> tuple[list[int], list[int]]:
    inside, leaves, waiting = [], [], [root]
    while waiting:
        number = waiting.pop()
        if number < 0:
            leaves.append(number)
            continue
        inside.append(number)
        waiting += [tree.nodes[number].right, tree.nodes[number].left]
    return inside, leaves


def _condition(
    feature: int, path: tuple[Step, ...], bit_of_feature: dict[int, int], bit_of_node: dict[int, int]
) -> Condition:
    wanted, unwanted, share = bit_of_feature.get(feature, 0), 0, 1.0
    for step in path:
        if step.feature != feature:
            continue
        share *= step.share
        bit = bit_of_node.get(step.node, 0)
        if step.right:
            unwanted |= bit
        else:
            wanted |= bit
    return Condition(feature, wanted, unwanted, share)
