"""What a feature is: one definition (an SQL expression over its family's rollup) and the words that go with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Unit = Literal["fen", "fraction", "ratio", "days", "months", "count", "grade", "score", "years"]
Side = Literal["sales", "purchases"]

RAISES_RISK = 1
LOWERS_RISK = -1
NO_DIRECTION = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Feature:
    """One column of the feature table. There is one object of each, in the catalogue: features compare by identity.

    `window` is in months: (as_of - window months, as_of], see `models.features.windows`; None means all history,
    or the last `window_days` days, as_of being one of them.
    `direction` is the sign of its effect on risk; 0 where both tails can hurt, so that no model is forced either way.
    `zh`, `en` name it; `reason_zh`, `reason_en` say in a few words what is wrong when it speaks against the enterprise.
    `expression` reads columns of the invoice rollup (`models.features.rollup`) and of its family's own rollups
    (`models.features.family`); its value is null where a kind that one of them needs is not connected, and unless each
    side of the invoice feed named in `needs` has delivered at least one visible row. `empty` says when it is null and
    when zero.
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
    window_days: int | None = None

    @property
    def column_sql(self) -> str:
        """The expression as a float64 column; null unless every side it needs is connected."""
        unread = [side for side in self.needs if not re.search(rf"\b{side[0]}\.", self.expression)]
        value = f"({self.expression})::DOUBLE"
        if unread:
            value = f"CASE WHEN {' AND '.join(f'{side[0]}.sale IS NOT NULL' for side in unread)} THEN {value} END"
        return f'{value} AS "{self.name}"'

    @property
    def columns_read(self) -> frozenset[str]:
        """The names of the rollup columns that the expression mentions, without the side."""
        return frozenset(re.findall(r"\b[sp]\.([a-z_]+(?:_\d+_\d+)?)\b", self.expression))


def ratio(numerator: str, denominator: str) -> str:
    """SQL of a quotient that is null unless its denominator is positive."""
    return f"CASE WHEN {denominator} > 0 THEN ({numerator})::DOUBLE / ({denominator})::DOUBLE END"


def growth(measure: str, recent: tuple[int, int], earlier: tuple[int, int]) -> str:
    """SQL of recent / earlier - 1 over two stretches of months of one measure; null unless the earlier is positive."""
    now, then = (f"{measure}_{start}_{end}" for start, end in (recent, earlier))
    return f"{ratio(now, then)} - 1"


def variation(measure: str, months: int) -> str:
    """SQL of the coefficient of variation of monthly net sums (population, empty months count as 0).

    sqrt(n * sum of squares - square of sum) / sum, in integers up to the root; null unless the sum is positive.
    """
    total, squares = f"{measure}.net_0_{months}", f"{measure}.square_0_{months}"
    return f"CASE WHEN {total} > 0 THEN sqrt(({months} * {squares} - {total} * {total})::DOUBLE) / {total}::DOUBLE END"
