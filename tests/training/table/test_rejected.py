"""Rejected applicants are learned from only where somebody asks for it and states the assumption, never tested on."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from typer.testing import CliRunner

from tests.training.table.test_table_training import SCHEMA, rows
from training.cli import commands
from training.rejected import RejectedNotUsable, WithRejected, check_rejected, learned_before, parcels
from training.sample import Sample
from training.trees import Trees

QUICK = ("--repeats", "1", "--folds", "3", "--challengers", "logistic_regression", "--no-report")


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1)))
def test_parcels_hold_what_is_expected_along_the_score(pd: np.ndarray) -> None:
    """Up to every score, as many defaults as the probabilities add up to, give or take a half."""
    order = np.argsort(pd, kind="stable")
    outcome = parcels(pd)
    assert set(np.unique(outcome)) <= {0.0, 1.0}
    assert (np.abs(np.cumsum(outcome[order]) - np.cumsum(pd[order])) <= 0.5 + 1e-9).all()


def applicants(count: int = 300) -> pd.DataFrame:
    """Rejected ones: worse scores than anybody accepted had, no outcome."""
    table = rows(count, seed=5).drop(columns=["bad"])
    table["firm"] = [f"R{number:04d}" for number in range(count)]
    return table.assign(score=np.random.default_rng(1).normal(510, 20, count).round())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of accepted borrowers and one of rejected applicants."""
    folder = tmp_path_factory.mktemp("rejected")
    accepted = rows()
    accepted[(accepted["score"] > 560) | (accepted["score"] < 0)].to_csv(folder / "t.csv", index=False)
    applicants().to_csv(folder / "r.csv", index=False)
    (folder / "s.yaml").write_text(SCHEMA, encoding="utf-8")
    return folder


def train(home: Path, *words: str) -> Any:
    fixed = ["train", "--table", str(home / "t.csv"), "--schema", str(home / "s.yaml"), "--home", str(home / "home")]
    return CliRunner().invoke(commands, [*fixed, *QUICK, "--json", *words])


def test_it_is_off_by_default_and_stands_beside_the_model_without(home: Path) -> None:
    """The card states method and assumption among the limits of use; tested rows and their defaults stay the same."""
    plain = json.loads(train(home).stdout)
    assert "reject_inference" not in plain["data"]
    result = train(home, "--rejected", str(home / "r.csv"), "--rejected-odds", "3")
    assert result.exit_code in (0, 4), result.output
    card = json.loads(result.stdout)
    said = card["data"]["reject_inference"]
    assert (said["method"], said["odds"]) == ("parcelling", 3.0)
    assert 0 < said["counted_as_defaults"] <= said["rows"] < 300
    assert any("no data can check that" in limit["en"] for limit in card["limits_of_use"])
    for name in ("rows", "defaults"):
        assert card["figures"][name] == plain["figures"][name]
        assert card["data"][name] == plain["data"][name]
    (without,) = [line for line in card["figures"]["without"] if line["name"] == "without_rejected"]
    assert without["auc"]["value"] == pytest.approx(plain["figures"]["auc"]["value"])
    assert without["with_minus_without"]["value"] == pytest.approx(
        card["figures"]["auc"]["value"] - plain["figures"]["auc"]["value"], abs=1e-5
    )
    assert "reject inference" in card["figures"]["words"]["en"]


def test_the_assumption_decides_and_the_same_inputs_give_the_same_bundle(home: Path, tmp_path: Path) -> None:
    """A larger factor counts more of the rejected as defaults and makes another model; the same again, the same."""
    found = []
    for number, odds in enumerate(("1", "8", "8")):
        words = ("--rejected", str(home / "r.csv"), "--rejected-odds", odds, "--out", str(tmp_path / str(number)))
        card = json.loads(train(home, *words).stdout)
        found.append((card["digest"], card["data"]["reject_inference"]["counted_as_defaults"]))
    assert found[0][1] < found[1][1]
    assert found[0][0] != found[1][0]
    assert found[1] == found[2]


def test_rejected_go_with_a_table(home: Path) -> None:
    """Records give no rows without outcome."""
    words = ["train", "--panel", "--rejected", str(home / "r.csv"), "--rejected-odds", "2"]
    result = CliRunner().invoke(commands, words)
    assert result.exit_code == 2
    assert "goes with --table" in " ".join(result.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--rejected", "r.csv"), "go together"),
        (("--rejected-odds", "2"), "go together"),
    ],
)
def test_the_assumption_must_be_stated(home: Path, words: tuple[str, ...], message: str) -> None:
    """A file alone is not enough."""
    result = train(home, *(str(home / word) if word == "r.csv" else word for word in words))
    assert result.exit_code == 2
    assert message in " ".join(result.output.replace("│", " ").split())


def sample(names: list[str], days: list[str] | None = None) -> Sample:
    return Sample(
        matrix=np.arange(len(names), dtype=float)[:, None],
        outcome=np.zeros(len(names)),
        names=("x",),
        directions=(0,),
        entity=np.array(names),
        data_origin=("own",),
        label_origin="own",
        day=None if days is None else np.array(days, dtype="datetime64[D]"),
    )


def test_an_entity_that_was_tested_cannot_be_rejected_too() -> None:
    """Else the model would have learned from whom it is tested on."""
    with pytest.raises(RejectedNotUsable, match="among the rows with an outcome"):
        check_rejected(sample(["a", "b"]), sample(["b", "c"]), 2.0)
    with pytest.raises(RejectedNotUsable, match="how much worse"):
        check_rejected(sample(["a"]), sample(["b"]), None)


def test_only_those_who_applied_before_the_test_are_learned_from() -> None:
    """The rejected of later days are left out, as later rows are."""
    rejected = sample(["a", "b"], ["2020-01-31", "2020-06-30"])
    assert learned_before(rejected, [date(2019, 12, 31), date(2020, 3, 31)]).entity.tolist() == ["a"]
    assert len(learned_before(sample(["a"]), [])) == 1


def test_nobody_fits_it_without_folds() -> None:
    """There would be nothing to calibrate on."""
    with pytest.raises(TypeError, match="with folds"):
        WithRejected(Trees(), sample(["a"]), 2.0).fit(sample(["b"]), seed=1)
