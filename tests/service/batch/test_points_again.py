"""The lines of docs/batch.md that make points again from the rows of a run, run as they stand."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.bundle import Bundle
from service.batch.running import in_this_process, run_plan
from service.batch.starting import plan_facts
from service.bootstrap import Service
from tests import factories
from tests.service.batch.runs import ran, rows
from tests.service.conftest import AS_OF

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "batch.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## Points made again")[1].split("\n## ")[0]
(LINES,) = re.findall(r"^```python\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
ENTERPRISES = 200


def filling_model() -> Bundle:
    """A feed of three features that is scored otherwise when absent, one feature that is filled, three left to the
    trees."""
    made = factories.bundle()
    assert made.features[:3] == ("sales_12m_fen", "sales_24m_fen", "sales_growth_yoy")
    fills: dict[str, Any] = {
        "missing_as": (1e6, 2e6, -0.5, 3.0, None, None, None),
        "absent_as": (9e8, 8e8, 0.6, 3.0, None, None, None),
        "feeds": ("invoices", "invoices", "invoices", None, None, None, None),
    }
    return replace(made, **fills)


@pytest.fixture
def run_folder(service: Service, tmp_path: Path) -> Path:
    """A run of two files of facts with holes of every kind: a value, a whole feed, nothing."""
    filling_model().publish(service.settings.home)
    ran(service, tmp_path / "records", keeps_facts=True)
    base = rows(tmp_path / "records", "facts").to_pandas()
    rng = np.random.default_rng(4)
    frame = base.sample(ENTERPRISES, replace=True, random_state=4).reset_index(drop=True)
    frame["enterprise_id"] = [f"P{number:04d}" for number in range(ENTERPRISES)]
    names = [name for name, _ in factories.SIGNED_FEATURES]
    for name in names:
        frame[name] = (frame[name] * rng.lognormal(0, 0.5, ENTERPRISES)).mask(rng.random(ENTERPRISES) < 0.15)
    frame.loc[rng.random(ENTERPRISES) < 0.2, names[:3]] = np.nan
    halves = []
    for number, half in enumerate(np.array_split(np.arange(ENTERPRISES), 2)):
        halves.append(tmp_path / f"facts{number}.parquet")
        pq.write_table(pa.Table.from_pandas(frame.iloc[half], preserve_index=False), halves[-1])
    plan = plan_facts(service.assessor, AS_OF, halves)
    run_plan(plan.plan, tmp_path / "month-end", plan.lake, engine=in_this_process)
    return tmp_path


def test_points_are_made_again_from_the_rows_alone(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contributions, base and points of every row to 1e-9, missing values and absent feeds included."""
    monkeypatch.chdir(run_folder)
    made: dict[str, Any] = {}
    exec(compile(LINES, "docs/batch.md", "exec"), made)  # noqa: S102  (the page is ours)
    told = pd.DataFrame(rows(run_folder / "month-end").to_pandas()).set_index("enterprise_id")
    told = told[told["points"].notna()]
    assert len(told) > 50
    contributions, points = made["contributions"].loc[told.index], made["points"].loc[told.index]
    for name in made["names"]:
        assert np.abs(contributions[name] - told[f"points_{name}"]).max() < 1e-9
    assert np.abs(points - told["points"]).max() < 1e-9
    assert np.abs(made["base_points"] - told["base_points"]).max() < 1e-9
    seen, missing = made["seen"], made["missing"]
    feed = missing[:, :3]
    assert (seen[feed.all(axis=1), 0] == 9e8).all()
    assert feed.all(axis=1).sum() > 5
    assert (feed.any(axis=1) & ~feed.all(axis=1)).sum() > 5
    assert missing[:, 3].any()
    assert np.isnan(seen[:, 4:]).any()
