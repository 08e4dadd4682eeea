"""Who is in the panel on which day, and who is counted out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.loan_books import instalment, learned, loan, tables_of
from training.panel.population import NoMatureDay, months_after, population, quarter_ends

Q1, Q4 = date(2022, 3, 31), date(2022, 12, 31)


def test_every_borrower_of_every_day_is_in_the_panel_or_counted_out() -> None:
    """Good, defaulting later, in default already, repaid, not yet known, not yet mature."""
    early, later = date(2021, 11, 20), date(2022, 5, 20)
    tables = tables_of(
        bank_loan=[
            loan("GOOD"), loan("LATER"), loan("BEFORE"), loan("REPAID", closed_on=date(2022, 1, 5)),
            loan("UNKNOWN", known_at=learned(Q1 + timedelta(days=1))),
        ],
        loan_repayment=[instalment("LATER", later, None), instalment("BEFORE", early, None)],
    )  # fmt: skip
    people = population(tables, [Q1, Q4], until=date(2023, 6, 30))
    first, last = people.counts
    assert people.enterprise_ids.to_pylist() == ["GOOD", "LATER"]
    assert people.outcome.tolist() == [0.0, 1.0]
    assert (first.borrowers, first.already_defaulted, first.immature, first.rows, first.defaults) == (3, 1, 0, 2, 1)
    assert (last.borrowers, last.immature, last.rows) == (4, 4, 0)
    assert people.days == (Q1,)
    assert people.causes == {"past_due": 1}


@pytest.mark.parametrize(("due", "outcome"), [(date(2022, 12, 31), 1.0), (date(2023, 1, 1), 0.0)])
def test_the_window_ends_twelve_months_after_the_day(due: date, outcome: float) -> None:
    """90 days after 31 December is 31 March, the last day of the window; a day later is outside."""
    tables = tables_of(bank_loan=[loan("A")], loan_repayment=[instalment("A", due, None)])
    assert population(tables, [Q1], until=date(2024, 1, 1)).outcome.tolist() == [outcome]


def test_a_window_that_ends_on_the_last_day_known_is_mature() -> None:
    """One day less and it is not."""
    tables = tables_of(bank_loan=[loan("A")], loan_repayment=[])
    assert population(tables, [Q1], until=date(2023, 3, 31)).counts[0].rows == 1
    with pytest.raises(NoMatureDay, match="outcome window of 12 months"):
        population(tables, [Q1], until=date(2023, 3, 30))


def test_quarter_ends_are_month_ends_of_quarters() -> None:
    """From the first to the last, both included."""
    assert quarter_ends(date(2022, 3, 31), date(2022, 12, 30)) == (Q1, date(2022, 6, 30), date(2022, 9, 30))
    assert months_after(date(2023, 2, 28), 12) == date(2024, 2, 29)
