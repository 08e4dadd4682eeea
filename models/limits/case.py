"""What the limit rules are told about N enterprises: facts, grade, request, product terms, policy."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.errors import AssetlightError
from models.grades import UNKNOWN, GradeColumn
from models.limits.arithmetic import FenColumn, FloatColumn, Mask, fen_column, product_over
from models.limits.rule import Document, DocumentColumn
from models.policy import Policy, Product

NO_REQUEST = -1
NETTED_SHARES = ("related_sales_share_12m", "circular_share_12m")
SELF_LIQUIDATING = frozenset({"receivables", "supplier", "orders", "pool"})


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
    by_source: Mapping[str, FenColumn] = field(default_factory=dict)  # the sources so far, where they count
    _read: dict[str, tuple[FenColumn, Mask]] = field(default_factory=dict, init=False, repr=False, compare=False)
    carried_fen: FenColumn | None = None  # what the sources before this rule come to; after all, less own exposure

    def __len__(self) -> int:
        return len(self.grade)

    def fact(self, name: str) -> FloatColumn:
        """A fact by name."""
        if name not in self.facts:
            raise LimitFactAbsent(
                f"the limit needs the feature {name}", expected=name, found=", ".join(sorted(self.facts)), field=name
            )
        return self.facts[name]

    def carrying(self, carried: FenColumn, by_source: Mapping[str, FenColumn]) -> Cases:
        """The same cases at a later rule. Nothing remembered here depends on what is carried."""
        later = copy.copy(self)
        object.__setattr__(later, "carried_fen", carried)
        object.__setattr__(later, "by_source", by_source)
        return later

    @property
    def carried(self) -> FenColumn:
        """What the sources before this rule come to."""
        return np.zeros(len(self), dtype=np.int64) if self.carried_fen is None else self.carried_fen

    def known_fact(self, name: str) -> FloatColumn:
        """A fact of evidence by name; not known where no feed delivers it."""
        found = self.facts.get(name)
        return self._unknown if found is None else found

    def amount(self, name: str) -> tuple[FenColumn, Mask]:
        """An amount of evidence in fen (0 where not known), and where it is known."""
        read = self._read.get(name)
        if read is None:
            found = self.facts.get(name)
            nothing = np.zeros(len(self), dtype=np.int64), np.zeros(len(self), dtype=np.bool_)
            read = self._read[name] = nothing if found is None else fen_column(found, name)
        return read

    def lends_on(self, source: str) -> Mask:
        """Where the product lends on a source."""
        result: Mask = self.terms(lambda product: int(source in product.sources)) == 1
        return result

    def use_is(self, ceiling: str, use: str) -> Mask:
        """Where the product uses a ceiling in a way (`required`, `unused`)."""
        result: Mask = self.terms(lambda product: int(product.use(ceiling) == use)) == 1
        return result

    @cached_property
    def _unknown(self) -> FloatColumn:
        return np.full(len(self), np.nan)

    @cached_property
    def own_exposure(self) -> FenColumn:
        """What this bank has lent the enterprise or committed itself to lend, less the line that the request replaces.

        Lines and loans by the rule of `models.positions.lines`: no loan counts beside the line that paid it out.
        """
        both = np.maximum(self.own_loans, self.amount("lines_exposure_fen")[0])
        exposure: FenColumn = np.maximum(both - np.maximum(self.amount("line_replaced_fen")[0], 0), 0)
        return exposure

    @cached_property
    def own_loans(self) -> FenColumn:
        """What the enterprise owes this bank already, 0 where no loan is on file."""
        return np.maximum(self.amount("debt_own_exposure_fen")[0], 0)

    @cached_property
    def committed_beyond_loans(self) -> FenColumn:
        """What own exposure has beyond the loans on file; below 0 where the request replaces a line that is drawn."""
        return self.own_exposure - self.own_loans

    @cached_property
    def self_liquidating(self) -> FenColumn:
        """What trade debtors, orders and the pool repay out of themselves, as far as the product lends on them."""
        total: FenColumn = np.zeros(len(self), dtype=np.int64)
        for source, value in self.by_source.items():
            if source in SELF_LIQUIDATING:
                total = total + value
        return total

    @cached_property
    def pre_revenue(self) -> Mask:
        """Firms with hardly any sales and fresh equity, in a product that lends on runway."""
        sales, known = self.fen("sales_12m_fen")
        small = ~known | (sales <= self.policy.fen("runway.largest_sales"))
        cash, received = self.amount("funding_cash_received_fen")
        months = self.known_fact("funding_months_since_cash")
        recent = received & (cash > 0) & (months <= self.policy.whole("runway.round_age_months"))
        return self.lends_on("runway") & small & recent

    @cached_property
    def has_revenue(self) -> Mask:
        """Firms whose revenue, cash flow and need say what they can borrow: all but pre-revenue ones."""
        return ~self.pre_revenue

    def fen(self, name: str) -> tuple[FenColumn, Mask]:
        """An amount among the facts, as fen, and where it is known."""
        self.fact(name)
        return self.amount(name)

    @cached_property
    def counted_sales(self) -> FenColumn:
        """Net sales of 12 months without those to related parties and those that go round in circles. DOMAIN 1.2.

        Shares are rounded up to the millionth; what is both is taken off twice, which is prudent. A share that nobody
        could look for takes nothing off.
        """
        sales = np.maximum(self.fen("sales_12m_fen")[0], 0)
        off = sum(np.ceil(np.nan_to_num(self.known_fact(name)) * 10**6 - 1e-6) for name in NETTED_SHARES)
        kept = 10**6 - np.clip(off, 0, 10**6).astype(np.int64)
        return product_over(sales, kept, 10**6)

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
