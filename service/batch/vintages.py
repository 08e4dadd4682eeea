"""Loans of this bank by the quarter in which they were drawn: what was lent, what is left, what is past due.

Whole fen and counts only, so that buckets add up in any order to the same figures. Expected loss comes later, with the
loss given default of the policy: here is the balance weighted with the probability of default, in fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeAlias

import duckdb
import pyarrow as pa

from models.records import KINDS
from models.tables import Tables, moments, visible_rows_sql

Vintages: TypeAlias = Mapping[str, Mapping[str, int]]
PAST_DUE_DAYS = 30
FIGURES = ("loans", "principal_fen", "balance_fen", "past_due_loans", "past_due_fen", "pd_weighted_fen")


def vintages_of(tables: Tables, as_of: date, scores: pa.Table) -> dict[str, dict[str, int]]:
    """Quarter of drawing (2023Q3) -> FIGURES, of the loans that are open on the day and of scored enterprises."""
    kind = KINDS["bank_loan"]
    if kind.name not in tables.by_kind:
        return {}
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        Tables({kind.name: tables.by_kind[kind.name]}).attach(connection)
        connection.register("m", moments([as_of]))
        connection.register("scores", scores.select(["enterprise_id", "pd"]))
        rows = connection.sql(f"""
            SELECT year(r.drawn_on) || 'Q' || quarter(r.drawn_on) AS quarter,
                count(*) AS loans,
                sum(r.principal_fen)::BIGINT AS principal_fen,
                sum(coalesce(r.balance_fen, 0))::BIGINT AS balance_fen,
                count(*) FILTER (r.days_past_due > {PAST_DUE_DAYS}) AS past_due_loans,
                coalesce(sum(coalesce(r.balance_fen, 0)) FILTER (r.days_past_due > {PAST_DUE_DAYS}), 0)::BIGINT
                    AS past_due_fen,
                coalesce(sum(round(coalesce(r.balance_fen, 0) * scores.pd)::BIGINT), 0)::BIGINT AS pd_weighted_fen
            FROM {kind.name} r JOIN m ON true JOIN scores USING (enterprise_id)
            WHERE {visible_rows_sql(kind)} AND r.own_bank AND (r.closed_on IS NULL OR r.closed_on > m.as_of)
            GROUP BY 1 ORDER BY 1
        """).fetchall()  # noqa: S608  (names of the record kind, never input)
    return {str(quarter): dict(zip(FIGURES, map(int, figures), strict=True)) for quarter, *figures in rows}


def added(parts: list[Vintages]) -> dict[str, dict[str, int]]:
    """The vintages of several buckets together."""
    found: dict[str, dict[str, int]] = {}
    for part in parts:
        for quarter, figures in part.items():
            total = found.setdefault(quarter, dict.fromkeys(FIGURES, 0))
            for name, value in figures.items():
                total[name] += value
    return dict(sorted(found.items()))
