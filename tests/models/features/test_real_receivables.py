"""The settlement family on 2,466 real invoices with due and settled dates, against a plain pandas computation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.features import compute_features
from models.features.settlement import SETTLEMENT
from models.records.receivable import RECEIVABLE
from models.tables import Tables, end_of_day

DAYS = [date(2013, 6, 30), date(2013, 12, 31)]


def ledger(folder: Path) -> pd.DataFrame:
    """The file as it lies, dates as days and amounts as fen; one seller, its customers the debtors."""
    text = pd.read_csv(folder / "receivables/accounts_receivable_2466.csv", dtype=str)
    days = {
        name: pd.to_datetime(text[header], format="%m/%d/%Y")
        for name, header in (("arisen", "InvoiceDate"), ("due", "DueDate"), ("settled", "SettledDate"))
    }
    fen = (text["InvoiceAmount"].astype(float) * 100).round().astype("int64")
    return pd.DataFrame(
        {"no": text["invoiceNumber"], "debtor": text["customerID"], "fen": fen, "disputed": text["Disputed"] == "Yes"}
        | days
    )


def receivables(rows: pd.DataFrame) -> pa.Table:
    """Two versions of each invoice: open from the day it arose, settled from the day it was settled."""
    versions = []
    for row in rows.itertuples(index=False):
        arisen, due, settled = (day.date() for day in (row.arisen, row.due, row.settled))
        common = {
            "enterprise_id": "seller",
            "receivable_no": row.no,
            "debtor_id": row.debtor,
            "arisen_on": arisen,
            "due_on": due,
            "face_fen": row.fen,
            "disputed": row.disputed,
            "origin": "public",
        }
        learned, corrected = (end_of_day(day) - pd.Timedelta(hours=12) for day in (arisen, settled))
        if corrected > learned:
            versions.append(common | {"known_at": learned, "superseded_at": corrected})
        versions.append(common | {"settled_on": settled, "outstanding_fen": 0, "known_at": corrected})
    return pa.Table.from_pylist(versions, schema=RECEIVABLE.schema)


@pytest.mark.shared_data
def test_settlement_on_real_invoices(shared_data: Path) -> None:
    """Days late, DSO, overdue shares and disputes on real dates, on two days, as pandas computes them."""
    rows = ledger(shared_data)
    assert len(rows) == 2466
    tables = Tables({"receivable": receivables(rows)})
    for computed in compute_features(tables, DAYS, features=SETTLEMENT.features).to_pylist():
        as_of = pd.Timestamp(computed["as_of"])
        start = as_of - pd.DateOffset(years=1)
        settled = rows[(rows["settled"] > start) & (rows["settled"] <= as_of)]
        late = (settled["settled"] - settled["due"]).dt.days.clip(lower=0)
        left = rows[(rows["arisen"] <= as_of) & (rows["settled"] > as_of)]
        past = (as_of - left["due"]).dt.days
        year = rows[(rows["arisen"] > start) & (rows["arisen"] <= as_of)]
        expected = {
            "days_late_mean_12m": float(np.average(late, weights=settled["fen"])),
            "days_late_p75_12m": float(np.quantile(late, 0.75, method="inverted_cdf")),
            "days_late_p90_12m": float(np.quantile(late, 0.9, method="inverted_cdf")),
            "dso_12m": 360 * left["fen"].sum() / year["fen"].sum(),
            "unpaid_past_due_share": left["fen"][past > 0].sum() / left["fen"].sum(),
            "overdue_30d_share": left["fen"][past > 30].sum() / left["fen"].sum(),
            "receivable_dpd_max": float(past.clip(lower=0).max()),
            "disputed_share_12m": year["fen"][year["disputed"]].sum() / year["fen"].sum(),
            "dilution_12m": 0.0,
        }
        assert len(settled) > 500
        for name, value in expected.items():
            assert computed[name] == pytest.approx(value, rel=1e-9), name
