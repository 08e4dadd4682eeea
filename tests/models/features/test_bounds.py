"""What a feature can be at all: every computed value lies inside, and nothing stands in the way of a true one."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from models.features import CATALOGUE, compute_features
from models.features.bounds import ANYTHING, NOT_NEGATIVE, SHARE, bounds_of
from models.features.catalogue import feature
from models.records import KINDS
from models.tables import Tables, concatenated, empty_table
from training.simulate.feeds.everything import tables_of
from training.simulate.world import Plan, build

DAYS = [date(2022, 12, 31), date(2023, 6, 30), date(2024, 3, 31)]


@pytest.fixture(scope="module")
def panel() -> pa.Table:
    """Features of a small economy with its fraudsters, corrections and red letters."""
    world = build(Plan(enterprises=60, months=36, seed=5, start=date(2021, 6, 1)), lambda _: None)
    parts: dict[str, list[pa.Table]] = {}
    for kind, table in tables_of(world, 0, 60, invoices_only=False):
        parts.setdefault(kind, []).append(table)
    tables = {kind: concatenated(KINDS[kind], each) for kind, each in parts.items()}
    around = {kind: empty_table(KINDS[kind]) for kind in ("invoice", "relation", "risk_event")}
    return compute_features(Tables(tables, around), DAYS)


def test_every_value_of_the_simulated_economy_lies_inside(panel: pa.Table) -> None:
    """No feature of any enterprise on any day leaves its bounds, so a what-if can state whatever can be true."""
    for item in CATALOGUE:
        low, high = bounds_of(item)
        values = panel.column(item.name).to_numpy()
        known = values[~np.isnan(values)]
        assert ((known >= low) & (known <= high)).all(), (item.name, known.min(), known.max())


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("void_rate_12m", SHARE),
        ("customer_top1_share_12m", SHARE),
        ("customers_12m", NOT_NEGATIVE),
        ("days_since_last_sale", NOT_NEGATIVE),
        ("days_late_change_3m", ANYTHING),
        ("sales_growth_yoy", ANYTHING),
        ("red_rate_12m", NOT_NEGATIVE),
    ],
)
def test_bounds_by_unit(name: str, bounds: tuple[float, float]) -> None:
    """Shares lie in 0 to 1, counts and days are not negative, changes and growth are free."""
    assert bounds_of(feature(name)) == bounds


def test_bounds_are_an_interval() -> None:
    """The least lies below the greatest, and a share's are finite."""
    for item in CATALOGUE:
        low, high = bounds_of(item)
        assert low < high
        assert math.isfinite(high) == (bounds_of(item) == SHARE)
