"""The invoice rollup: rows -> month slots and counterparties of a side -> (enterprise, side), all by SQL.

Every sum is of integers (fen, counts) and exact, so the rollup has the same bits for any order of rows, any number of
threads and any company of other enterprises. `age` is the number of whole months between a slot and the slot that ends
on `as_of`: 0 is the last month. Everything older than 24 months is lumped into age 24.

Words: *net* = valid invoices without tax, red-letter ones deducted; *blue* = valid with a positive amount; *red* =
valid with a negative amount (its absolute value); *issued* = every visible row, void ones included. The sign is that of
the amount without tax.

Columns for feature expressions, prefix `s.` for sales, `p.` for purchases. All of a side are null when that side has no
visible row at all, so that a feed that is not connected never looks like one that delivered nothing:

- `s.<measure>_<a>_<b>`: the measure over ages a..b-1, that is over (as_of - b months, as_of - a months]; 0 when empty;
- `s.first_blue`, `s.last_blue`: days of the first and last blue invoice ever seen; null if there is none;
- `s.silence`: the longest run of days without a blue invoice in 12 months, see `models.features.silence`;
- `s.cp_*`: counterparties over 12 months, see `PARTY_COLUMNS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from models.features import silence
from models.features.visibility import visible_on_sql
from models.features.windows import anchor_day, days_to_slot_end_sql, slot_number, slot_sql
from models.records.invoice import INVOICE, SALES, VALID, VOID

OLDEST_AGE = 24
MONTH_END_DAYS = 3  # the last days of a calendar month in which sales are dressed up
SIDE_COLUMNS = "e, sale"
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
        f"CASE WHEN {_BLUE} AND {{month_end}} THEN r.amount_fen ELSE 0 END",
        "sum",
    ),
    "round_n": (f"CASE WHEN {_BLUE} AND r.total_fen % {ROUND_FEN} = 0 THEN 1 ELSE 0 END", "sum"),
    "top": (f"CASE WHEN {_BLUE} THEN r.amount_fen ELSE 0 END", "max"),
    "days": (f"CASE WHEN {_BLUE} THEN {{bit}} ELSE 0 END", "bit_or"),
    "first": (f"CASE WHEN {_BLUE} THEN r.issued_on END", "min"),
    "last": (f"CASE WHEN {_BLUE} THEN r.issued_on END", "max"),
}

# What a month is, from its rows: name -> (SQL aggregate over the rows of a slot, how months combine). Sums of a month
# or counterparty are held in 64 bits (to 9 * 10^16 yuan; beyond, DuckDB raises an error), sums of squares in 128.
MONTH_MEASURES: dict[str, tuple[str, str]] = {
    **{
        name: (f"{combine}({name})::BIGINT", combine)
        for name, (_, combine) in ROW_MEASURES.items()
        if combine in ("sum", "max") and name != "last"
    },
    "days": ("CASE WHEN age < 12 THEN bit_or(days) ELSE 0 END", "bit_or"),
    "red": ("(sum(blue) - sum(net))::BIGINT", "sum"),
    "active": ("CASE WHEN sum(blue_n) > 0 THEN 1 ELSE 0 END", "sum"),
    "moment": ("(age * sum(net))::BIGINT", "sum"),
    "square": ("sum(net) * sum(net)", "sum"),
    "peak": ("sum(net)::BIGINT", "max"),
}

# The counterparties of one side over 12 months, from one row per counterparty: net, blue, months it was met in (bits),
# oldest (age of the slot in which it was first met).
PARTY_COLUMNS: dict[str, str] = {
    "cp_n": "count(*) FILTER (net > 0)",
    "cp_net": "sum(net) FILTER (net > 0)",
    "cp_squares": "sum(net::HUGEINT * net) FILTER (net > 0)",
    "cp_top": "max(net) FILTER (net > 0)",
    "cp_topfive": "list_sum(max(net, 5) FILTER (net > 0))",
    "cp_blue": "sum(blue)",
    "cp_repeat": "sum(CASE WHEN bit_count(months) >= 2 THEN blue ELSE 0 END)",
    "cp_fresh": "sum(CASE WHEN oldest < 12 THEN blue ELSE 0 END)",
    "cp_seen_quarter": "count(*) FILTER (oldest < 3)",
    "cp_seen_before": "count(*) FILTER (oldest BETWEEN 3 AND 11)",
    "cp_half": "sum(blue - blue_half)",
    "cp_lost": "sum(CASE WHEN months & 63 = 0 THEN blue - blue_half ELSE 0 END)",
}

# Of a side without any counterparty in 12 months these are null, as sums over none; the others are 0.
_NULL_WITHOUT = frozenset(("cp_net", "cp_squares", "cp_top", "cp_topfive"))

# What is summed up of one counterparty.
PARTY_SUMS = (
    "sum(CASE WHEN age < 12 THEN net ELSE 0 END)::BIGINT AS net, "
    "sum(CASE WHEN age < 12 THEN blue ELSE 0 END)::BIGINT AS blue, "
    "sum(CASE WHEN age < 6 THEN blue ELSE 0 END)::BIGINT AS blue_half, "
    "bit_or(CASE WHEN age < 12 AND blue_n > 0 THEN 1 << age ELSE 0 END) AS months"
)

_AGGREGATE = re.compile(r"\b(sum|max|min|bit_or)\((\w+)\)")
_WINDOWED = re.compile(r"^([a-z_]+)_(\d+)_(\d+)$")


def contributions_sql(as_of: date) -> str:
    """SQL of what each invoice visible on one day contributes, with the age of its slot."""
    slot = slot_sql("r.issued_on", anchor_day(as_of))
    of_row = row_measures(
        bit=f"(1 << {days_to_slot_end_sql('r.issued_on', anchor_day(as_of))})::INT",
        month_end=f"day(r.issued_on) > day(last_day(r.issued_on)) - {MONTH_END_DAYS}",
    )
    measures = ", ".join(f"{expression} AS {name}" for name, expression in of_row.items())
    return (
        f"SELECT r.enterprise_id AS e, r.direction = '{SALES}' AS sale, r.counterparty_id AS cp, "
        f"least({slot_number(as_of)} - {slot}, {OLDEST_AGE})::INT AS age, {measures} "
        f"FROM invoice r WHERE {visible_on_sql(INVOICE, as_of)}"
    )


def row_measures(*, bit: str, month_end: str) -> dict[str, str]:
    """What one invoice contributes: name -> SQL over the invoice row.

    `bit`, `month_end`: SQL of the day's bit in the word of its slot, and of whether a month's last days hold it.
    """
    return {
        name: expression.replace("{bit}", bit).replace("{month_end}", month_end)
        for name, (expression, _) in ROW_MEASURES.items()
    }


def enterprise_ctes(
    by_month: str,
    counterparties: str,
    columns: Iterable[str],
    *,
    alone: str | None = None,
    side: str = SIDE_COLUMNS,
) -> str:
    """The common table expressions to `joined`: a row per (e, sale) with the columns asked for.

    `by_month` names the relation to read contributions from. `counterparties`: SELECT of the side, net, blue,
    blue_half, months, oldest (see `PARTY_COLUMNS`) and whatever else a caller reads, over those of 12 months at least.
    `alone`: more contributions, each of which is all there is of its slot. `side`: the columns of both that name the
    side of an enterprise; a single one is twice the number of the enterprise, plus one for its sales.
    """
    asked = frozenset(columns)
    silent = silence.COLUMN in asked
    wanted = sorted(asked.union(silence.WINDOWS) if silent else asked)
    windowed = [match for column in wanted if (match := _WINDOWED.match(column))]
    party = [column for column in wanted if column in PARTY_COLUMNS]
    parties = "".join(f", {PARTY_COLUMNS[column]} AS {column}" for column in party)
    ends = "min(first) AS first_blue, max(last) AS last_blue"
    if alone is None:
        ctes = [
            f"months AS ({_measured(_months(by_month, windowed, side), windowed)})",
            f"trade AS (SELECT {side}, {ends}{_totals(windowed)} FROM months GROUP BY {side})",
        ]
    else:
        recent = [match for match in windowed if int(match[3]) <= 12]
        longer = [match for match in windowed if match not in recent]
        year = "".join(f", coalesce({match[0]}, 0) AS {match[0]}" for match in recent)
        last = "age < 12"
        of_year = f"{_months(by_month, recent, side, last)} UNION ALL {_lone(alone, recent, side, last)}"
        ctes = [
            f"months AS ({_months(by_month, longer, side)} UNION ALL {_lone(alone, longer, side)})",
            f"year_months AS ({_measured(of_year, recent)})",
            f"ever AS (SELECT {side}, {ends}{_totals(longer)} FROM months GROUP BY {side})",
            f"year AS (SELECT {side}{_totals(recent)} FROM year_months GROUP BY {side})",
            f"trade AS (SELECT ever.*{year} FROM ever LEFT JOIN year USING ({side}))",
        ]
    sides = "joined_sides" if silent else "joined"
    named = "trade.*" if side == SIDE_COLUMNS else f"{side} // 2 AS e, {side} % 2 = 1 AS sale, trade.* EXCLUDE ({side})"
    shown = "".join(f", {name if name in _NULL_WITHOUT else f'coalesce({name}, 0) AS {name}'}" for name in party)
    return ", ".join(
        [
            *ctes,
            f"counterparties AS ({counterparties})",
            f"parties AS (SELECT {side}{parties} FROM counterparties GROUP BY {side})",
            f"{sides} AS (SELECT {named}{shown} FROM trade LEFT JOIN parties USING ({side}))",
            *([f"joined AS ({silence.of_year(sides)})"] if silent else []),
        ]
    )


def _monthly(windowed: Iterable[re.Match[str]]) -> list[tuple[str, str]]:
    """The measures of the windows, each with its aggregate over the rows of a slot."""
    names = {"days" if match[1] in silence.MEASURES else match[1] for match in windowed}
    return [(name, MONTH_MEASURES[name][0]) for name in sorted(names)]


def _measured(months: str, windowed: Iterable[re.Match[str]]) -> str:
    """The SELECT of a row per slot, with what the silence of a year needs where a window asks for it."""
    return silence.by_month(f"({months})") if any(match[1] in silence.MEASURES for match in windowed) else months


def _months(contributions: str, windowed: Iterable[re.Match[str]], side: str, condition: str = "true") -> str:
    """SELECT of a row per slot from contributions."""
    measures = "".join(f", {sql} AS {name}" for name, sql in _monthly(windowed))
    return (
        f"SELECT {side}, age{measures}, min(first) AS first, max(last) AS last FROM {contributions} "
        f"WHERE {condition} GROUP BY {side}, age"
    )


def _lone(contributions: str, windowed: Iterable[re.Match[str]], side: str, condition: str = "true") -> str:
    """The same where each contribution is a slot; a sum keeps its width, so that its square does."""
    measures = "".join(
        f", {_AGGREGATE.sub(lambda found: f'{found[2]}::HUGEINT' if found[1] == 'sum' else found[2], sql)} AS {name}"
        for name, sql in _monthly(windowed)
    )
    return f"SELECT {side}, age{measures}, first, last FROM {contributions} WHERE {condition}"


def _totals(windowed: Iterable[re.Match[str]]) -> str:
    return "".join(f", {_over_months(match)} AS {match[0]}" for match in windowed)


def counterparties_sql(contributions: str) -> str:
    """SELECT of the counterparties, straight from contributions."""
    return (
        f"SELECT e, sale, cp, {PARTY_SUMS}, max(CASE WHEN blue_n > 0 THEN age END) AS oldest "
        f"FROM {contributions} GROUP BY e, sale, cp"
    )


def _over_months(match: re.Match[str]) -> str:
    """SQL of a measure over a stretch of months, 0 when it is empty."""
    name, start, end = match.groups()
    condition = f"age < {end}" + (f" AND age >= {start}" if start != "0" else "")
    combine = silence.MEASURES.get(name) or MONTH_MEASURES[name][1]
    return f"{combine}(CASE WHEN {condition} THEN {name} ELSE 0 END)"
