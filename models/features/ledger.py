"""The ledger: contributions summed once for many days of one month grid, with the days on which they are seen.

One pass over the invoices makes two tables with whole numbers for keys: month cells (enterprise, side, slot) and party
cells (enterprise, side, counterparty, slot), each also by the stretch of days in which its rows are visible, so that a
late or corrected row counts on exactly the days it should. Every day then reads the cells and not the invoices.

Sums of one cell are held in 64 bits: DuckDB raises an error beyond 9 * 10^16 yuan, it never wraps.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb

from models.features.rollup import OLDEST_AGE, ROW_MEASURES, row_measures
from models.features.visibility import visible_span_sql
from models.features.windows import anchor_day, slot_number, slot_sql
from models.records.invoice import INVOICE, SALES

PARTY_MEASURES = ("net", "blue", "blue_n")
_STORED = {"sum": "::BIGINT", "max": "", "min": "", "bit_or": ""}
PARTIES_OF_LEDGER = (
    "SELECT c.e, c.sale, q.party, c.net, c.blue FROM counterparties c JOIN ledger_parties q ON q.cp = c.cp"
)
_TABLES = ("ledger_parties", "ledger_months", "ledger_cells")


def build_ledger(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> None:
    """Make the ledger of the view `invoice` for some sorted days of one grid, as temporary tables.

    The table `ledger_names` of enterprise numbers must be there (`models.features.copies`).
    """
    measures = row_measures(anchor_day(days[0]))
    first, until = visible_span_sql(INVOICE, days)
    rows = (
        f"SELECT n.e, r.direction = '{SALES}' AS sale, r.counterparty_id AS party, "
        f"{slot_sql('r.issued_on', anchor_day(days[0]))}::SMALLINT AS slot, ({first})::TINYINT AS seen_from, "
        f"({until})::TINYINT AS seen_until, {', '.join(f'{sql} AS {name}' for name, sql in measures.items())} "
        "FROM invoice r JOIN ledger_names n ON n.enterprise_id = r.enterprise_id WHERE seen_from < seen_until"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ledger_parties AS SELECT row_number() OVER ()::INT AS cp, * FROM "
        f"(SELECT DISTINCT n.e, r.direction = '{SALES}' AS sale, r.counterparty_id AS party "
        "FROM invoice r JOIN ledger_names n ON n.enterprise_id = r.enterprise_id)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ledger_months AS SELECT e, sale, slot, seen_from, seen_until, "
        f"{_summed(ROW_MEASURES)} FROM ({rows}) GROUP BY ALL"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ledger_cells AS SELECT e, sale, cp, slot, seen_from, seen_until, "
        f"{_summed(PARTY_MEASURES)} FROM ({rows}) JOIN ledger_parties USING (e, sale, party) GROUP BY ALL"
    )


def cells_sql(table: str, as_of: date, position: int) -> str:
    """SQL of the cells of a ledger table seen on the day at `position` of the ledger's days, with their age."""
    return (
        f"(SELECT *, least({slot_number(as_of)} - slot, {OLDEST_AGE})::INT AS age FROM {table} "
        f"WHERE seen_from <= {position} AND {position} < seen_until)"
    )


def drop_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    """Free the ledger's tables."""
    for table in _TABLES:
        connection.execute(f"DROP TABLE {table}")


def _summed(measures: Sequence[str] | dict[str, tuple[str, str]]) -> str:
    return ", ".join(f"{ROW_MEASURES[name][1]}({name}){_STORED[ROW_MEASURES[name][1]]} AS {name}" for name in measures)
