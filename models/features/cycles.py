"""Money that goes round: the links that lie on a short directed cycle of like amounts in a short time (DOMAIN 2.1).

A *link* is what one enterprise sold another in one month slot: seller, buyer, age, fen. A cycle of length k is k links,
each beginning where the one before ends, through k different enterprises, back to the first. It counts when its slots
span at most two months (`MOST_SLOTS`) and each amount lies within 0.8 and 1.2 of the mean of the cycle. Longer cycles
than `LONGEST` are not looked for. A link on several cycles is credited once: length-bounded enumeration from the least
node of each cycle, with the pruning that time and amount allow.

Every cycle lies inside a strongly connected component, so over many enterprises the links between components are
dropped first (Tarjan 1972, by scipy): that changes no result.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

LONGEST = 5
MOST_SLOTS = 2
# Amounts within 0.8 and 1.2 of their mean: in integers 10 k x smallest >= 8 x sum and 10 k x largest <= 12 x sum. It
# follows that the largest is at most 1.2 / 0.8 of the smallest, which prunes paths before they close.
_NEAR = (
    f"greatest(hi, l.age) - least(lo, l.age) < {MOST_SLOTS} AND 2 * greatest(most, l.fen) <= 3 * least(fewest, l.fen)"
)


def cycle_ctes(links: str = "links") -> str:
    """CTEs up to `circular`: e, fen = what each enterprise sold on links that lie on a cycle.

    `links`: a relation of seller, buyer, age, fen (> 0, and at most one a seller, buyer and age).
    """
    ctes = [
        "paths_1 AS (SELECT seller AS n1, buyer AS n2, age AS a1, fen AS f1, age AS lo, age AS hi, fen AS fewest, "
        f"fen AS most, fen::HUGEINT AS total FROM {links} WHERE seller < buyer)"
    ]
    for k in range(2, LONGEST):
        apart = "".join(f" AND l.buyer <> p.n{i}" for i in range(2, k + 1))
        ctes.append(
            f"paths_{k} AS (SELECT {_carried(k)}, l.buyer AS n{k + 1}, l.age AS a{k}, l.fen AS f{k}, {_WIDENED} "
            f"FROM paths_{k - 1} p JOIN {links} l ON l.seller = p.n{k} WHERE l.buyer > p.n1{apart} AND {_NEAR})"
        )
    closed = []
    for k in range(2, LONGEST + 1):
        ctes.append(
            f"closed_{k} AS (SELECT * FROM (SELECT {_carried(k)}, l.age AS a{k}, l.fen AS f{k}, {_WIDENED} "
            f"FROM paths_{k - 1} p JOIN {links} l ON l.seller = p.n{k} AND l.buyer = p.n1 WHERE {_NEAR}) "
            f"WHERE {10 * k} * fewest::HUGEINT >= 8 * total AND {10 * k} * most::HUGEINT <= 12 * total)"
        )
        closed += [
            f"SELECT n{i} AS e, n{i % k + 1} AS buyer, a{i} AS age, f{i} AS fen FROM closed_{k}"
            for i in range(1, k + 1)
        ]
    ctes.append(f"circular AS (SELECT e, sum(fen) AS fen FROM ({' UNION '.join(closed)}) GROUP BY e)")
    return ", ".join(ctes)


_WIDENED = (
    "least(p.lo, l.age) AS lo, greatest(p.hi, l.age) AS hi, least(p.fewest, l.fen) AS fewest, "
    "greatest(p.most, l.fen) AS most, p.total + l.fen AS total"
)


def _carried(k: int) -> str:
    """The nodes and links that a path of k - 1 links carries."""
    return ", ".join([*(f"p.n{i}" for i in range(1, k + 1)), *(f"p.a{i}, p.f{i}" for i in range(1, k))])


def within_components(links: pa.Table) -> pa.Table:
    """The links (integer seller and buyer) whose two ends lie in one strongly connected component."""
    seller, buyer = (links.column(name).to_numpy() for name in ("seller", "buyer"))
    if not len(seller):
        return links
    nodes = int(max(seller.max(), buyer.max())) + 1
    graph = coo_array((np.ones(len(seller), np.int8), (seller, buyer)), shape=(nodes, nodes)).tocsr()
    _, component = connected_components(graph, directed=True, connection="strong")
    return links.filter(pa.array(component[seller] == component[buyer]))
