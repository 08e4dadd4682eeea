"""`assetlight train --panel` from stored records to a bundle in force, and the panel's cache."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from models.bundle import Bundle
from models.default_probability import score_features
from models.features import CATALOGUE, compute_features
from models.lake import Lake
from models.records import KINDS
from tests.loan_books import economy, event
from tests.record_rows import record_table
from training.calibrate import prior_shift
from training.cli import commands
from training.panel.features import bucket_groups, merged, panel_features, panel_key
from training.panel.population import population, quarter_ends
from training.split import TooFewDays

DAYS = quarter_ends(date(2022, 3, 31), date(2023, 12, 31))
SOME = CATALOGUE[:6]
FEW = "sales_3m_fen,sales_12m_fen,sales_24m_fen,sales_growth_3m_yoy,sales_recent_share_3m,void_rate_12m,dpd_max_12m"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the small economy."""
    folder = tmp_path_factory.mktemp("home")
    with Lake(folder).writing() as writing:
        for kind, rows in economy(240, seed=3).by_kind.items():
            assert isinstance(rows, pa.Table)
            writing.append(kind, rows)
    return folder


def train(home: Path, *extra: str) -> Any:
    fixed = ["train", "--panel", "--home", str(home), "--as-of", "2021-09-30", "--folds", "2", "--features", FEW]
    fixed += ["--challengers", "logistic_regression", "--no-report"]
    return CliRunner().invoke(commands, [*fixed, *extra])


def test_a_panel_trains_a_bundle_tested_out_of_time_and_out_of_entity(home: Path) -> None:
    """One JSON object with honest figures; the bundle is in force and scores; the same again is the same digest."""
    result = train(home, "--json")
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    bundle = Bundle.load_current(home)
    assert printed["digest"] == bundle.digest
    measured, data = printed["figures"], printed["data"]
    assert measured["test"] == "out_of_time_and_entity"
    assert measured["auc"]["low"] < measured["auc"]["value"] < measured["auc"]["high"]
    assert measured["auc"]["value"] > 0.6
    (without,) = measured["without"]
    assert without["name"] == "without_label_kinds"
    assert "debt" in without["words"]["en"]
    assert all(row["passed"] for row in printed["leakage_audit"])
    assert data["already_defaulted"] > 0
    assert data["immature"] > 0
    assert sum(day["rows"] for day in data["days"]) == data["rows"]
    assert bundle.trained_as_of.isoformat() == data["split"]["learned"][-1]
    scored = score_features(compute_features(Lake(home).tables(), date(2024, 6, 30)), bundle)
    assert np.isfinite(scored.pd).all()
    assert json.loads(train(home, "--json").stdout)["digest"] == bundle.digest
    shown = train(home)
    assert shown.exit_code == 0
    assert "simulated: proves mechanics" in shown.stdout
    assert bundle.digest[:12] in shown.stdout


def test_a_panel_is_moved_to_the_average_of_its_years_unless_told_otherwise(home: Path, tmp_path: Path) -> None:
    """The card has the years, the margins and their sum; `off` stays at the rate of the sample, with the same trees."""
    for name, extra in (("years", ()), ("off", ("--central-tendency", "off"))):
        assert train(home, "--out", str(tmp_path / name), *extra).exit_code == 0
    moved, plain = Bundle.load(tmp_path / "years"), Bundle.load(tmp_path / "off")
    assert moved.booster_text == plain.booster_text
    section = moved.card["calibration"]
    found = section["central_tendency"]["long_run"]
    assert [year["day"][:4] for year in found["years"]] == ["2021", "2022", "2023"]
    mean = sum(year["defaults"] / year["enterprises"] for year in found["years"]) / 3
    assert found["long_run_average"] == pytest.approx(mean, abs=1e-6)
    assert found["rate"] == pytest.approx(mean + sum(each["rate"] for each in found["margins"]), abs=1e-6)
    assert found["deficits"][0]["en"].startswith("Only 3 years")
    shift = prior_shift(section["central_tendency"]["rate"], section["sample_rate"])
    assert moved.calibration.prior_shift == pytest.approx(shift, abs=1e-6)
    assert moved.calibration.intercept == pytest.approx(plain.calibration.intercept + shift, abs=1e-6)
    assert (plain.calibration.prior_shift, plain.card["calibration"]["central_tendency"]["how"]) == (0.0, "sample")
    assert "Only 3 years" in moved.card_text
    stated = [line["stated_pd"] for line in section["grades"] if line["stated_pd"] is not None]
    assert stated == sorted(stated)


def test_days_too_close_together_are_refused(home: Path) -> None:
    """Without a year between there is nothing to learn from."""
    result = train(home, "--as-of", "2023-06-30")
    assert isinstance(result.exception, TooFewDays)


@pytest.mark.parametrize("words", [("--labels", "x.csv"), ("--no-such",)])
def test_a_panel_takes_no_label_file(home: Path, words: tuple[str, ...]) -> None:
    """Usage errors end with 2."""
    assert train(home, *words).exit_code == 2


def test_one_of_panel_and_labels_is_needed(home: Path) -> None:
    """The message names both ways."""
    assert CliRunner().invoke(commands, ["train", "--home", str(home)]).exit_code == 2


def test_buckets_together_or_apart_give_the_same_bits(home: Path) -> None:
    """Memory is bounded by groups of buckets; the values do not depend on the grouping."""
    lake = Lake(home)
    people = population(lake.tables(), DAYS)
    groups = list(bucket_groups(lake, rows_at_once=15_000))
    assert len(groups) > 2
    assert sorted(bucket for group in groups for bucket in group) == list(range(lake.buckets))
    whole = panel_features(lake, people, features=SOME)
    parts = pa.concat_tables(compute_features(merged(lake, group), people.days, features=SOME) for group in groups)
    keys = [("as_of", "ascending"), ("enterprise_id", "ascending")]
    wanted = pa.table({"enterprise_id": people.enterprise_ids, "as_of": people.as_of})
    assert parts.join(wanted, ["enterprise_id", "as_of"], join_type="inner").sort_by(keys).equals(whole)


def test_the_cache_gives_the_same_bits_and_notices_new_records(home: Path, tmp_path: Path) -> None:
    """Read back it is equal; another day, feature or row in the lake is another key."""
    lake = Lake(home)
    people = population(lake.tables(), DAYS)
    first = panel_features(lake, people, features=SOME, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    calls: list[tuple[int, int]] = []
    again = panel_features(lake, people, features=SOME, cache=tmp_path, progress=lambda *step: calls.append(step))
    assert again.equals(first)
    assert calls == [(1, 1)]
    key = panel_key(lake, people, SOME)
    others = (population(lake.tables(), DAYS[1:]), population(lake.tables(), DAYS, horizon_months=9))
    keys = {key, panel_key(lake, people, SOME[1:]), *(panel_key(lake, other, SOME) for other in others)}
    assert len(keys) == 4
    row = event("NEW", "lawsuit", DAYS[0] - timedelta(days=400))
    lake.append("risk_event", record_table(KINDS["risk_event"], [row]))
    assert panel_key(lake, people, SOME) != key
