"""The one SQL statement of a day: contributions -> rollups -> one row per enterprise -> feature columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from models.features.family import PARTIES, Rollup, mentioned, rollups_of
from models.features.feature import Feature
from models.features.rollup import SIDE_COLUMNS, enterprise_ctes
from models.features.visibility import day_sql
from models.features.windows import months_before, slot_lengths


@dataclass(frozen=True)
class InvoiceCells:
    """What the invoice rollup reads, see `enterprise_ctes`; `prelude`: CTEs that make the contributions.

    `parties`: SELECT of e, sale, party, net, blue from the CTE `counterparties`. `side`: as in `enterprise_ctes`.
    """

    by_month: str
    counterparties: str
    parties: str
    alone: str | None = None
    side: str = SIDE_COLUMNS
    prelude: str = ""


@dataclass(frozen=True)
class DaySources:
    """What the statement of a day reads.

    `relations`: by name the visible rows of a kind with the column `e`. `known`: SELECTs of the enterprises to be
    listed. `names`: the table from numbers to ids where `e` is a number.
    """

    invoices: InvoiceCells | None
    rollups: Mapping[str, Rollup]
    relations: Mapping[str, str]
    known: Sequence[str]
    names: str | None = None


def day_statement(as_of: date, features: Sequence[Feature], sources: DaySources) -> str:
    """SQL of the feature table of one day: enterprise_id, then a column per feature, sorted."""
    connected = {"s", "p"} if sources.invoices else set()
    rollups = [
        rollup
        for rollup in rollups_of(features, sources.rollups)
        if sources.invoices is not None or not rollup.reads_parties
    ]
    connected |= {rollup.name for rollup in rollups}
    possible = [feature for feature in features if mentioned(feature.expression) <= connected]
    computed = {feature.name for feature in possible}
    ctes = [
        *_invoice_ctes(possible, sources.invoices, parties=any(rollup.reads_parties for rollup in rollups)),
        *(f"of_{r.name} AS ({r.written(as_of, {**sources.relations, PARTIES: 'of_parties'})})" for r in rollups),
    ]
    known = [*sources.known, *(["SELECT e FROM joined"] if sources.invoices else [])]
    ctes.append(f"known AS ({' UNION '.join(known)})")
    columns = ", ".join(
        feature.column_sql if feature.name in computed else f'NULL::DOUBLE AS "{feature.name}"' for feature in features
    )
    joins = [
        *([f"JOIN {sources.names} n ON n.e = known.e"] if sources.names else []),
        *(_SIDES if sources.invoices else ()),
        *(f"LEFT JOIN of_{rollup.name} {rollup.name} ON {rollup.name}.e = known.e" for rollup in rollups),
    ]
    who = "n.enterprise_id" if sources.names else "known.e"  # numbers are in the order of the ids
    text = (
        f"WITH {', '.join(ctes)} SELECT {who} AS enterprise_id{',' if columns else ''} {columns} FROM known "
        f"{' '.join(joins)} ORDER BY known.e"
    )
    return _at(text, as_of)


_SIDES = (
    "LEFT JOIN joined s ON s.e = known.e AND s.sale",
    "LEFT JOIN joined p ON p.e = known.e AND NOT p.sale",
)


def _invoice_ctes(features: Iterable[Feature], cells: InvoiceCells | None, *, parties: bool) -> list[str]:
    if cells is None:
        return []
    wanted = frozenset[str]().union(*(feature.columns_read for feature in features))
    return [
        *([cells.prelude] if cells.prelude else []),
        enterprise_ctes(cells.by_month, cells.counterparties, wanted, alone=cells.alone, side=cells.side),
        *([f"of_{PARTIES} AS ({cells.parties})"] if parties else []),
    ]


def _at(text: str, as_of: date) -> str:
    """The statement with the facts of the day written in: {as_of}, {year_ago}, {slot_0} to {slot_11}."""
    facts = {"as_of": day_sql(as_of), "year_ago": day_sql(months_before(as_of, 12))}
    facts |= {f"slot_{age}": str(length) for age, length in enumerate(slot_lengths(as_of, 12))}
    for name, value in facts.items():
        text = text.replace(f"{{{name}}}", value)
    return text
