"""The ledger: contributions summed once for many days of one month grid, with the days on which they are seen.

Passes over the invoices make tables with whole numbers for keys: month cells (enterprise, side, slot) and party cells
(counterparty of a side, slot), each also by the stretch of days in which its rows are visible, so that a late or
corrected row counts on exactly the days it should. Every day then reads the cells and not the invoices, and of those
only what it must:

- most month cells are *alone*, all there ever is of their slot, and need not be grouped with others again;
- most party cells are *timely*: seen from the first day on or after the end of their slot, and for good. A day reads
  timely ones of its 12 months only. When a counterparty was first met is the earliest of the blue cells read and of its
  first timely blue cell (`ledger_parties.first`), which is seen exactly on the days that are not before its slot.
  A counterparty without any cell in the 12 months adds nothing to any figure.

Sums of one cell are held in 64 bits: DuckDB raises an error beyond 9 * 10^16 yuan, it never wraps.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import duckdb

from models.features.rollup import OLDEST_AGE, PARTY_SUMS, ROW_MEASURES, row_measures
from models.features.statement import InvoiceCells
from models.features.visibility import visible_span_sql
from models.features.windows import anchor_day, days_to_slot_end_sql, slot_number, slot_sql
from models.records.invoice import INVOICE, SALES

DAY_US = 86_400_000_000
_STORED = {"sum": "::BIGINT", "max": "", "min": "", "bit_or": ""}
PARTIES_OF_LEDGER = "SELECT c.e, c.sale, c.party, c.net, c.blue FROM counterparties c"
_TABLES = ("ledger_parties", "ledger_months", "ledger_rows")


def build_ledger(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> None:
    """Make the ledger of the view `invoice` for some sorted days of one grid, as temporary tables.

    The table `ledger_names` of enterprise numbers must be there (`models.features.copies`).
    """
    measures = row_measures(anchor_day(days[0]))
    first, until = _seen_sql(days)
    rows = (
        f"SELECT n.e, r.direction = '{SALES}' AS sale, r.counterparty_id AS party, "
        f"{slot_sql('r.issued_on', anchor_day(days[0]))}::SMALLINT AS slot, ({first})::TINYINT AS seen_from, "
        f"({until})::TINYINT AS seen_until, {', '.join(f'{sql} AS {name}' for name, sql in measures.items())} "
        "FROM invoice r JOIN ledger_names n ON n.enterprise_id = r.enterprise_id WHERE seen_from < seen_until"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ledger_numbers AS SELECT row_number() OVER ()::INT AS cp, * FROM "
        f"(SELECT DISTINCT n.e, r.direction = '{SALES}' AS sale, r.counterparty_id AS party "
        "FROM invoice r JOIN ledger_names n ON n.enterprise_id = r.enterprise_id)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ledger_months AS "
        "SELECT *, count(*) OVER (PARTITION BY e, sale, slot) = 1 AS alone FROM "
        f"(SELECT e, sale, slot, seen_from, seen_until, {_summed(ROW_MEASURES)} FROM ({rows}) GROUP BY ALL)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ledger_rows AS SELECT cp, slot, seen_from, seen_until, net, "
        f"seen_until = {len(days)} AND seen_from = {_first_day_sql('slot', days)} AS timely "
        f"FROM ({rows}) JOIN ledger_numbers USING (e, sale, party) WHERE net <> 0"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ledger_parties AS SELECT n.*, f.first FROM ledger_numbers n LEFT JOIN "
        "(SELECT cp, min(slot) AS first FROM ledger_rows WHERE timely AND net > 0 GROUP BY cp) f USING (cp)"
    )
    connection.execute("DROP TABLE ledger_numbers")


def _first_day_sql(slot: str, days: Sequence[date]) -> str:
    """SQL of the position of the first day that is not before the end of a slot."""
    numbers = [slot_number(day) for day in days]
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    if len(steps) == 1:
        step = steps.pop()
        return f"greatest(0, least({len(days)}, ({slot} - {numbers[0] - step + 1}) // {step}))"
    return "(" + " + ".join(f"({slot} > {number})::INT" for number in numbers) + ")"


def _seen_sql(days: Sequence[date]) -> tuple[str, str]:
    """`visible_span_sql` of an invoice, quicker for the many that were learned before the last day of their slot."""
    anchor = anchor_day(days[0])
    first, until = visible_span_sql(INVOICE, days)
    last_day = f"(r.issued_on - DATE '1970-01-01') + {days_to_slot_end_sql('r.issued_on', anchor)}"
    soon = f"epoch_us(r.known_at) < {DAY_US} * ({last_day})"
    on_time = _first_day_sql(slot_sql("r.issued_on", anchor), days)
    return f"CASE WHEN {soon} THEN {on_time} ELSE {first} END", until


def ledger_cells(as_of: date, position: int) -> InvoiceCells:
    """What the day at `position` of the ledger's days reads."""
    now = slot_number(as_of)
    seen = f"seen_from <= {position} AND {position} < seen_until"

    def months(condition: str) -> str:
        age = f"least({now} - slot, {OLDEST_AGE})::INT AS age"
        return f"(SELECT *, {age} FROM ledger_months WHERE {condition} AND {seen})"

    rows = (
        f"SELECT cp, slot, net, greatest(net, 0) AS blue, (net > 0)::INT AS blue_n, ({now} - slot)::INT AS age "
        f"FROM ledger_rows WHERE {seen} AND (slot > {now - 12} OR NOT timely)"
    )
    first = f"CASE WHEN p.first <= {now} THEN p.first END"
    counterparties = (
        f"SELECT p.e, p.sale, p.party, c.* REPLACE ({now} - least(c.oldest, {first}) AS oldest) "
        f" FROM (SELECT cp, {PARTY_SUMS}, min(CASE WHEN blue_n > 0 THEN slot END) AS oldest FROM ({rows}) "
        "GROUP BY cp) c JOIN ledger_parties p USING (cp)"
    )
    return InvoiceCells(months("NOT alone"), counterparties, PARTIES_OF_LEDGER, alone=months("alone"))


def drop_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    """Free the ledger's tables."""
    for table in _TABLES:
        connection.execute(f"DROP TABLE {table}")


def _summed(measures: Sequence[str] | dict[str, tuple[str, str]]) -> str:
    return ", ".join(f"{ROW_MEASURES[name][1]}({name}){_STORED[ROW_MEASURES[name][1]]} AS {name}" for name in measures)
