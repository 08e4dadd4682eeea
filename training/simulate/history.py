"""What happened in the economy: deals, settlements, flows of cash, loans, defaults."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]

FLOWS = (
    "receipts", "other_income", "equity", "loan_drawn", "wages", "taxes", "loan_repaid", "suppliers", "investment",
    "dividends",
)  # fmt: skip
INFLOWS = ("receipts", "other_income", "equity", "loan_drawn")
LONGEST_TERMS = 16  # weeks of credit


@dataclass
class Loans:
    """Every loan in the order of drawing: one element per loan."""

    enterprise: Whole
    drawn_week: Whole
    principal_fen: Whole
    tenor_months: Whole


@dataclass
class History:
    """What happened. Matrices are (weeks or months) x (edges or enterprises); money is fen unless it says yuan."""

    deals_yuan: npt.NDArray[np.int32]  # weeks x edges, net of tax
    tax_percent: npt.NDArray[np.int8]  # by edge
    settled_week: npt.NDArray[np.int16]  # due week x buyer: when the payables due in that week were paid, -1: not
    capacity: npt.NDArray[np.float32]  # weeks x enterprises: delivered per ordered
    output: npt.NDArray[np.float32]  # weeks x enterprises: sales against the usual level
    flows: dict[str, Whole]  # months x enterprises
    opening_cash: Whole
    cash: Whole  # months x enterprises, at the end
    overdue_weeks: npt.NDArray[np.int16]  # months x enterprises: age of the oldest unpaid payable
    due_principal: Whole  # instalments: months x enterprises
    due_interest: Whole
    loan_of_instalment: npt.NDArray[np.int32]  # number of the loan, -1
    paid_week: npt.NDArray[np.int16]  # of the instalment, -1: not
    default_day: Whole  # since 1970, -1: none
    closed_week: Whole  # ended without default, -1: none
    wages_due: Whole  # with arrears, on each pay day
    vat_due: Whole
    income_tax_due: Whole
    data_income: Whole
    licence_income: Whole
    loans: Loans
    equity_events: tuple[Whole, Whole, Whole]  # week, enterprise, fen


def empty_history(weeks: int, months: int, *, tax_percent: Whole, opening_cash: Whole) -> History:
    """Nothing has happened yet. `tax_percent`: by edge; `opening_cash`: by enterprise."""
    n, none = len(opening_cash), np.zeros(0, dtype=np.int64)

    def by_month() -> Whole:
        return np.zeros((months, n), dtype=np.int64)

    return History(
        deals_yuan=np.zeros((weeks, len(tax_percent)), dtype=np.int32),
        tax_percent=tax_percent.astype(np.int8),
        settled_week=np.full((weeks + LONGEST_TERMS, n), -1, dtype=np.int16),
        capacity=np.ones((weeks, n), dtype=np.float32),
        output=np.zeros((weeks, n), dtype=np.float32),
        flows={name: by_month() for name in FLOWS},
        opening_cash=opening_cash.copy(),
        cash=by_month(),
        overdue_weeks=np.zeros((months, n), dtype=np.int16),
        due_principal=by_month(),
        due_interest=by_month(),
        loan_of_instalment=np.full((months, n), -1, dtype=np.int32),
        paid_week=np.full((months, n), -1, dtype=np.int16),
        default_day=np.full(n, -1),
        closed_week=np.full(n, -1),
        wages_due=by_month(),
        vat_due=by_month(),
        income_tax_due=by_month(),
        data_income=by_month(),
        licence_income=by_month(),
        loans=Loans(none, none, none, none),
        equity_events=(none, none, none),
    )


def sum_by(index: Whole, amount: npt.NDArray[np.number], size: int) -> Whole:
    """The sum of the amounts at each index below `size`."""
    return np.bincount(index, weights=amount, minlength=size).astype(np.int64)
