"""The same run with every challenger, and with a champion that is not the trees."""

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
from models.default_probability import ProbabilityColumns, score_features
from models.explanation.scorecard import scorecard_lines
from models.features import compute_features
from models.lake import Lake
from tests import factories
from training.challengers.points_table import NoScorecard
from training.challengers.roster import LearnerUnknown, roster
from training.cli import commands


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with 150 simulated enterprises and a label file."""
    folder = tmp_path_factory.mktemp("home")
    tables, defaulted = factories.trading_enterprises(150)
    Lake(folder).append("invoice", tables.by_kind["invoice"])
    lines = [f"{name},{int(flag)},simulated" for name, flag in defaulted.items()]
    (folder / "labels.csv").write_text("企业代号,是否违约,origin\n" + "\n".join(lines))
    return folder


def train(home: Path, *extra: str) -> Any:
    fixed = ("train", "--labels", str(home / "labels.csv"), "--as-of", "2020-02-29", "--home", str(home))
    features = "sales_12m_fen,sales_24m_fen,active_months_12m,max_gap_days_12m,void_rate_12m"
    return CliRunner().invoke(
        commands, [*fixed, "--repeats", "1", "--folds", "2", "--features", features, "--no-report", *extra]
    )


def test_all_challengers_learn_in_the_same_run(home: Path) -> None:
    """One table with every learner on the same rows, intervals and a verdict in both languages; a points table."""
    result = train(home, "--json")
    assert result.exit_code == 0, result.output
    card = json.loads(result.stdout)
    lines = card["figures"]["comparison"]
    assert [line["name"] for line in lines] == ["scorecard", "ebm", "logistic_regression", "bar"]
    for line in lines[:3]:
        assert line["auc"]["low"] <= line["auc"]["value"] <= line["auc"]["high"]
        assert {"ks", "brier", "calibration", "champion_minus_it"} <= line.keys()
        assert line["verdict"]["zh"]
        assert line["verdict"]["en"]
    assert card["scorecard"][0]["column"] == "base"


def test_the_points_table_is_shown_and_exported(home: Path, tmp_path: Path) -> None:
    """On screen in both languages, as one JSON object, and as CSV that a spreadsheet opens; none where none learned."""
    assert train(home, "--out", str(tmp_path / "b"), "--champion", "scorecard", "--challengers", "none").exit_code == 0
    shown = CliRunner().invoke(commands, ["scorecard", "--bundle", str(tmp_path / "b")])
    assert "基准分" in shown.stdout
    assert "missing" in shown.stdout or "inf)" in shown.stdout
    assert "simulated: proves mechanics" in shown.stdout
    target = str(tmp_path / "points.csv")
    told = CliRunner().invoke(commands, ["scorecard", "--bundle", str(tmp_path / "b"), "--csv", target, "--json"])
    rows = json.loads(told.stdout)["rows"]
    assert len((tmp_path / "points.csv").read_text(encoding="utf-8-sig").splitlines()) == len(rows) + 1
    assert train(home, "--out", str(tmp_path / "c"), "--challengers", "none").exit_code == 0
    without = CliRunner().invoke(commands, ["scorecard", "--bundle", str(tmp_path / "c")])
    assert isinstance(without.exception, NoScorecard)


@pytest.mark.parametrize("champion", ["scorecard", "ebm"])
def test_a_champion_that_is_not_the_trees_is_put_in_force_and_scores(home: Path, champion: str) -> None:
    """The bundle goes through everything after training: card, monotonicity sweep, scores, contributions."""
    result = train(home, "--json", "--champion", champion, "--challengers", "lightgbm")
    assert result.exit_code == 0, result.output
    bundle = Bundle.load_current(home)
    assert bundle.card["procedure"]["champion"] == champion
    assert [line["name"] for line in bundle.card["figures"]["comparison"]] == ["lightgbm", "bar"]
    assert bundle.card["monotonicity"]["violations"] == 0
    assert bundle.card["monotonicity"]["features_swept"] > 0
    scored = score_features(compute_features(Lake(home).tables(), date(2020, 2, 29)), bundle)
    np.testing.assert_allclose(scored.base_points + scored.contributions.sum(axis=1), scored.points, atol=1e-9)
    assert (scored.low <= scored.pd).all()
    assert (scored.pd <= scored.high).all()
    check_lines(bundle, scored)


def check_lines(bundle: Bundle, scored: ProbabilityColumns) -> None:
    """Attribute, bin, WoE and points of every enterprise: the bin holds its value, the points add up to its score."""
    for row in range(len(scored.enterprise_id)):
        contributions = dict(zip(bundle.features, scored.contributions[row].tolist(), strict=True))
        values = dict(zip(bundle.features, scored.values[row].tolist(), strict=True))
        lines = scorecard_lines(bundle.card, values, contributions)
        if bundle.card["procedure"]["champion"] != "scorecard":
            assert lines == ()
            continue
        assert {line.column for line in lines} == set(bundle.features)
        assert scored.base_points + sum(line.points for line in lines) == pytest.approx(scored.points[row], abs=1e-6)
        for line in lines:
            if line.value is None or np.isnan(line.value):
                assert line.bin == "missing" or line.woe is not None
            else:
                low, high = (float(end) for end in line.bin.strip("[)").split(", "))
                assert low <= line.value * (1 + 1e-5) + 1e-9
                assert line.value * (1 - 1e-5) - 1e-9 < high


def test_a_day_before_any_policy_trains_without_grades(home: Path, tmp_path: Path) -> None:
    """Rows of 2014 (older public data) have no master scale yet: no grades, no upper bounds, but a bundle."""
    older, day = tmp_path / "home", timedelta(days=365 * 7)
    table = factories.trading_enterprises(150)[0].by_kind["invoice"]
    assert isinstance(table, pa.Table)
    for name in ("issued_on", "known_at"):
        column = table.column(name)
        moved = pa.array([value - day for value in column.to_pylist()], column.type)
        table = table.set_column(table.column_names.index(name), name, moved)
    Lake(older).append("invoice", table)
    (older / "labels.csv").write_bytes((home / "labels.csv").read_bytes())
    result = train(older, "--json", "--challengers", "none", "--as-of", "2013-03-01")
    assert result.exit_code == 0, result.output
    card = json.loads(result.stdout)
    assert (card["figures"]["grades"], card["calibration"]["grades"]) == (None, None)


@pytest.mark.parametrize(
    ("champion", "challengers"), [("logistic_regression", ()), ("none", ()), ("lightgbm", ("forest",))]
)
def test_nobody_unknown_learns(champion: str, challengers: tuple[str, ...]) -> None:
    """A logistic regression cannot be written as trees, so it cannot be champion."""
    with pytest.raises(LearnerUnknown, match="no such"):
        roster(champion, challengers)
