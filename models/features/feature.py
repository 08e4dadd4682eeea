"""What a feature is: one definition (an SQL expression over its family's rollup) and the words that go with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Unit = Literal["fen", "fraction", "ratio", "days", "months", "count"]
Side = Literal["sales", "purchases"]

RAISES_RISK = 1
LOWERS_RISK = -1
NO_DIRECTION = 0


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One column of the feature table.

    `window` is in months: (as_of - window months, as_of], see `models.features.windows`; None means all history.
    `direction` is the sign of its effect on risk; 0 where both tails can hurt, so that no model is forced either way.
    `zh`, `en` name it; `reason_zh`, `reason_en` say in a few words what is wrong when it speaks against the enterprise.
    `expression` reads columns of the rollup (`models.features.rollup`); its value is null unless each side of the
    invoice feed named in `needs` has delivered at least one visible row. `empty` says when it is null and when zero.
    """

    name: str
    family: str
    unit: Unit
    window: int | None
    direction: int
    zh: str
    en: str
    reason_zh: str
    reason_en: str
    source: str
    definition: str
    empty: str
    expression: str
    needs: tuple[Side, ...] = ("sales",)

    @property
    def column_sql(self) -> str:
        """The expression with its feed condition, as a float64 column."""
        connected = " AND ".join(f"{side}_rows > 0" for side in self.needs)
        return f'CASE WHEN {connected} THEN ({self.expression})::DOUBLE END AS "{self.name}"'

    @property
    def columns_read(self) -> frozenset[str]:
        """The names of the rollup columns that the expression mentions."""
        return frozenset(re.findall(r"\b[sp]_[a-z_]+(?:_\d+_\d+)?\b", self.expression))


def ratio(numerator: str, denominator: str) -> str:
    """SQL of a quotient that is null unless its denominator is positive."""
    return f"CASE WHEN {denominator} > 0 THEN ({numerator})::DOUBLE / ({denominator})::DOUBLE END"


def growth(measure: str, recent: tuple[int, int], earlier: tuple[int, int]) -> str:
    """SQL of recent / earlier - 1 over two stretches of months of one measure; null unless the earlier is positive."""
    now, then = (f"{measure}_{start}_{end}" for start, end in (recent, earlier))
    return f"{ratio(now, then)} - 1"


def variation(measure: str, months: int) -> str:
    """SQL of the coefficient of variation of monthly sums (population, empty months count as 0).

    The squares are added in a fixed order in double, after exact integer monthly sums: the same bits every time.
    """
    columns = [f"{measure}_{month}_{month + 1}::DOUBLE" for month in range(months)]
    total = f"{measure}_0_{months}"
    mean = f"({total}::DOUBLE / {months})"
    squares = " + ".join(f"({column} - {mean}) * ({column} - {mean})" for column in columns)
    return f"CASE WHEN {total} > 0 THEN sqrt(({squares}) / {months}) / {mean} END"
