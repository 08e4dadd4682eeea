"""Default from records: 90 days past due or unlikely to pay, and until when that is known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from models.records import KINDS
from models.tables import Tables
from tests.loan_books import event, instalment, learned, loan, tables_of
from training.panel.defaults import NoLoansKnown, first_defaults, last_day_known

DUE = date(2022, 3, 20)
UNTIL = date(2024, 1, 1)
BY_KIND = {"bank_loan": "bank_loan", "loan_repayment": "loan_repayment", "risk_event": "risk_event"}
AFTER_90 = DUE + timedelta(days=90)


def found(until: date = UNTIL, **rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(day, cause) of every default."""
    table = first_defaults(tables_of(**rows), until)
    return [(row["defaulted_on"].isoformat(), row["cause"]) for row in table.to_pylist()]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"loan_repayment": [instalment("A", DUE, DUE)]}, []),
        ({"loan_repayment": [instalment("A", DUE, DUE + timedelta(days=89))]}, []),
        ({"loan_repayment": [instalment("A", DUE, AFTER_90)]}, [(AFTER_90, "past_due")]),
        ({"loan_repayment": [instalment("A", DUE, None)]}, [(AFTER_90, "past_due")]),
        ({"loan_repayment": [instalment("A", DUE, None, waived=True)]}, []),
        ({"loan_repayment": [instalment("A", DUE, None, due_principal_fen=0, due_interest_fen=0)]}, []),
        ({"loan_repayment": [instalment("A", DUE, None, superseded_at=learned(UNTIL))]}, []),
        ({"bank_loan": [loan("A", days_past_due=89)]}, []),
        (
            {"bank_loan": [loan("A", days_past_due=100, known_at=learned(date(2022, 6, 30)))]},
            [(date(2022, 6, 20), "past_due")],
        ),
        (
            {"bank_loan": [loan("A", risk_class="substandard", known_at=learned(DUE))]},
            [(DUE, "non_performing")],
        ),
        ({"bank_loan": [loan("A", risk_class="special_mention")]}, []),
        ({"bank_loan": [loan("A", restructured=True, known_at=learned(DUE))]}, [(DUE, "restructured")]),
        ({"risk_event": [event("A", "bankruptcy", DUE)]}, [(DUE, "unlikely_to_pay")]),
        ({"risk_event": [event("A", "dishonest_debtor", DUE, role="plaintiff")]}, []),
        ({"risk_event": [event("A", "lawsuit", DUE)]}, []),
        (
            {"risk_event": [event("A", "bankruptcy", DUE)], "loan_repayment": [instalment("A", DUE, None)]},
            [(DUE, "unlikely_to_pay")],
        ),
    ],
    ids=[
        "paid-on-time", "paid-after-89-days", "paid-after-90-days", "never-paid", "waived", "nothing-was-due",
        "an-older-version", "loan-89-days", "loan-100-days-reckoned-back", "substandard", "special-mention",
        "restructured", "bankruptcy", "list-but-plaintiff", "lawsuit-alone", "the-first-cause-counts",
    ],
)  # fmt: skip
def test_causes_of_default(rows: dict[str, Any], expected: list[tuple[date, str]]) -> None:
    """Each cause, its day, and the cases beside it that are no default."""
    assert found(**rows) == [(day.isoformat(), cause) for day, cause in expected]


def test_an_unpaid_instalment_is_no_default_before_its_ninety_days_are_known() -> None:
    """The day before the 90 days are over nothing has happened yet; on the day it has."""
    rows = {"loan_repayment": [instalment("A", DUE, None)]}
    assert found(AFTER_90 - timedelta(days=1), **rows) == []
    assert found(AFTER_90, **rows) == [(AFTER_90.isoformat(), "past_due")]


def test_the_last_day_known_is_that_of_the_loan_records_or_a_month_more_while_others_speak() -> None:
    """A loan feed that fell silent for longer than a month does not vouch for later days."""
    book = tables_of(bank_loan=[loan("A")], loan_repayment=[instalment("A", DUE, DUE)])
    assert last_day_known(book) == DUE + timedelta(days=1)
    for days, expected in ((10, 10), (40, 31)):
        later = event("A", "lawsuit", DUE + timedelta(days=1 + days))
        tables = Tables({**book.by_kind, **tables_of(risk_event=[later]).by_kind})
        assert last_day_known(tables) == DUE + timedelta(days=1 + expected)


def test_without_a_loan_book_there_is_nothing_to_learn_from() -> None:
    """The error says which kinds to import."""
    with pytest.raises(NoLoansKnown, match="no bank loan"):
        last_day_known(Tables({"invoice": KINDS["invoice"].schema.empty_table()}))
