"""Stated decimals as whole numbers, so that their sums have the same bits in any order of rows and any company."""

from __future__ import annotations

MOST = 1e12  # larger than any hour, unit of output or kWh of a day: keeps a mistyped number inside 64 bits


def whole(column: str, parts: int) -> str:
    """SQL of a decimal column in whole parts (parts = 1000: thousandths), cut at 10^12 of its own unit; null stays."""
    return f"round(CASE WHEN {column} > {MOST:.0f} THEN {MOST:.0f} ELSE {column} END * {parts})::BIGINT"
