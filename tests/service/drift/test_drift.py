"""Drift measured on a stored economy: none, some, red; kept as records; shown by status."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from models.bundle import Bundle
from models.default_probability import score_features
from models.features import compute_features
from models.lake import Lake
from models.monitoring.reference import reference_of
from models.policy import load_policy
from service.bootstrap import build
from service.cli import drift as command
from service.drift.measuring import measure
from service.errors import NothingStored
from service.registry.records import DriftMeasured
from service.retraining.door import TrainingDoor
from service.settings import read_settings
from tests.factories import bundle
from tests.loan_books import economy
from tests.service.conftest import Run
from training.retraining import borrowers, build_challenger, matured_outcomes, request_key

THEN, NOW = date(2022, 3, 31), date(2023, 6, 30)
DOOR = TrainingDoor(request_key, build_challenger, borrowers, matured_outcomes)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A data directory with the small economy."""
    made = Lake(tmp_path_factory.mktemp("home"))
    with made.writing() as writing:
        for kind, rows in economy(240, seed=3).by_kind.items():
            assert isinstance(rows, pa.Table)
            writing.append(kind, rows)
    return made


def features_of(lake: Lake, day: date, people: list[str]) -> pa.Table:
    """The features of some enterprises on a day."""
    table = compute_features(lake.tables(neighbourhood=True), day, people)
    return table.filter(pc.is_in(table.column("enterprise_id"), value_set=pa.array(people, pa.string())))


def model(lake: Lake, day: date, *, shift: float = 0.0, odds: float = 0.0, auc: float = 0.6) -> Bundle:
    """A bundle whose card says that its training population was the borrowers of a day, moved by `shift`."""
    plain = bundle(seed=1, rows=80, trees=5)
    home = str(lake.root.parent)
    people = borrowers(home, day.isoformat())
    table = features_of(lake, day, people)
    scored = score_features(table, plain)
    log_odds = (plain.points.at_even_odds - scored.points) / plain.points.per_log_odds
    made = reference_of(plain.features, scored.values + shift, log_odds + shift, len(people))
    card = {
        "source": "panel",
        "reference": made.as_dict(),
        "figures": {"auc": {"value": auc}},
        "data": {"horizon_months": 12},
    }
    calibration = replace(plain.calibration, intercept=plain.calibration.intercept + odds)
    return replace(plain, card=card, calibration=calibration, trained_as_of=date(2021, 12, 31))


def measured(lake: Lake, made: Bundle, day: date = NOW) -> DriftMeasured:
    return measure(lake, made, day, load_policy(day), DOOR)


def test_the_population_it_was_trained_on_has_not_moved(lake: Lake) -> None:
    """The same day again: no PSI, nothing missing more often, the expected AUC of training."""
    made = model(lake, NOW)
    found = measured(lake, made)
    assert max(shift["psi"] for shift in found.figures["shifts"].values()) == 0.0
    assert found.figures["expected"]["auc"] == pytest.approx(found.figures["expected"]["auc_at_training"], abs=1e-6)
    assert found.figures["enterprises"] == len(borrowers(str(lake.root.parent), NOW.isoformat()))
    assert {alert.measure for alert in found.alerts} <= {"calibration", "gini_drop"}
    assert found.simulated


def test_a_moved_population_is_red(lake: Lake) -> None:
    """Training saw other values and other scores: named, with value and line, in both languages."""
    found = measured(lake, model(lake, NOW, shift=50.0))
    alerts = {(alert.subject, alert.measure): alert for alert in found.alerts}
    assert found.level == "red"
    assert alerts["score", "psi"].level == "red"
    assert alerts["void_rate_12m", "psi"].value > alerts["void_rate_12m", "psi"].threshold == 0.25
    assert "漂移" in alerts["score", "psi"].zh


def test_matured_outcomes_are_compared_with_what_was_predicted(lake: Lake) -> None:
    """Borrowers of a year before: rows, defaults and PD as counted here; too low a PD is red."""
    made = model(lake, NOW, odds=-9.0)
    found = measured(lake, made)
    outcomes = matured_outcomes(str(lake.root.parent), "2022-06-30", NOW.isoformat(), 12)
    whole = found.figures["matured"]["whole"]
    assert (whole["rows"], whole["defaults"]) == (len(outcomes), sum(outcomes.values()))
    table = features_of(lake, date(2022, 6, 30), sorted(outcomes))
    assert whole["mean_pd"] == pytest.approx(float(np.mean(score_features(table, made).pd)), abs=1e-6)
    assert ("calibration", "red") in {(alert.measure, alert.level) for alert in found.alerts}


def test_outcomes_that_the_model_was_trained_on_say_nothing(lake: Lake) -> None:
    """A bundle of a later day knows them: no alert, and the figures say that they were seen."""
    made = replace(model(lake, NOW, odds=-9.0), trained_as_of=date(2022, 6, 30))
    found = measured(lake, made)
    assert found.figures["matured"]["seen_in_training"]
    assert "calibration" not in {alert.measure for alert in found.alerts}


def test_where_no_outcome_is_known_none_is_made_up(lake: Lake) -> None:
    """A year before there were no loans."""
    found = measured(lake, model(lake, THEN), date(2021, 9, 30))
    assert found.figures["matured"] is None
    with pytest.raises(NothingStored, match="nothing can be measured"):
        measured(lake, model(lake, THEN), date(2016, 1, 1))


@pytest.fixture
def served(lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of its own on the same lake, with a model in development mode."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "lake").symlink_to(lake.root)
    model(lake, NOW, shift=50.0).publish(home)
    monkeypatch.setattr(command, "open_door", lambda: DOOR)
    return home


def test_the_command_keeps_one_record_and_ends_with_seven(served: Path, run: Run) -> None:
    """Red ends with 7; the same measurement again adds no record; status shows the level."""
    ended: list[Any] = []
    for _ in range(2):
        code, out, _ = run("drift", "--as-of", NOW.isoformat(), "--home", served, "--json")
        assert code == 7
        ended.append(json.loads(out))
    assert [one["again"] for one in ended] == [False, True]
    assert ended[0]["digest"] == ended[1]["digest"]
    code, out, _ = run("drift", "--as-of", NOW.isoformat(), "--home", served)
    assert code == 7
    assert "SIMULATED data 模拟数据" in out
    code, out, _ = run("status", "--home", served)
    assert "RED" in out
    service = build(read_settings(home=served))
    assert [record.kind.value for record in service.registry.records()] == ["drift_measured"]
    assert not service.registry.standing().governs
    service.close()
