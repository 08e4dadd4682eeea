"""Segments of enterprises from what is on file."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np

from models.records import KINDS
from models.tables import Tables
from tests.record_rows import record_table
from training.segments import segments_of

LATER = datetime(2024, 1, 1, tzinfo=UTC)


def enterprise(name: str, **facts: object) -> dict[str, object]:
    known = {"known_at": LATER, "origin": "simulated", "stated_on": date(2023, 6, 1)}
    return {"enterprise_id": name, "name": name, **known, **facts}


def found(*rows: dict[str, object], entity: list[str], days: list[str] | None = None) -> dict[str, list[str]]:
    tables = Tables({"enterprise": record_table(KINDS["enterprise"], rows)})
    day = None if days is None else np.array(days, dtype="datetime64[D]")
    return {name: values.tolist() for name, values in segments_of(tables, np.array(entity), day).items()}


def test_segments_are_size_section_province_and_age() -> None:
    """One row of an enterprise on each of two days: it grows older, the rest stays."""
    facts = {"size_class": "small", "industry_code": "C3484", "region": "440305", "founded_on": date(2020, 1, 1)}
    assert found(enterprise("A", **facts), entity=["A", "A", "B"], days=["2022-01-01", "2024-01-01", "2024-01-01"]) == {
        "size": ["small", "small", ""],
        "sector": ["C", "C", ""],
        "region": ["44", "44", ""],
        "stage": ["< 3 years", "3-7 years", ""],
    }


def test_the_latest_statement_counts_and_a_replaced_one_does_not() -> None:
    """Two statements on different days, and one that was corrected."""
    rows = [
        enterprise("A", size_class="micro", stated_on=date(2022, 6, 1)),
        enterprise("A", size_class="small"),
        enterprise("A", size_class="large", stated_on=date(2023, 12, 1), superseded_at=LATER),
    ]
    assert found(*rows, entity=["A"])["size"] == ["small"]


def test_a_segment_that_nobody_states_is_left_out() -> None:
    """No size, no region: no such segment; the same without the record kind."""
    assert found(enterprise("A"), entity=["A"], days=["2024-01-01"]) == {}
    assert segments_of(Tables({}), np.array(["A"]), None) == {}


def test_anchor_is_the_first_core_enterprise_supplied_or_none() -> None:
    """A supplies two programmes; B none, which is an answer where the feed is connected."""
    row = {"enterprise_id": "A", "known_at": LATER, "origin": "simulated", "role": "supplier", "programme_no": "1"}
    rows = [{**row, "anchor_id": "Z9"}, {**row, "anchor_id": "Z1"}]
    tables = Tables({"anchor_programme": record_table(KINDS["anchor_programme"], rows)})
    assert segments_of(tables, np.array(["A", "B"]), None)["anchor"].tolist() == ["Z1", "none"]
