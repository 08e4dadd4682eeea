"""A model without demonstrated skill says so everywhere and does not come into force by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from models.bundle import Bundle, BundleNotFound
from models.lake import Lake
from models.policy import load_policy
from tests import factories
from training.cli import commands
from training.publishing import NOT_PUT_IN_FORCE, publish
from training.showing import NOT_IN_FORCE
from training.skill import NO_SKILL, grades_of, skill


def between(low: float, high: float) -> dict[str, float]:
    """An estimate with its interval, as a card has it."""
    return {"value": (low + high) / 2, "low": low, "high": high}


@pytest.mark.parametrize(
    ("area", "slope", "grades", "words"),
    [
        ((0.60, 0.80), (0.4, 1.2), {"G5": 3, "G9": 2}, []),
        ((0.50, 0.80), (0.4, 1.2), None, ["coin"]),
        ((0.30, 0.45), (0.4, 1.2), None, ["coin"]),
        ((0.60, 0.80), (0.0, 1.2), None, ["slope"]),
        ((0.45, 0.60), (-0.4, 1.2), {"G9": 40}, ["coin", "slope", "one grade, G9"]),
    ],
    ids=["skill", "auc touches a coin", "auc below a coin", "slope touches 0", "everything wrong"],
)
def test_an_interval_that_holds_a_worthless_model_is_no_skill(
    area: tuple[float, float], slope: tuple[float, float], grades: dict[str, int] | None, words: list[str]
) -> None:
    """Skill is shown when both intervals leave the worthless value out; every failing is named in both languages."""
    found = skill(between(*area), between(*slope), grades)
    assert found["demonstrated"] == (not words)
    assert len(found["reasons"]) == len(words)
    assert all(word in reason["en"] and reason["zh"] for word, reason in zip(words, found["reasons"], strict=True))


def test_grades_of_out_of_fold_probabilities_follow_the_master_scale() -> None:
    """PD 1 % is G7 and 50 % is D on the shipped scale; repeats are averaged as probabilities."""
    pd = np.array([[0.01, 0.01, 0.5]])
    log_odds = np.log(pd / (1 - pd))
    assert grades_of(np.repeat(log_odds, 2, axis=0), load_policy(date(2023, 1, 1))) == {"G7": 2, "D": 1}


@pytest.fixture(scope="module")
def coin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Records of 60 enterprises with labels that have nothing to do with them."""
    folder = tmp_path_factory.mktemp("coin")
    tables, defaulted = factories.trading_enterprises(60)
    Lake(folder).append("invoice", tables.by_kind["invoice"])
    flags = np.random.default_rng(3).permutation(60) < 20
    lines = [f"{name},{int(flag)},simulated" for name, flag in zip(defaulted, flags, strict=True)]
    (folder / "labels.csv").write_text("企业代号,是否违约,origin\n" + "\n".join(lines))
    return folder


def train(home: Path, *extra: str) -> Any:
    arguments = ["train", "--labels", str(home / "labels.csv"), "--as-of", "2020-02-29", "--home", str(home)]
    return CliRunner().invoke(
        commands, [*arguments, "--repeats", "1", "--folds", "3", "--challengers", "none", "--no-report", *extra]
    )


def test_labels_of_a_coin_give_a_bundle_that_is_written_but_not_in_force(coin: Path) -> None:
    """Exit code 4, the alarm on screen, in JSON and on the card; CURRENT moves only when somebody insists."""
    said = train(coin, "--json")
    assert said.exit_code == NOT_PUT_IN_FORCE, said.output
    facts = json.loads(said.stdout)
    assert (facts["in_force"], facts["skill"]["demonstrated"], facts["exit_code"]) == (False, False, NOT_PUT_IN_FORCE)
    assert facts["limits_of_use"][0] == NO_SKILL
    bundle = Bundle.load(Path(facts["bundle"]))
    assert NO_SKILL["en"] in bundle.card_text.split("##")[0]
    with pytest.raises(BundleNotFound):
        Bundle.load_current(coin)
    shown = train(coin)
    assert shown.exit_code == NOT_PUT_IN_FORCE
    assert NO_SKILL["zh"] in shown.stdout
    assert "--force" in shown.stdout
    assert NOT_IN_FORCE["en"] in " ".join(shown.stdout.replace("│", " ").split())
    forced = train(coin, "--force", "--json")
    assert forced.exit_code == 0
    assert Bundle.load_current(coin).digest == bundle.digest
    assert NO_SKILL["en"] in Bundle.load_current(coin).card_text


def test_a_model_without_skill_does_not_push_the_one_in_force_aside(coin: Path, tmp_path: Path) -> None:
    """CURRENT keeps naming the bundle that has shown skill."""
    written = publish(Bundle.load_current(coin), tmp_path, force=True).directory
    weak = Bundle.load(written)
    good = replace(weak, card={**weak.card, "skill": {"demonstrated": True, "reasons": []}})
    assert publish(good, tmp_path).in_force
    assert not publish(weak, tmp_path).in_force
    assert Bundle.load_current(tmp_path).digest == good.digest
