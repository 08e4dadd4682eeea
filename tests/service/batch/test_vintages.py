"""Loans of this bank by quarter of drawing, counted again by hand."""

from __future__ import annotations

import pyarrow as pa

from models.records import KINDS
from models.tables import Tables, accept_rows
from service.batch.vintages import added, vintages_of
from tests.service.conftest import AS_OF, TODAY


def loan(number: str, **more: str) -> dict[str, str]:
    """A loan of this bank to E1, half repaid."""
    return {
        "enterprise_id": "E1", "loan_no": number, "own_bank": "是", "drawn_on": "2019-08-15",
        "matures_on": "2021-08-15", "principal": "1000.00", "balance": "500.00", "days_past_due": "0", **more,
    }  # fmt: skip


def test_open_loans_of_scored_enterprises_by_quarter() -> None:
    """Others' loans, closed ones, later ones and those of nobody scored do not count; 30 days are not more than 30."""
    rows = [
        loan("a"),
        loan("b", days_past_due="31", balance="300.00"),
        loan("c", days_past_due="30", drawn_on="2019-10-01"),
        loan("other bank", own_bank="否"),
        loan("closed", closed_on="2020-01-31"),
        loan("later", drawn_on="2020-03-01"),
        loan("unscored", enterprise_id="E9"),
        loan("no pd", enterprise_id="E2", drawn_on="2019-10-01", balance="100.00"),
    ]
    accepted = accept_rows(rows, KINDS["bank_loan"], received_on=TODAY)
    assert accepted.quarantined.num_rows == 0
    known = accepted.rows.set_column(
        accepted.rows.column_names.index("known_at"),
        accepted.rows.schema.field("known_at"),
        pa.array([row["drawn_on"] for row in accepted.rows.to_pylist()], pa.date32()).cast(
            pa.timestamp("us", tz="UTC")
        ),
    )
    scores = pa.table({"enterprise_id": ["E1", "E2"], "pd": pa.array([0.1, None])})
    found = vintages_of(Tables({"bank_loan": known}), AS_OF, scores)
    keys = ("loans", "principal_fen", "balance_fen", "past_due_loans", "past_due_fen", "pd_weighted_fen")
    assert {quarter: tuple(one[key] for key in keys) for quarter, one in found.items()} == {
        "2019Q3": (2, 200_000, 80_000, 1, 30_000, 8_000),
        "2019Q4": (2, 200_000, 60_000, 0, 0, 5_000),
    }
    assert added([found, found])["2019Q3"]["loans"] == 4
