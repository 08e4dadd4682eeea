"""Who trades with whom, and who belongs together: found in the stored invoices of both sides, and in the relations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from models.tables import NETWORK_KINDS, Source, Tables
from models.tables.engine import session
from models.tables.members import GROUP_KINDS, joined_to, standing_ties

STEPS = 2  # as far as the features of the network look: a cycle of five enterprises lies within two steps of each
KINDS_READ = NETWORK_KINDS
NO_GROUPS = pa.table(
    {"one": pa.array([], pa.string()), "other": pa.array([], pa.string()), "control": pa.array([], pa.bool_())}
)
__all__ = ["GROUP_KINDS", "KINDS_READ", "Neighbourhood", "fellow_members", "group_ties", "trading_ties", "within"]


@dataclass(frozen=True)
class Neighbourhood:
    """What `trading_ties` (None: there are no invoices) and `group_ties` found in one state of the lake."""

    trading: pa.Table | None
    groups: tuple[pa.Table, pa.Array]


def group_ties(books: Mapping[str, Source]) -> tuple[pa.Table, pa.Array]:
    """Every tie of control, named group or guarantee that ever stood, in both directions: `one`, `other`, `control`;
    and the enterprises that have rows of their own among `books`, the tables of `GROUP_KINDS` that there are.
    """
    text = standing_ties(books)
    if text is None:
        return NO_GROUPS, pa.array([], pa.string())
    with session() as connection:
        Tables(books).attach(connection)
        ties = connection.sql(text).to_arrow_table().cast(NO_GROUPS.schema)
        each = " UNION ".join(f"SELECT DISTINCT enterprise_id FROM {kind}" for kind in books)  # noqa: S608
        return ties, connection.sql(each).to_arrow_table().column(0).combine_chunks()


def fellow_members(groups: tuple[pa.Table, pa.Array], enterprises: Collection[str]) -> set[str]:
    """The others with rows of their own who may belong to the groups of some enterprises."""
    ties, with_rows = groups
    if not len(ties):
        return set()
    reached = pa.array(sorted(joined_to(ties, enterprises)), pa.string())
    return set(reached.filter(pc.is_in(reached, value_set=with_rows)).to_pylist())


def trading_ties(books: Mapping[str, Source]) -> pa.Table:
    """Every pair of enterprises with books that trade, in both directions: `one`, `other`.

    `books`: the tables of `KINDS_READ`, invoices among them. Parties without books of their own are left out: nothing
    is known of them, and no feature looks through them. Whether an invoice was visible on some day is not asked here:
    the neighbourhood may be too large, never too small. Reads two columns of every invoice once.
    """
    known = " UNION ".join(f'SELECT DISTINCT enterprise_id FROM "{kind}"' for kind in books)  # noqa: S608
    with session() as connection:
        Tables(books).attach(connection)
        return connection.sql(
            f"WITH known AS ({known}), pairs AS (SELECT DISTINCT enterprise_id AS a, counterparty_id AS b FROM invoice "  # noqa: S608
            "WHERE counterparty_id IN (SELECT enterprise_id FROM known) AND counterparty_id <> enterprise_id) "
            "SELECT a AS one, b AS other FROM pairs UNION SELECT b, a FROM pairs"
        ).to_arrow_table()


def within(ties: pa.Table, enterprises: Collection[str], steps: int = STEPS) -> set[str]:
    """The enterprises within some steps of others, these left out."""
    reached = set(enterprises)
    front = reached
    for _ in range(steps):
        if not front:
            break
        found = ties.filter(pc.is_in(ties.column("one"), pa.array(sorted(front), pa.string()))).column("other")
        front = set(pc.unique(found).to_pylist()) - reached
        reached = reached | front
    return reached - set(enterprises)
