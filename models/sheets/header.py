"""Which row is the header. Exports often have a title, a company name or a period above it.

A reader of files does not know what headers there are, so it is given a `HeaderRank` that does: how many columns of a
record the row names, and at least `COMPLETE` if the row has every header that some kind needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

HeaderRank: TypeAlias = Callable[[Sequence[str]], int]

COMPLETE = 1_000
ROWS_ABOVE = 10  # a header further down is not looked for
FEWEST = 2  # a row that names fewer columns is no header while the first row might be one


def trimmed_headers(headers: Iterable[object]) -> tuple[str, ...]:
    """Headers as text without blanks around. Empty ones are given up: nobody can name such a column."""
    return tuple("" if header is None else str(header).replace("\ufeff", "").strip() for header in headers)


def header_row(rows: Sequence[Sequence[object]], rank: HeaderRank | None) -> int:
    """The place of the header among the first rows: the first complete one, else the best, else the first with cells.

    Where no row is complete the best one is taken, so that the error can name the column that it lacks.
    """
    filled = [at for at, row in enumerate(rows) if any(trimmed_headers(row))]
    if rank is None or not filled:
        return filled[0] if filled else 0
    best, most = filled[0], FEWEST - 1
    for at in filled[: ROWS_ABOVE + 1]:
        found = rank(trimmed_headers(rows[at]))
        if found >= COMPLETE:
            return at
        if found > most:
            best, most = at, found
    return best
