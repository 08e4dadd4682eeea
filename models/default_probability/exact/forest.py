"""The trees of a LightGBM booster as nodes and leaves, read through its public dump."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm

from models.errors import AssetlightError

_NONE, _ZERO, _NAN = "None", "Zero", "NaN"


class NotByTable(AssetlightError):
    """The trees are outside of what tables can hold; LightGBM's own (slower) contributions are exact as well."""


@dataclass(frozen=True)
class Node:
    """One question: left where `x <= threshold` (or x is one of `categories`), right otherwise.

    `missing` says what counts as missing: "NaN", "Zero" (NaN and 0), or "None" (NaN is read as 0). What is missing goes
    left where `default_left`. `left` and `right` are node numbers, or leaf number i as -1 - i. `rows`: of training.
    """

    feature: int
    threshold: float
    categories: tuple[int, ...] | None
    missing: str
    default_left: bool
    left: int
    right: int
    rows: int


@dataclass(frozen=True)
class Leaf:
    """What a leaf adds to the log-odds, and how many training rows fell into it."""

    value: float
    rows: int


@dataclass(frozen=True)
class Tree:
    """Nodes with the root first, and leaves; a tree without nodes is one leaf."""

    nodes: tuple[Node, ...]
    leaves: tuple[Leaf, ...]

    @property
    def root(self) -> int:
        """Number of the root."""
        return 0 if self.nodes else -1

    def rows(self, number: int) -> int:
        """Training rows of a node or a leaf."""
        return self.nodes[number].rows if number >= 0 else self.leaves[-1 - number].rows

    @property
    def expected(self) -> float:
        """Mean of the leaves over training rows: LightGBM's base value of this tree, added up in its order."""
        if not self.nodes:
            return self.leaves[0].value
        total = self.nodes[0].rows
        return sum(leaf.rows / total * leaf.value for leaf in self.leaves)


@dataclass(frozen=True)
class Forest:
    """Every tree in order; their sum is the raw score."""

    trees: tuple[Tree, ...]
    width: int  # number of features


def read_forest(booster: lightgbm.Booster) -> Forest:
    """The booster's trees. Raises NotByTable for several scores a row, averaged output and linear leaves."""
    dump: Mapping[str, Any] = booster.dump_model()
    if dump["num_tree_per_iteration"] != 1 or dump["average_output"]:
        raise NotByTable("only one sum of trees a row can be tabled", found="several scores a row, or averaged trees")
    trees = tuple(_tree(each["tree_structure"]) for each in dump["tree_info"])
    return Forest(trees, int(dump["max_feature_idx"]) + 1)


def _tree(structure: Mapping[str, Any]) -> Tree:
    """Numbered without recursion: a scorecard's tree may be as deep as it has bins."""
    nodes: list[Node | None] = []
    leaves: dict[int, Leaf] = {}
    links: dict[int, list[int]] = {}
    waiting: list[tuple[Mapping[str, Any], int, int]] = [(structure, -1, 0)]
    splits: dict[int, Mapping[str, Any]] = {}
    while waiting:
        part, parent, side = waiting.pop()
        if "split_feature" in part:
            number = len(nodes)
            nodes.append(None)
            links[number] = [0, 0]
            splits[number] = part
            waiting += [(part["right_child"], number, 1), (part["left_child"], number, 0)]
        else:
            if "leaf_coeff" in part:
                raise NotByTable("a linear leaf has no fixed value", found="linear_tree")
            index = int(part.get("leaf_index", 0))
            leaves[index] = Leaf(float(part["leaf_value"]), int(part.get("leaf_count", 1)))
            number = -1 - index
        if parent >= 0:
            links[parent][side] = number
    return Tree(
        tuple(_node(splits[number], *links[number]) for number in range(len(nodes))),
        tuple(leaves[index] for index in range(len(leaves))),
    )


def _node(split: Mapping[str, Any], left: int, right: int) -> Node:
    categorical = split["decision_type"] == "=="
    return Node(
        feature=int(split["split_feature"]),
        threshold=0.0 if categorical else float(split["threshold"]),
        categories=tuple(int(each) for each in str(split["threshold"]).split("||")) if categorical else None,
        missing=str(split["missing_type"]),
        default_left=bool(split["default_left"]),
        left=left,
        right=right,
        rows=int(split["internal_count"]),
    )
