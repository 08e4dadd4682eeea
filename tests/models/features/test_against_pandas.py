"""Every family against an oracle written from its definitions."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features import CATALOGUE, compute_features
from models.records.invoice import INVOICE
from models.tables import Tables
from tests.models.features.invoices import EDGE_DAYS, frame, invoice_rows, tables
from tests.models.features.oracles import expected

FAMILIES_OF_INVOICES = ("trade", "invoice_quality", "counterparties", "purchases", "margin_and_tax")
EXACT_UNITS = ("count", "days", "months")
SUMS = {*(f"sales_{k}m_fen" for k in (3, 6, 12, 24)), "purchases_3m_fen", "purchases_12m_fen"}


def assert_equals_oracle(rows: pd.DataFrame, computed: pa.Table) -> None:
    """Each row of the feature table equals the oracle: exactly for counts and sums, to 1e-9 for quotients."""
    units = {feature.name: feature.unit for feature in CATALOGUE if feature.family in FAMILIES_OF_INVOICES}
    for row in computed.to_pylist():
        families = expected(rows, row["enterprise_id"], row["as_of"])
        values = {name: value for family in families.values() for name, value in family.items()}
        assert set(values) == set(units)
        for name, value in values.items():
            where = f"{name} of {row['enterprise_id']} at {row['as_of']}"
            if value is None or units[name] in EXACT_UNITS or name in SUMS:
                assert row[name] == value, where
            else:
                assert row[name] == pytest.approx(value, rel=1e-9, abs=1e-12), where


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_dirty_tables(data: st.DataObject) -> None:
    """On any dirty table, at any edge of the calendar, every feature of every family equals the pandas oracle."""
    as_of = data.draw(st.sampled_from(EDGE_DAYS))
    rows = data.draw(invoice_rows(as_of))
    assert_equals_oracle(frame(rows), compute_features(tables(rows), as_of, ["A"]))


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_many_days(data: st.DataObject) -> None:
    """Many days in one call, on one month grid or on several, give for each day what the oracle gives."""
    days = data.draw(st.lists(st.sampled_from(EDGE_DAYS), min_size=2, max_size=5, unique=True))
    rows = data.draw(invoice_rows(days[0]))
    assert_equals_oracle(frame(rows), compute_features(tables(rows), days, ["A"]))


def contest_slice(folder: Path, enterprises: int) -> pd.DataFrame:
    """A few contest enterprises, read by pandas alone."""
    parts = []
    for sheet, direction, other in (("sales", "sales", "购方单位代号"), ("purchase", "purchase", "销方单位代号")):
        path = folder / f"cumcm2020c/without_credit_record_{sheet}_invoices.csv.gz"
        text = pd.read_csv(path, encoding="utf-8-sig", dtype=str)
        text = text[text["企业代号"].isin({f"E{number}" for number in range(124, 426, 302 // enterprises)})]
        day = pd.to_datetime(text["开票日期"], format="mixed")
        columns: dict[str, Any] = {
            "enterprise_id": text["企业代号"],
            "direction": direction,
            "invoice_no": text["发票号码"],
            "issued_on": day.dt.date,
            "counterparty_id": text[other],
            "status": np.where(text["发票状态"].str.strip() == "有效发票", "valid", "void"),
            "known_at": day.dt.tz_localize("UTC"),
            "currency": "CNY",
            "origin": "contest",
        }
        for name, header in (("amount_fen", "金额"), ("tax_fen", "税额"), ("total_fen", "价税合计")):
            columns[name] = (text[header].astype(float) * 100).round().astype("int64")
        parts.append(pd.DataFrame(columns))
    made = pd.concat(parts, ignore_index=True)
    for name in set(INVOICE.schema.names) - set(made.columns):
        made[name] = None
    made["superseded_at"] = pd.to_datetime(made["superseded_at"], utc=True)
    return made


@pytest.mark.shared_data
def test_contest_enterprises(shared_data: Path) -> None:
    """On real invoices of the contest, at three dates, every feature equals the pandas oracle."""
    rows = contest_slice(shared_data, enterprises=12)
    computed = compute_features(
        Tables({"invoice": pa.Table.from_pandas(rows, INVOICE.schema, preserve_index=False)}),
        [date(2020, 2, 29), date(2019, 6, 30), date(2018, 12, 15)],
    )
    assert computed.num_rows > 30
    assert_equals_oracle(rows, computed)
