"""The invoice rollup: rows -> (enterprise, side, month slot) and (enterprise, side, counterparty) -> enterprise.

Every sum is of integers (fen, counts) and exact, so the rollup has the same bits for any order of rows, any number of
threads and any company of other enterprises. `age` is the number of whole months between a slot and the slot that ends
on `as_of`: 0 is the last month. Everything older than 24 months is lumped into age 24.

Words: *net* = valid invoices without tax, red-letter ones deducted; *blue* = valid with a positive amount; *red* =
valid with a negative amount (its absolute value); *issued* = every visible row, void ones included. The sign is that of
the amount without tax.

Columns for feature expressions, prefix `s_` for sales, `p_` for purchases:

- `s_<measure>_<a>_<b>`: the measure over ages a..b-1, that is over (as_of - b months, as_of - a months]; 0 when empty;
- `s_first`, `s_last`: days of the first and last blue invoice ever seen; null if there is none;
- `s_cp_*`: counterparties, see `PARTY_COLUMNS`;
- `sales_rows`, `purchases_rows`: visible rows of that side in all history.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from models.features.visibility import visible_on_sql, visible_span_sql
from models.features.windows import anchor_day, days_to_slot_end_sql, slot_number, slot_sql
from models.records.invoice import INVOICE, SALES, VALID, VOID

OLDEST_AGE = 24
MONTH_END_DAYS = 3  # the last days of a calendar month in which sales are dressed up
ROUND_FEN = 100_000  # a total that is a whole multiple of 1,000 yuan is a round amount

_BLUE = f"r.status = '{VALID}' AND r.amount_fen > 0"

# What one invoice contributes: name -> (SQL over the invoice row, how contributions combine).
ROW_MEASURES: dict[str, tuple[str, str]] = {
    "net": (f"CASE WHEN r.status = '{VALID}' THEN r.amount_fen ELSE 0 END", "sum"),
    "tax": (f"CASE WHEN r.status = '{VALID}' THEN r.tax_fen ELSE 0 END", "sum"),
    "blue": (f"CASE WHEN {_BLUE} THEN r.amount_fen ELSE 0 END", "sum"),
    "blue_n": (f"CASE WHEN {_BLUE} THEN 1 ELSE 0 END", "sum"),
    "void_n": (f"CASE WHEN r.status = '{VOID}' THEN 1 ELSE 0 END", "sum"),
    "issued_n": ("1", "sum"),
    "end_blue": (
        f"CASE WHEN {_BLUE} AND day(r.issued_on) > day(last_day(r.issued_on)) - {MONTH_END_DAYS} "
        "THEN r.amount_fen ELSE 0 END",
        "sum",
    ),
    "round_n": (f"CASE WHEN {_BLUE} AND r.total_fen % {ROUND_FEN} = 0 THEN 1 ELSE 0 END", "sum"),
    "top": (f"CASE WHEN {_BLUE} THEN r.amount_fen ELSE 0 END", "max"),
    "days": (f"CASE WHEN {_BLUE} THEN 1 << ({{days_to_slot_end}}) ELSE 0 END", "bit_or"),
    "first": (f"CASE WHEN {_BLUE} THEN r.issued_on END", "min"),
    "last": (f"CASE WHEN {_BLUE} THEN r.issued_on END", "max"),
}

# What a month is, from its rows: name -> (SQL aggregate over the rows of a slot, how months combine).
MONTH_MEASURES: dict[str, tuple[str, str]] = {
    **{
        name: (f"{combine}({name})", combine)
        for name, (_, combine) in ROW_MEASURES.items()
        if name not in ("first", "last")
    },
    "red": ("sum(blue) - sum(net)", "sum"),
    "active": ("CASE WHEN sum(blue_n) > 0 THEN 1 ELSE 0 END", "sum"),
    "moment": ("age * sum(net)", "sum"),
    "peak": ("sum(net)", "max"),
}

# The counterparties of one side over 12 months, from one row per counterparty: net, blue and month bits.
PARTY_COLUMNS: dict[str, str] = {
    "n": "count(*) FILTER (net > 0 {side})",
    "net": "sum(net) FILTER (net > 0 {side})",
    "squares": "sum(net * net) FILTER (net > 0 {side})",
    "top": "max(net) FILTER (net > 0 {side})",
    "topfive": "list_sum(max(net, 5) FILTER (net > 0 {side}))",
    "blue": "sum(blue) FILTER (true {side})",
    "repeat": "sum(blue) FILTER (bit_count(months) >= 2 {side})",
    "fresh": "sum(blue) FILTER (oldest < 12 {side})",
    "seen_quarter": "count(*) FILTER (oldest < 3 {side})",
    "seen_before": "count(*) FILTER (oldest BETWEEN 3 AND 11 {side})",
    "half": "sum(blue - blue_half) FILTER (true {side})",
    "lost": "sum(blue - blue_half) FILTER (months & 63 = 0 {side})",
}

_WINDOWED = re.compile(r"^([sp])_([a-z_]+)_(\d+)_(\d+)$")
_SIDES = {"s": "sale", "p": "NOT sale"}


def row_source_sql(as_of: date) -> str:
    """SQL of the contributions of each invoice visible on one day."""
    return _contributions(as_of, ROW_MEASURES, extra="", where=visible_on_sql(INVOICE, as_of))


def ledger_sql(days: list[date]) -> str:
    """SQL of contributions summed per enterprise, side, counterparty, slot and stretch of days in which they are seen.

    Made once for many days of one month grid; `from_ledger_sql` reads it for each day. Money sums of one counterparty
    in one month are held in 64 bits: DuckDB raises an error beyond 9 * 10^16 yuan, it never wraps.
    """
    first, until = visible_span_sql(INVOICE, days)
    rows = _contributions(
        days[-1], ROW_MEASURES, extra=f", {first} AS seen_from, {until} AS seen_until", where="seen_from < seen_until"
    )
    kept = ", ".join(
        f"{combine}({name})" + ("::BIGINT" if combine == "sum" else "") + f" AS {name}"
        for name, (_, combine) in ROW_MEASURES.items()
    )
    return f"SELECT e, sale, cp, slot, seen_from, seen_until, {kept} FROM ({rows}) GROUP BY ALL"


def from_ledger_sql(as_of: date, position: int) -> str:
    """SQL of the ledger's contributions visible on the day at `position` of the ledger's days."""
    names = ", ".join(ROW_MEASURES)
    return (
        f"SELECT e, sale, cp, least({slot_number(as_of)} - slot, {OLDEST_AGE})::INT AS age, {names} "
        f"FROM ledger WHERE seen_from <= {position} AND {position} < seen_until"
    )


def _contributions(as_of: date, measures: dict[str, tuple[str, str]], *, extra: str, where: str) -> str:
    anchor = anchor_day(as_of)
    days_to_slot_end = days_to_slot_end_sql("r.issued_on", anchor)
    columns = ", ".join(
        f"{expression.format(days_to_slot_end=days_to_slot_end)} AS {name}"
        for name, (expression, _) in measures.items()
    )
    slot = slot_sql("r.issued_on", anchor)
    place = f"{slot} AS slot" if extra else f"least({slot_number(as_of)} - {slot}, {OLDEST_AGE})::INT AS age"
    return (
        f"SELECT r.enterprise_id AS e, r.direction = '{SALES}' AS sale, r.counterparty_id AS cp, {place}, "
        f"{columns}{extra} FROM invoice r WHERE {where}"
    )


def enterprise_ctes(source_sql: str, columns: Iterable[str]) -> str:
    """The common table expressions from contributions to `rollup`: one row per enterprise with the columns asked."""
    wanted = sorted(columns)
    windowed = [match for column in wanted if (match := _WINDOWED.match(column))]
    measures = sorted({match[2] for match in windowed})
    parties = sorted(column for column in wanted if column[2:].startswith("cp_"))
    month = "".join(f", {MONTH_MEASURES[name][0]} AS {name}" for name in measures)
    ctes = [
        f"contributions AS ({source_sql})",
        f"months AS (SELECT e, sale, age{month}, min(first) AS first, max(last) AS last, sum(issued_n) AS rows "
        "FROM contributions GROUP BY e, sale, age)",
        f"trade AS (SELECT e, {', '.join(_trade_columns(windowed))} FROM months GROUP BY e)",
    ]
    if not parties:
        return ", ".join([*ctes, "rollup AS (SELECT * FROM trade)"])
    columns_sql = ", ".join(
        f"{PARTY_COLUMNS[column[5:]].format(side='AND ' + _SIDES[column[0]])} AS {column}" for column in parties
    )
    ctes += [
        "counterparties AS (SELECT e, sale, cp, sum(net) FILTER (age < 12) AS net, sum(blue) FILTER (age < 12) AS blue, "
        "sum(blue) FILTER (age < 6) AS blue_half, bit_or(1 << age) FILTER (age < 12 AND blue_n > 0) AS months, "
        "max(age) FILTER (blue_n > 0) AS oldest FROM contributions GROUP BY e, sale, cp)",
        "filled AS (SELECT e, sale, coalesce(net, 0) AS net, coalesce(blue, 0) AS blue, "
        "coalesce(blue_half, 0) AS blue_half, coalesce(months, 0) AS months, oldest FROM counterparties)",
        f"parties AS (SELECT e, {columns_sql} FROM filled GROUP BY e)",
        "rollup AS (SELECT * FROM trade JOIN parties USING (e))",
    ]
    return ", ".join(ctes)


def _trade_columns(windowed: list[re.Match[str]]) -> list[str]:
    columns = [
        "coalesce(sum(rows) FILTER (sale), 0) AS sales_rows",
        "coalesce(sum(rows) FILTER (NOT sale), 0) AS purchases_rows",
    ]
    for prefix, side in _SIDES.items():
        columns.append(f"min(first) FILTER ({side}) AS {prefix}_first")
        columns.append(f"max(last) FILTER ({side}) AS {prefix}_last")
    for match in windowed:
        column, (prefix, name, start, end) = match[0], match.groups()
        combine = MONTH_MEASURES[name][1]
        condition = f"{_SIDES[prefix]} AND age >= {start} AND age < {end}"
        columns.append(f"coalesce({combine}({name}) FILTER ({condition}), 0) AS {column}")
    return columns
