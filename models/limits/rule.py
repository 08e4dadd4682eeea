"""What a rule of the limit returns: one value and one status per enterprise, in columns, with the inputs it used.

Three roles. A gate lets a case pass, stops it (a knock-out) or cannot say. A source adds to what the evidence carries.
A ceiling can only lower it. A rule that lacks a fact is `pending`: it takes its prudent value and names the document
that would settle it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.limits.arithmetic import FenColumn, FloatColumn, Mask

StatusColumn: TypeAlias = "npt.NDArray[np.int8]"
DocumentColumn: TypeAlias = "npt.NDArray[np.int8]"  # of Document


class Status(IntEnum):
    """How a rule stands in one case."""

    APPLIED = 0  # a source or ceiling has its value
    NOT_APPLICABLE = 1  # the rule does not concern this case
    PENDING = 2  # a fact is missing: taken at the prudent value, the case is referred
    PASSED = 3  # a gate lets the case pass
    FIRED = 4  # a gate stops the case: the policy declines

    @property
    def word(self) -> str:
        """The word that records and tables use."""
        return self.name.lower()


class Document(IntEnum):
    """The document that would settle a pending rule."""

    NONE = 0
    SALES_INVOICES = 1
    FRESH_INVOICES = 2
    OLDER_INVOICES = 3
    MODEL_INPUTS = 4
    RECEIVABLE_LIST = 5
    CONFIRMATIONS = 6
    YEARLY_STATEMENT = 7
    BANK_CAPITAL = 8
    GROUP_EXPOSURE = 9
    LOAN_LIST = 10
    DELIVERY_RECORDS = 11
    PAYMENT_HISTORY = 12
    ANCHOR_REPORT = 13
    TAX_GRADE = 14
    CASH_PROOF = 15
    ASSET_REVIEW = 16
    WARNING_REVIEW = 17
    TRADE_PROOF = 18
    FORECAST_PROOF = 19


# numpy asks an enum member for a dozen attributes each time it meets one; plain numbers spare a single case that.
_APPLIED, _NOT_APPLICABLE, _PENDING, _PASSED, _FIRED = (np.int8(status.value) for status in Status)


@dataclass(frozen=True)
class InputColumn:
    """An input of a rule as it was used: fen, fraction, days (float64, NaN = not known) or an index into `words`."""

    name: str
    unit: str
    values: npt.NDArray[np.generic]
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class GateColumns:
    """A gate over N enterprises: the observed value beside the threshold, both in `unit`."""

    code: str
    status: StatusColumn
    value: FloatColumn
    threshold: float
    unit: str
    fact: str  # the feature or quantity that is compared
    policy_name: str | None = None  # the value that holds the threshold
    document: Document | DocumentColumn = Document.NONE

    def document_at(self, row: int) -> Document:
        """The document that would settle the gate where it is pending."""
        return _document_at(self.document, row)

    def waits_for(self, document: Document) -> Mask:
        """Where the gate is pending for want of a document."""
        return _waits_for(self.status, self.document, document)


@dataclass(frozen=True)
class AmountColumns:
    """A source or a ceiling over N enterprises, in fen. Where not applicable, the value is 0 and must not be read."""

    code: str
    value: FenColumn
    status: StatusColumn
    policy_names: tuple[str, ...] = ()
    document: Document | DocumentColumn = Document.NONE  # one for all, or one per enterprise
    follows_grade: bool = False  # a better grade raises the value: then the PD reasons belong to the amount, too
    inputs: Mapping[str, InputColumn] = field(default_factory=dict)

    @property
    def counts(self) -> Mask:
        """Where the value takes part: applied, or pending at its prudent value."""
        result: Mask = self.status != _NOT_APPLICABLE
        return result

    def counts_at(self, row: int) -> bool:
        """The same of one row."""
        return bool(self.status[row] != _NOT_APPLICABLE)

    def document_at(self, row: int) -> Document:
        """The document that would settle the rule where it is pending."""
        return _document_at(self.document, row)

    def waits_for(self, document: Document) -> Mask:
        """Where the rule is pending for want of a document."""
        return _waits_for(self.status, self.document, document)


def _document_at(document: Document | DocumentColumn, row: int) -> Document:
    return document if isinstance(document, Document) else Document(int(document[row]))


def _waits_for(status: StatusColumn, wanted: Document | DocumentColumn, document: Document) -> Mask:
    result: Mask = (status == Status.PENDING) & (np.asarray(wanted) == document)
    return result


def status_column(*, pending: Mask, not_applicable: Mask | None = None) -> StatusColumn:
    """Applied, unless a fact is missing or the rule does not concern the case (which goes first)."""
    status = np.where(pending, _PENDING, _APPLIED)
    if not_applicable is not None:
        status[not_applicable] = _NOT_APPLICABLE
    return status


def gate_column(*, fires: Mask, pending: Mask) -> StatusColumn:
    """Passed or fired on known facts; pending where they are missing."""
    status = np.where(fires, _FIRED, _PASSED)
    status[pending] = _PENDING
    return status
