"""What the limit rules are told about N enterprises: facts, grade, request, product terms, policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.errors import AssetlightError
from models.grades import UNKNOWN, GradeColumn
from models.limits.arithmetic import FenColumn, FloatColumn, Mask, fen_column
from models.limits.rule import Document, DocumentColumn
from models.policy import Policy, Product

NO_REQUEST = -1


class LimitFactAbsent(AssetlightError):
    """A rule of the limit asks for a column that the features do not deliver."""


@dataclass(frozen=True)
class Cases:
    """N cases in columns; every rule reads from here and from nowhere else."""

    facts: Mapping[str, FloatColumn]  # features by name, NaN = not known
    grade: GradeColumn  # index into GRADES, -1 = not known
    products: Sequence[Product]
    product: npt.NDArray[np.int64]  # index into products
    requested_fen: FenColumn  # NO_REQUEST where the applicant named no amount
    policy: Policy

    def __len__(self) -> int:
        return len(self.grade)

    def fact(self, name: str) -> FloatColumn:
        """A fact by name."""
        if name not in self.facts:
            raise LimitFactAbsent(
                f"the limit needs the feature {name}", expected=name, found=", ".join(sorted(self.facts)), field=name
            )
        return self.facts[name]

    def fen(self, name: str) -> tuple[FenColumn, Mask]:
        """An amount among the facts, as fen, and where it is known."""
        return fen_column(self.fact(name), name)

    def terms(self, of: Callable[[Product], int]) -> FenColumn:
        """A term of each case's own product, such as its maximum in fen."""
        return np.array([of(product) for product in self.products], dtype=np.int64)[self.product]

    def by_grade(self, table: Sequence[int]) -> FenColumn:
        """A policy table by grade looked up for each case; an unknown grade reads the lowest value (prudent)."""
        lowest = np.int64(min(table))
        return np.where(self.grade_known, np.array(table, dtype=np.int64)[self.grade], lowest)

    @cached_property
    def grade_known(self) -> Mask:
        """Where the default probability, and so the grade, is known."""
        result: Mask = self.grade != UNKNOWN
        return result

    @cached_property
    def sales_document(self) -> DocumentColumn:
        """What would settle a question about sales: the feed where there is none, fresh rows where it stopped."""
        known = ~np.isnan(self.fact("sales_12m_fen"))
        return np.where(known, Document.FRESH_INVOICES, Document.SALES_INVOICES).astype(np.int8)

    @cached_property
    def data_age_days(self) -> FloatColumn:
        """Days since the newest invoice in either direction; NaN where there is none."""
        sale = self.fact("days_since_last_sale")
        return np.fmin(sale, self.facts.get("days_since_last_purchase", sale))

    @cached_property
    def stale(self) -> Mask:
        """Where the newest row is too old to tell a firm that stopped from a feed that stopped."""
        limit = self.policy.whole("evidence.maximum_age_days")
        result: Mask = self.data_age_days > limit
        return result
