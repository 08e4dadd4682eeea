"""Late payment from the customer's own past: real invoices with due and settlement days, tested on later ones.

    python -m benchmarks.receivables        needs ../shared/data/receivables

Each invoice is a row on its day of issue. What is told of it are the customer's earlier invoices as they stood the day
before: those settled by then with their delays, those open by then with how long they are overdue. Nothing of the
invoice's own end is used, nor whether it is disputed, which is known later. The set of columns was fixed on invoices
before 2013-05-15; the test begins after.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.prepared import ROOT, show, train_table

DATA = Path(os.environ.get("ASSETLIGHT_SHARED_DATA") or ROOT.parent / "shared" / "data") / "receivables"
FILE = "accounts_receivable_2466.csv"
TEST_FROM = "2013-05-15"
DECAY = 3  # settled invoices after which an old delay counts half
PRIOR = 2  # invoices of an average customer that every share is drawn to

COLUMNS = (  # name, direction, unit, Chinese, English
    ("settled", 0, "invoices", "已结清发票数", "settled invoices"),
    ("late_share", 1, "ratio", "迟付占比（向均值收缩）", "share paid late, drawn to the average"),
    ("days_late_mean", 1, "days", "平均迟付天数", "mean days late"),
    ("days_late_max", 1, "days", "最大迟付天数", "most days late"),
    ("days_late_last", 1, "days", "最近一张迟付天数", "days late of the last one settled"),
    ("days_to_settle_mean", 1, "days", "平均结清天数", "mean days to settle"),
    ("days_to_settle_recent", 1, "days", "近期结清天数（衰减加权）", "recent days to settle, decaying weights"),
    ("days_to_settle_sd", 0, "days", "结清天数标准差", "spread of days to settle"),
    ("open_overdue", 1, "invoices", "逾期未结发票数", "invoices open and overdue"),
    ("overdue_max", 1, "days", "未结最大逾期天数", "most days overdue of an open one"),
    ("open_amount", 0, "money", "未结金额", "amount open"),
    ("amount", 0, "money", "本张金额", "amount of this invoice"),
    ("amount_to_usual", 0, "ratio", "本张金额与以往均值之比", "amount to the customer's usual one"),
)


def past_of(customer: pd.DataFrame, invoice: pd.Series, average: float) -> dict[str, float]:
    """What was known of a customer the day before an invoice."""
    day = invoice["InvoiceDate"]
    before = customer[customer["InvoiceDate"] < day]
    settled = before[before["SettledDate"] < day].sort_values("SettledDate", kind="stable")
    still_open = before[before["SettledDate"] >= day]
    overdue = (day - still_open["DueDate"]).dt.days
    late, taken = settled["DaysLate"], settled["DaysToSettle"]
    count = len(settled)
    return {
        "settled": float(count),
        "late_share": (float((late > 0).sum()) + PRIOR * average) / (count + PRIOR),
        "days_late_mean": float(late.mean()),
        "days_late_max": float(late.max()),
        "days_late_last": float(late.iloc[-1]) if count else np.nan,
        "days_to_settle_mean": float(taken.mean()),
        "days_to_settle_recent": float(taken.ewm(halflife=DECAY).mean().iloc[-1]) if count else np.nan,
        "days_to_settle_sd": float(taken.std()) if count > 1 else np.nan,
        "open_overdue": float((overdue > 0).sum()),
        "overdue_max": float(max(overdue.max(), 0)) if len(overdue) else 0.0,
        "open_amount": float(still_open["InvoiceAmount"].sum()),
        "amount": float(invoice["InvoiceAmount"]),
        "amount_to_usual": float(invoice["InvoiceAmount"] / before["InvoiceAmount"].mean()) if len(before) else np.nan,
    }


def prepared(folder: Path) -> tuple[Path, Path]:
    """The table and its schema, written into a folder."""
    raw = pd.read_csv(DATA / FILE)
    for name in ("InvoiceDate", "DueDate", "SettledDate"):
        raw[name] = pd.to_datetime(raw[name], format="%m/%d/%Y")
    raw = raw.sort_values(["InvoiceDate", "invoiceNumber"], kind="stable")
    by_customer = dict(list(raw.groupby("customerID")))
    rows = []
    for _, invoice in raw.iterrows():
        known = raw[raw["SettledDate"] < invoice["InvoiceDate"]]  # of all customers: what an average one does
        average = float((known["DaysLate"] > 0).mean()) if len(known) else 0.5
        past = past_of(by_customer[invoice["customerID"]], invoice, average)
        day = invoice["InvoiceDate"].date().isoformat()
        rows.append({"customer": invoice["customerID"], "day": day, "known_at": day, **past})
    table = pd.DataFrame(rows)
    table["late"] = (raw["DaysLate"] > 0).astype(int).to_numpy()
    path, schema = folder / "receivables.csv", folder / "receivables.yaml"
    table.to_csv(path, index=False)
    lines = [
        'schema_version: "1"',
        "origin: public receivables",
        "entity: customer",
        "day: day",
        "known_at: known_at",
        "bar: late_share",
        "label: {column: late}",
        "repeats: keep",  # invoices of one customer and day look alike: their numbers are not in the table
        "columns:",
    ]
    lines += [
        f"  - {{name: {name}, type: number, direction: {sign}, unit: {unit}, words: {{zh: {zh}, en: '{en}'}}}}".replace(
            "customer's", "customer''s"
        )
        for name, sign, unit, zh, en in COLUMNS
    ]
    schema.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path, schema


def main() -> None:
    """Train twice: later invoices of the same customers, and of customers that were never learned from."""
    if not DATA.is_dir():
        raise SystemExit("the receivables are not here: expected ../shared/data/receivables beside the project")
    with tempfile.TemporaryDirectory() as folder:
        table, schema = prepared(Path(folder))
        for title, extra in (("later invoices of the same customers", ["--same-entities"]), ("of other customers", [])):
            words = ["--test-from", TEST_FROM, *extra, *sys.argv[1:]]
            show(title, train_table(table, schema, Path(folder), words))


if __name__ == "__main__":
    main()
