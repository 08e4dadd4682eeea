"""What a decision stands on beyond the enterprise's own rows: the books of those around it, by their digests.

A partner is an enterprise whose books are there and that a visible invoice of either side names. Features of the
network read no further than the partners of partners, so the digest of an enterprise is made of three layers: its own
rows; for each partner the digest of the rows that the network reads; and in that, the same of the partner's partners.
It depends on nothing but what lies within two steps, so one enterprise and a whole portfolio get the same digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import pyarrow as pa

NETWORK_KINDS = ("invoice", "relation", "risk_event")  # what features read of enterprises other than their own
PAIR = ["enterprise_id", "counterparty_id"]


@dataclass
class Books:
    """What the visible books of some enterprises say, gathered piece by piece.

    `near`: by enterprise, the digest of its visible rows of `NETWORK_KINDS`; `pairs`: who names whom in an invoice.
    """

    near: dict[str, str] = field(default_factory=dict)
    pairs: set[tuple[str, str]] = field(default_factory=set)

    def add(self, other: Books) -> None:
        """Add the books of other enterprises: all of an enterprise's rows are on one side."""
        self.near |= other.near
        self.pairs |= other.pairs

    def partners(self) -> dict[str, set[str]]:
        """The partners of each enterprise that has any, among those with books."""
        found: dict[str, set[str]] = {}
        for one, other in self.pairs:
            if one != other and other in self.near and one in self.near:
                found.setdefault(one, set()).add(other)
                found.setdefault(other, set()).add(one)
        return found


def pairs_in(invoices: pa.Table) -> set[tuple[str, str]]:
    """Who names whom in some invoices."""
    each = invoices.select(PAIR).group_by(PAIR, use_threads=False).aggregate([])  # handing it out takes longer
    return set(zip(*(each.column(name).to_pylist() for name in PAIR), strict=True))


def with_partners(own: Mapping[str, str], books: Books) -> dict[str, str]:
    """The digest of each enterprise of `own`: never the same as without looking, even where nobody was found."""
    partners, near = books.partners(), books.near
    layer: dict[str, str] = {}
    for one in own:
        for partner in partners.get(one, set()) - layer.keys():
            layer[partner] = _joined(near[partner], [near[other] for other in partners[partner]])
    return {one: _joined(digest, [layer[partner] for partner in partners.get(one, ())]) for one, digest in own.items()}


def _joined(first: str, others: list[str]) -> str:
    return sha256("\n".join([first, *sorted(others)]).encode()).hexdigest()
