"""What the books of an enterprise and of those around it say together: a row of whole numbers for each enterprise.

*Everyone* is each enterprise with a visible invoice, whether asked about or a neighbour (`Tables.neighbours`). Its own
book is its own invoices, sales and purchases, net of red-letter ones, over 12 months. A *link* from seller to buyer in
a month slot is the larger of what the two books say, so that a side that is not connected hides nothing.

All of it depends on no more than the enterprises within two steps, so one enterprise with its neighbourhood has the
bits of the whole economy. That is why the rank takes two steps and not a walk to rest, and why the core index is the
first step of the k-core (Lü, Zhou, Zhang, Stanley 2016: repeated H-indices of degrees converge to the coreness): the
limits of both depend on every enterprise there is. See docs/decisions/0011-network-from-the-neighbourhood.md.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from models.features.cycles import cycle_ctes, within_components
from models.features.engine import database, desk
from models.features.visibility import day_sql, visible_on_sql
from models.features.windows import anchor_day, months_before, slot_number, slot_sql
from models.lake.neighbourhood import KINDS_READ
from models.records import KINDS
from models.records.invoice import SALES, VALID
from models.tables import Source, Tables, empty_table

SHARE = 1_000_000  # shares are whole millionths, so that sums of their products are exact
STAY = 15  # percent of rank that does not come from buyers: the usual damping of 0.85
LAG_DAYS = 30  # trouble counts from this long after it happened: what a neighbour shows today, this firm shows too
SHARED = "'shareholder', 'controller', 'representative', 'director', 'family', 'phone', 'address', 'device', 'account'"
GRAVE = (
    "'judgment_debtor', 'dishonest_debtor', 'consumption_limit', 'asset_freeze', 'tax_abnormal', 'tax_arrears', "
    "'serious_violation', 'bill_overdue', 'duplicate_pledge', 'founder_unreachable', 'bankruptcy'"
)
COLUMNS = ("circular", "related", "sold", "trouble_near", "trouble_far", "rank", "core")
FACTS = pa.schema([("e", pa.string()), *((name, pa.int64()) for name in COLUMNS)])


def network_facts(tables: Tables, day: date, *, small: bool) -> pa.Table:
    """The whole numbers of `FACTS` for each enterprise with a visible invoice; none without `tables.neighbours`."""
    if tables.neighbours is None or "invoice" not in tables.by_kind:
        return FACTS.empty_table()
    connected = tuple(name for name in KINDS_READ if name in tables.by_kind)
    books = _books(tables, connected)
    if small:
        with desk() as taken:
            taken.show({name: rows for name, rows in books.items() if isinstance(rows, pa.Table)})
            _, rows = taken.fetched(_text(day, connected, f"everyone AS ({_everyone_sql(day)}), {_LINKS}"))
        return pa.Table.from_pylist([dict(zip(FACTS.names, row, strict=True)) for row in rows], schema=FACTS)
    connection = database(small=False).cursor()
    try:
        Tables(books).attach(connection)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE everyone AS {_everyone_sql(day)}")
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE numbers AS SELECT e, row_number() OVER () AS n FROM "
            "(SELECT DISTINCT e FROM everyone)"
        )
        numbered = connection.sql(
            f"WITH {_LINKS} SELECT s.n AS seller, b.n AS buyer, age, fen FROM links JOIN numbers s ON s.e = seller "
            "JOIN numbers b ON b.e = buyer"
        ).to_arrow_table()
        connection.register("looping", within_components(numbered))
        named = (
            "links AS (SELECT s.e AS seller, b.e AS buyer, age, fen FROM looping JOIN numbers s ON s.n = seller "
            "JOIN numbers b ON b.n = buyer)"
        )
        return connection.sql(_text(day, connected, named)).to_arrow_table().cast(FACTS)
    finally:
        connection.close()


def _books(tables: Tables, connected: tuple[str, ...]) -> Mapping[str, Source]:
    around = tables.neighbours or {}
    return {
        **{name: tables.by_kind[name] for name in connected},
        **{f"near_{name}": around.get(name, empty_table(KINDS[name])) for name in connected},
    }


_COLUMNS_READ = {
    "invoice": ("direction", "issued_on", "counterparty_id", "amount_fen", "status"),
    "relation": ("relation", "party_id", "until_on"),
    "risk_event": ("event", "happened_on", "resolved_on"),
}


def _rows(kind: str, day: date) -> str:
    """SQL of the visible rows of a kind of everyone, with `e`."""
    columns = ", ".join(f"r.{column}" for column in _COLUMNS_READ[kind])
    return " UNION ALL ".join(
        f"SELECT r.enterprise_id AS e, {columns} FROM {name} r WHERE {visible_on_sql(KINDS[kind], day)}"
        for name in (kind, f"near_{kind}")
    )


def _everyone_sql(day: date) -> str:
    """SQL of the books: e, sale, party, inside (the party is one of everyone), age, net; older trade is left out."""
    age = f"({slot_number(day)} - {slot_sql('issued_on', anchor_day(day))})"
    return (
        f"WITH seen AS ({_rows('invoice', day)}) SELECT e, direction = '{SALES}' AS sale, counterparty_id AS party, "
        f"{age} AS age, sum(amount_fen) FILTER (status = '{VALID}')::BIGINT AS net, "
        "party IN (SELECT e FROM seen) AS inside FROM seen GROUP BY ALL"
    )


_LINKS = (
    "links AS (SELECT seller, buyer, age, max(fen) AS fen FROM ("
    "SELECT CASE WHEN sale THEN e ELSE party END AS seller, CASE WHEN sale THEN party ELSE e END AS buyer, age, "
    "net AS fen FROM everyone WHERE inside AND age < 12 AND net > 0 AND e <> party) GROUP BY seller, buyer, age)"
)


@functools.lru_cache(maxsize=64)
def _text(day: date, connected: tuple[str, ...], links: str) -> str:
    """The one statement: from the books to a row per enterprise."""
    tied = "relation" in connected
    grave = "risk_event" in connected
    ctes = [
        links,
        "book AS (SELECT e, sale, party, inside, sum(net)::BIGINT AS net FROM everyone WHERE age < 12 "
        "GROUP BY e, sale, party, inside HAVING sum(net) > 0)",
        cycle_ctes(),
        _rank_ctes(),
        _core_ctes(),
        *([_related_ctes(day)] if tied else []),
        *([_trouble_ctes(day)] if grave else []),
    ]
    sold = "(SELECT e, sum(net) AS fen FROM book WHERE sale GROUP BY e)"
    columns = [
        "coalesce(circular.fen, 0)",
        "coalesce(related.fen, 0)" if tied else "NULL",
        "coalesce(sold.fen, 0)",
        "near.trouble" if grave else "NULL",
        "far.trouble" if grave else "NULL",
        "ranked.rank",
        "coalesce(core.h, 0)",
    ]
    named = ", ".join(f"{sql}::BIGINT AS {name}" for sql, name in zip(columns, COLUMNS, strict=True))
    joins = [
        "LEFT JOIN circular USING (e)",
        f"LEFT JOIN {sold} sold USING (e)",
        "LEFT JOIN ranked USING (e)",
        "LEFT JOIN core USING (e)",
        *(["LEFT JOIN related USING (e)"] if tied else []),
        *(["LEFT JOIN near USING (e)", "LEFT JOIN far USING (e)"] if grave else []),
    ]
    return f"WITH {', '.join(ctes)} SELECT e, {named} FROM (SELECT DISTINCT e FROM everyone) {' '.join(joins)}"


def _rank_ctes() -> str:
    """`ranked`: two steps of weighted PageRank along payments, buyer to seller, by the buyers' own books."""
    stay = STAY * SHARE // 100
    flow = 100 - STAY
    everyone = "(SELECT DISTINCT e FROM everyone)"
    return (
        f"pays AS (SELECT e, party, inside, net::HUGEINT * {SHARE} // sum(net) OVER (PARTITION BY e) AS share "
        f"FROM book WHERE NOT sale), step AS (SELECT party AS e, {stay} + sum(share) * {flow} // 100 AS rank "
        "FROM pays WHERE inside GROUP BY party), "
        f"income AS (SELECT pays.party AS e, sum(pays.share * coalesce(step.rank, {stay}) // {SHARE}) AS flow "
        "FROM pays LEFT JOIN step ON step.e = pays.e WHERE pays.inside GROUP BY pays.party), "
        f"ranked AS (SELECT e, {stay} + coalesce(flow, 0) * {flow} // 100 AS rank FROM {everyone} "
        "LEFT JOIN income USING (e))"
    )


def _core_ctes() -> str:
    """`core`: the largest h such that h partners among everyone have at least h such partners each, by own books."""
    return (
        "partners AS (SELECT DISTINCT e, party FROM book WHERE inside AND party <> e), "
        "degrees AS (SELECT e AS party, count(*) AS degree FROM partners GROUP BY e), "
        "core AS (SELECT e, max(least(place, degree)) AS h FROM (SELECT e, degree, row_number() OVER "
        "(PARTITION BY e ORDER BY degree DESC) AS place FROM partners JOIN degrees USING (party)) GROUP BY e)"
    )


def _related_ctes(day: date) -> str:
    """`related`: net sales to customers tied to the enterprise directly, or by a party that both are tied to."""
    return (
        f"ties AS (SELECT e, party_id, relation FROM ({_rows('relation', day)}) "
        f"WHERE until_on IS NULL OR until_on > {day_sql(day)}), "
        f"tied AS (SELECT e, party_id AS party FROM ties UNION SELECT party_id, e FROM ties UNION "
        "SELECT a.e, b.e FROM ties a JOIN ties b ON a.party_id = b.party_id AND a.e <> b.e "
        f"WHERE a.relation IN ({SHARED}) AND b.relation IN ({SHARED})), "
        "related AS (SELECT e, sum(net) AS fen FROM book SEMI JOIN tied USING (e, party) WHERE sale GROUP BY e)"
    )


def _trouble_ctes(day: date) -> str:
    """`near`, `far`: shares of trade with partners in trouble, and of theirs with others in trouble.

    Null without partners. Shares are of the whole trade of a book, outside parties included.
    """
    return (
        f"troubled AS (SELECT DISTINCT e AS party FROM ({_rows('risk_event', day)}) WHERE event IN ({GRAVE}) "
        f"AND happened_on > {day_sql(months_before(day, 24))} AND happened_on <= {day_sql(day)} - {LAG_DAYS} "
        f"AND (resolved_on IS NULL OR resolved_on > {day_sql(day)})), "
        "trade AS (SELECT e, party, sum(net)::HUGEINT AS net FROM book WHERE e <> party GROUP BY e, party), "
        f"exposed AS (SELECT e, party, net * {SHARE} // sum(net) OVER (PARTITION BY e) AS share, "
        "party IN (SELECT party FROM troubled) AS bad FROM trade), "
        "near AS (SELECT e, coalesce(sum(share) FILTER (bad), 0) AS trouble FROM exposed GROUP BY e), "
        "far AS (SELECT a.e, coalesce(sum(a.share * b.share) FILTER (b.bad AND b.party <> a.e), 0) AS trouble "
        "FROM exposed a LEFT JOIN exposed b ON b.e = a.party GROUP BY a.e)"
    )
