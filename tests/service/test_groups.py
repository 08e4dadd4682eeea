"""Industry, region, park and core enterprise of the stored enterprises, as known on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from models.lake import Lake
from models.records import KINDS
from service.groups import groups_of
from tests.record_rows import record_row, record_table

DAY = date(2024, 6, 30)
LATE = datetime(2024, 7, 2, tzinfo=UTC)


def test_groups_are_what_was_known_on_the_day(tmp_path: Path) -> None:
    """The division of the industry, the first programme not left; nothing learned later, null where nothing is said."""
    enterprise, programme = KINDS["enterprise"], KINDS["anchor_programme"]
    lake = Lake(tmp_path)
    lake.append(
        "enterprise",
        record_table(
            enterprise,
            [
                record_row(enterprise, enterprise_id="E1", industry_code="C3484", region="440305", park="P1"),
                record_row(enterprise, enterprise_id="E2", industry_code="I", region=None, park=None),
                record_row(enterprise, enterprise_id="E3", industry_code="A01", known_at=LATE),
            ],
        ),
    )
    lake.append(
        "anchor_programme",
        record_table(
            programme,
            [
                record_row(programme, enterprise_id="E1", anchor_id="K2", programme_no="1", joined_on=date(2022, 1, 1)),
                record_row(programme, enterprise_id="E1", anchor_id="K1", programme_no="2", joined_on=date(2021, 1, 1),
                           left_on=date(2023, 1, 1)),
                record_row(programme, enterprise_id="E4", anchor_id="K3", programme_no="3", joined_on=date(2021, 1, 1)),
            ],
        ),
    )  # fmt: skip
    assert groups_of(lake, DAY).to_pylist() == [
        {"enterprise_id": "E1", "industry": "34", "region": "440305", "park": "P1", "core_enterprise": "K2"},
        {"enterprise_id": "E2", "industry": "I", "region": None, "park": None, "core_enterprise": None},
        {"enterprise_id": "E4", "industry": None, "region": None, "park": None, "core_enterprise": "K3"},
    ]


def test_a_lake_without_these_kinds_has_no_groups(tmp_path: Path) -> None:
    """No enterprise record, no programme: an empty table with the same columns."""
    assert groups_of(Lake(tmp_path), DAY).num_rows == 0
