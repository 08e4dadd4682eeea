"""The whole stage on tables with two times: what was known on a day, and each asset counted in one place."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.records.data_asset import DATA_ASSET
from models.records.ip_right import IP_RIGHT
from models.records.kind import RecordKind
from models.records.pool_asset import POOL_ASSET
from models.tables import Tables
from models.valuation.stage import AssetValues, read_parameters, value_assets
from tests.record_rows import record_row
from tests.valuation_rows import AS_OF, WAN, data_set, facts, policy, pool_row, right

EARLY = datetime(2024, 2, 1, tzinfo=UTC)


def table(kind: RecordKind, *rows: dict[str, Any]) -> pa.Table:
    stored = [{"known_at": EARLY, "superseded_at": None, "origin": "test"} | row for row in rows]
    return pa.Table.from_pylist(stored, schema=kind.schema)


def stage(tables: dict[str, pa.Table], as_of: date = AS_OF, **more: Any) -> AssetValues:
    more.setdefault("facts", facts())
    return value_assets(Tables(tables), as_of, read_parameters(policy()), **more)


def test_a_right_in_the_pool_counts_there_and_not_beside_it() -> None:
    """One register number, one place: the pool takes the part of the valuation, the uplift nothing."""
    rights = table(IP_RIGHT, right("CN20211", cost_fen=30 * WAN), right("CN20212", cost_fen=30 * WAN))
    deposit = pool_row("D", "deposit", 100)
    beside = stage({"ip_right": rights, "pool_asset": table(POOL_ASSET, deposit)})
    inside = stage(
        {"ip_right": rights, "pool_asset": table(POOL_ASSET, deposit, pool_row("ZL20211", "ip_right", 5000))}
    )
    assert beside.ip is not None
    assert inside.ip is not None
    assert inside.pool is not None
    one, two = (item.enterprises["value_central_fen"][0].as_py() for item in (inside.ip, beside.ip))
    assert 2 * one == two
    taken = inside.pool.assets.to_pylist()[0 if inside.pool.assets["register_no"][0].as_py() == "20211" else 1]
    assert taken["value_fen"] == inside.ip.assets["part_low_fen"][0].as_py() > 0


def test_a_feed_that_is_not_connected_is_none_and_an_empty_one_is_empty() -> None:
    """No feed is not the same as no assets."""
    found = stage({"ip_right": IP_RIGHT.schema.empty_table()})
    assert found.data is None
    assert found.pool is None
    assert found.ip is not None
    assert found.ip.enterprises.num_rows == 0


def test_the_examples_of_the_record_kinds_can_be_valued() -> None:
    """What the contracts document as an example row goes through every engine."""
    kinds = (IP_RIGHT, DATA_ASSET, POOL_ASSET)
    tables = {kind.name: table(kind, record_row(kind, known_at=EARLY)) for kind in kinds}
    found = stage(tables, facts=None)
    assert [found.ip is None, found.data is None, found.pool is None] == [False, False, False]


def test_only_the_enterprises_asked_for_are_valued() -> None:
    """A restriction to some enterprises gives their rows and the same values."""
    rights = table(IP_RIGHT, right("A"), right("B", enterprise_id="E2"))
    every, some = stage({"ip_right": rights}), stage({"ip_right": rights}, enterprises=["E2"])
    assert every.ip is not None
    assert some.ip is not None
    assert some.ip.enterprises["enterprise_id"].to_pylist() == ["E2"]
    assert some.ip.enterprises.to_pylist() == every.ip.enterprises.to_pylist()[1:]


@pytest.mark.parametrize("pledged_before", [False, True])
@pytest.mark.parametrize("minutes_late", [0, 1])
def test_a_correction_counts_from_the_day_it_was_learned(pledged_before: bool, minutes_late: int) -> None:
    """A pledge, or its release, counts if learned before midnight in Shanghai and not a minute later."""
    known_at = datetime(2024, 6, 30, 15, 59, tzinfo=UTC) + timedelta(minutes=minutes_late)
    old = right("A", known_at=EARLY, superseded_at=known_at, pledged=pledged_before)
    new = right("A", known_at=known_at, pledged=not pledged_before)
    found = stage({"ip_right": table(IP_RIGHT, old, new)})
    assert found.ip is not None
    pledged = pledged_before if minutes_late else not pledged_before
    assert (found.ip.enterprises["value_high_fen"][0].as_py() == 0) == pledged


@given(later=st.integers(1, 400), change=st.sampled_from(["ip_right", "data_asset", "pool_asset"]))
@settings(max_examples=25, deadline=None)
def test_what_is_learned_later_changes_nothing(later: int, change: str) -> None:
    """Rows of any kind learned after the day leave every result as it was, to the last byte."""
    rows: dict[str, tuple[RecordKind, dict[str, Any], dict[str, Any]]] = {
        "ip_right": (IP_RIGHT, right("A"), right("B", cost_fen=900 * WAN)),
        "data_asset": (DATA_ASSET, data_set("A"), data_set("B")),
        "pool_asset": (POOL_ASSET, pool_row("A", "deposit", 100), pool_row("B", "deposit", 900)),
    }
    known = datetime(2024, 6, 30, 16, 0, tzinfo=UTC) + timedelta(days=later - 1)
    before = {name: table(kind, first) for name, (kind, first, _) in rows.items()}
    kind, first, second = rows[change]
    after = before | {change: table(kind, first, second | {"known_at": known})}
    one, other = stage(before), stage(after)
    for left, right_ in ((one.ip, other.ip), (one.data, other.data), (one.pool, other.pool)):
        assert left is not None
        assert right_ is not None
        assert left.assets.equals(right_.assets)
        assert left.enterprises.equals(right_.enterprises)


def test_a_fee_that_fell_due_after_the_bank_last_looked_is_open_and_not_missed() -> None:
    """Learned in February with fees paid to March: open in June. Learned in June with fees paid to 2023: lapsed."""
    rows = [
        right("A", fee_paid_until=date(2024, 3, 1)),
        right("B", fee_paid_until=date(2023, 11, 1), known_at=datetime(2024, 6, 1, 9, 30, tzinfo=UTC)),
        right("C", fee_paid_until=date(2023, 11, 1)),
    ]
    found = stage({"ip_right": table(IP_RIGHT, *rows)})
    assert found.ip is not None
    assert found.ip.assets["knocked_out_by"].to_pylist() == [[], ["lapsed"], []]
    assert found.ip.assets["pending"].to_pylist() == [["fees_paid"], [], ["fees_paid"]]
