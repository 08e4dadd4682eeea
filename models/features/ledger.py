"""The ledger: contributions summed once for many days of one month grid, with the days on which they are seen.

Two passes over the invoices make tables with whole numbers for keys: month cells (side of an enterprise, slot) and
party rows (counterparty of a side, slot). Every day then reads these and not the invoices, and of those only what it
must. What it may read is a matter of the days on which a row is visible, so that a late or corrected row counts on
exactly the days it should:

- most rows are *timely*: seen from the first day on or after the end of their slot, and for good, which a day can tell
  from the slot alone. The others carry the stretch of days that sees them and lie in a table of their own, with the
  month cells that share a slot with such a one: these have to be grouped again every day, the lone ones do not;
- of the counterparties a day reads its 12 months only, and the few that are not timely. When a counterparty was first
  met is the earliest of the blue rows read and of its first timely blue row, `first`, which is seen exactly on the days
  that are not before its slot. A counterparty without any row in the 12 months adds nothing to any figure.

What a day of the calendar is to the grid (slot, first day that sees it, place in the month) is a table to join, for
taking dates apart costs more than anything else that is done to a row.

Sums of one cell are held in 64 bits: DuckDB raises an error beyond 9 * 10^16 yuan, it never wraps.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import duckdb

from models.features.rollup import MONTH_END_DAYS, OLDEST_AGE, PARTY_SUMS, ROW_MEASURES, row_measures
from models.features.statement import InvoiceCells
from models.features.visibility import day_sql, visible_span_sql
from models.features.windows import anchor_day, days_to_slot_end_sql, slot_number, slot_sql
from models.records.invoice import INVOICE, SALES, VALID

DAY_US = 86_400_000_000
SIDE = "side"  # twice the number of the enterprise, plus one for its sales
_STORED = {"sum": "::BIGINT", "max": "", "min": "", "bit_or": ""}
_PARTY_BITS = 32  # a counterparty of a side is the number of the side, then that of the party


def build_ledger(connection: duckdb.DuckDBPyConnection, days: Sequence[date]) -> None:
    """Make the ledger of the view `invoice` for some sorted days of one grid, as tables.

    The table `ledger_names` of enterprise numbers must be there (`models.features.copies`).
    """
    connection.execute(f"CREATE TABLE ledger_calendar AS {_calendar_sql(days)}")
    side = f"n.e * 2 + (r.direction = '{SALES}')::INT"
    first, until = visible_span_sql(INVOICE, days)
    rows = (  # one not seen on any day does no harm, and leaving it out here costs more than it saves
        f"SELECT {side} AS {SIDE}, r.counterparty_id, c.slot, ({until})::TINYINT AS seen_until, "
        f"CASE WHEN epoch_us(r.known_at) < c.closing THEN c.on_time ELSE ({first})::TINYINT END AS seen_from, "
        f"seen_until = {len(days)} AND seen_from = c.on_time AS timely, {{measures}} "
        "FROM invoice r JOIN ledger_names n ON n.enterprise_id = r.enterprise_id "
        f"JOIN ledger_calendar c ON c.day = r.issued_on WHERE r.issued_on <= {day_sql(days[-1])} AND {{which}}"
    )
    _build_months(connection, rows)
    _build_parties(connection, rows)
    connection.execute("DROP TABLE ledger_calendar")


def _calendar_sql(days: Sequence[date]) -> str:
    """SELECT of a row per day on which an invoice may lie: day, slot, on_time, closing, bit, month_end.

    `on_time`: position of the first of the days that is not before the end of the slot. `closing`: microseconds to the
    last day of the slot; what is learned before it is learned in time.
    """
    anchor = anchor_day(days[0])
    to_end = days_to_slot_end_sql("day", anchor)
    return (
        f"SELECT day, slot, ({_first_day_sql('slot', days)})::TINYINT AS on_time, "
        f"((day - DATE '1970-01-01') + {to_end})::BIGINT * {DAY_US} AS closing, (1 << {to_end})::INT AS bit, "
        f"day(day) > day(last_day(day)) - {MONTH_END_DAYS} AS month_end FROM ("
        f"SELECT day, {slot_sql('day', anchor)}::SMALLINT AS slot FROM ("
        "SELECT unnest(generate_series(min(issued_on), max(issued_on), INTERVAL 1 DAY))::DATE AS day FROM invoice "
        f"WHERE issued_on <= {day_sql(days[-1])}))"
    )


def _build_months(connection: duckdb.DuckDBPyConnection, rows: str) -> None:
    """`ledger_lone`: timely cells, each all there is of its slot; `ledger_shared`: the others."""
    measures = ", ".join(f"{sql} AS {name}" for name, sql in row_measures(bit="c.bit", month_end="c.month_end").items())
    sums = ", ".join(f"{how}({name}){_STORED[how]} AS {name}" for name, (_, how) in ROW_MEASURES.items())
    connection.execute(
        f"CREATE TABLE ledger_cells AS SELECT {SIDE}, slot, seen_from, seen_until, any_value(timely) AS timely, {sums} "
        f"FROM ({rows.format(measures=measures, which='true')}) GROUP BY {SIDE}, slot, seen_from, seen_until"
    )
    connection.execute(
        f"CREATE TABLE ledger_shared AS SELECT * EXCLUDE (timely) FROM ledger_cells SEMI JOIN "
        f"(SELECT {SIDE}, slot FROM ledger_cells WHERE NOT timely) USING ({SIDE}, slot)"
    )
    connection.execute(
        f"CREATE TABLE ledger_lone AS SELECT * EXCLUDE (timely, seen_from, seen_until) FROM ledger_cells "
        f"ANTI JOIN ledger_shared USING ({SIDE}, slot)"
    )
    connection.execute("DROP TABLE ledger_cells")


def _build_parties(connection: duckdb.DuckDBPyConnection, rows: str) -> None:
    """`ledger_timely`, `ledger_late`: a row for each invoice with a net amount, by counterparty `cp`; the parties."""
    connection.execute(
        "CREATE TABLE ledger_parties AS SELECT row_number() OVER ()::INT AS number, party FROM "
        "(SELECT DISTINCT counterparty_id AS party FROM invoice)"
    )
    valid = rows.format(measures="r.amount_fen AS net", which=f"r.status = '{VALID}' AND r.amount_fen <> 0")
    connection.execute(
        f"CREATE TABLE ledger_rows AS SELECT ({SIDE}::BIGINT << {_PARTY_BITS}) + p.number AS cp, slot, seen_from, "
        f"seen_until, timely, net FROM ({valid}) JOIN ledger_parties p ON p.party = counterparty_id"
    )
    connection.execute(
        "CREATE TABLE ledger_first AS SELECT cp, min(slot) AS first FROM ledger_rows "
        "WHERE timely AND net > 0 GROUP BY cp"
    )
    for table, columns, condition in (
        ("ledger_timely", "cp, slot, net, first", "timely"),
        ("ledger_late", "cp, slot, seen_from, seen_until, net, first", "NOT timely"),
    ):
        connection.execute(
            f"CREATE TABLE {table} AS SELECT {columns} FROM ledger_rows LEFT JOIN ledger_first USING (cp) "
            f"WHERE {condition}"
        )
    connection.execute("DROP TABLE ledger_rows")
    connection.execute("DROP TABLE ledger_first")


def _first_day_sql(slot: str, days: Sequence[date]) -> str:
    """SQL of the position of the first day that is not before the end of a slot."""
    numbers = [slot_number(day) for day in days]
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    if len(steps) == 1:
        step = steps.pop()
        return f"greatest(0, least({len(days)}, ({slot} - {numbers[0] - step + 1}) // {step}))"
    return "(" + " + ".join(f"({slot} > {number})::INT" for number in numbers) + ")"


def ledger_cells(as_of: date, position: int) -> InvoiceCells:
    """What the day at `position` of the ledger's days reads."""
    now = slot_number(as_of)
    seen = f"seen_from <= {position} AND {position} < seen_until"
    age = f"least({now} - slot, {OLDEST_AGE})::INT AS age"
    rows = (
        f"SELECT cp, slot, net, first FROM ledger_timely WHERE slot > {now - 12} AND slot <= {now} UNION ALL "
        f"SELECT cp, slot, net, first FROM ledger_late WHERE {seen}"
    )
    each = f"SELECT *, greatest(net, 0) AS blue, (net > 0)::INT AS blue_n, ({now} - slot)::INT AS age FROM ({rows})"
    counterparties = (
        f"SELECT (cp >> {_PARTY_BITS})::INT AS {SIDE}, * REPLACE ({now} - least(oldest, CASE WHEN first <= {now} THEN "
        f"first END) AS oldest) FROM (SELECT cp, {PARTY_SUMS}, min(CASE WHEN blue_n > 0 THEN slot END) AS oldest, "
        f"min(first) AS first FROM ({each}) GROUP BY cp)"
    )
    parties = (
        f"SELECT {SIDE} // 2 AS e, {SIDE} % 2 = 1 AS sale, p.party, c.net, c.blue FROM counterparties c "
        f"JOIN ledger_parties p ON p.number = c.cp & {2**_PARTY_BITS - 1}"
    )
    return InvoiceCells(
        f"(SELECT *, {age} FROM ledger_shared WHERE {seen})",
        counterparties,
        parties,
        alone=f"(SELECT *, {age} FROM ledger_lone WHERE slot <= {now})",
        side=SIDE,
    )
