"""Small loan books with invoices behind them, in which the weak sell less, pay late and default."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa

from models.records import KINDS
from models.tables import Tables
from tests.record_rows import record_row, record_table

START = date(2021, 1, 1)
LAST_DUE = date(2024, 12, 20)


def learned(day: date) -> datetime:
    """An instant within a day."""
    return datetime.combine(day, datetime.min.time(), UTC)


def loan(enterprise: str, drawn: date = START, **changes: object) -> dict[str, object]:
    """A loan of this bank, known since it was drawn, open and performing."""
    row = {
        "enterprise_id": enterprise, "loan_no": "L1", "drawn_on": drawn, "matures_on": drawn + timedelta(days=3650),
        "principal_fen": 100_000_000, "balance_fen": 50_000_000, "days_past_due": 0, "risk_class": "normal",
        "restructured": False, "closed_on": None, "known_at": learned(drawn), "superseded_at": None,
        "origin": "simulated",
    }  # fmt: skip
    return record_row(KINDS["bank_loan"], **{**row, **changes})


def instalment(enterprise: str, due: date, paid: date | None, **changes: object) -> dict[str, object]:
    """An instalment as it stands in the end: paid on a day, or not."""
    row = {
        "enterprise_id": enterprise, "loan_no": "L1", "instalment_no": due.year * 12 + due.month - 24_000,
        "due_on": due,
        "due_principal_fen": 1_000_000, "due_interest_fen": 10_000, "paid_on": paid,
        "paid_fen": 1_010_000 if paid else 0, "days_past_due": (paid - due).days if paid else None, "waived": False,
        "known_at": learned((paid or due) + timedelta(days=1)), "superseded_at": None, "origin": "simulated",
    }  # fmt: skip
    return record_row(KINDS["loan_repayment"], **{**row, **changes})


def event(enterprise: str, what: str, day: date, **changes: object) -> dict[str, object]:
    """A risk event of a kind."""
    row = {"enterprise_id": enterprise, "event": what, "event_no": f"{what} {day}", "happened_on": day, "role": None}
    known = {"known_at": learned(day), "superseded_at": None, "resolved_on": None, "origin": "simulated"}
    return record_row(KINDS["risk_event"], **{**row, **known, **changes})


def tables_of(**rows: list[dict[str, object]]) -> Tables:
    """Tables by kind; a kind without rows is connected and empty."""
    return Tables(
        {
            kind: record_table(KINDS[kind], each) if each else KINDS[kind].schema.empty_table()
            for kind, each in rows.items()
        }
    )


def economy(enterprises: int = 160, *, seed: int = 0) -> Tables:
    """Four years of monthly invoices and instalments: the weak shrink and void more, and many of them stop paying."""
    rng = np.random.default_rng(seed)
    invoices, loans, repayments = [], [], []
    for number in range(enterprises):
        name = f"E{int(rng.integers(10**8)):08d}{number:03d}"
        weakness = float(rng.uniform())
        stops = START + timedelta(days=int(rng.integers(200, 1400))) if rng.uniform() < weakness**2 else None
        loans.append(loan(name))
        sales = "purchase" if number % 8 == 7 else "sales"  # of some no sales are known
        for month in range(48):
            day = date(START.year + month // 12, month % 12 + 1, 20)
            trouble = stops is not None and day > stops - timedelta(days=150)
            for copy in range(2):
                amount = int(rng.lognormal(14, 0.4) * (0.4 if trouble else 1.0)) * 100
                void = rng.uniform() < (0.05 + 0.3 * weakness)
                facts = {
                    "enterprise_id": name,
                    "direction": sales,
                    "invoice_no": f"{month:04d}{copy}",
                    "issued_on": day,
                }
                money = {"amount_fen": amount, "tax_fen": 0, "total_fen": amount, "status": "void" if void else "valid"}
                other = {"counterparty_id": f"C{int(rng.integers(5))}", "known_at": learned(day), "origin": "simulated"}
                invoices.append({**facts, **money, **other, "superseded_at": None})
            unpaid = stops is not None and day >= stops
            repayments.append(instalment(name, day, None if unpaid else day))
    made = pa.Table.from_pylist(invoices, schema=KINDS["invoice"].schema)
    book = tables_of(bank_loan=loans, loan_repayment=repayments)
    return Tables({"invoice": made, **book.by_kind})
