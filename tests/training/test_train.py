"""`assetlight train` from stored records to a bundle in force, and every way it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from models.bundle import Bundle, BundleNotFound
from models.default_probability import score_features
from models.features import FeatureUnknown, compute_features
from models.lake import Lake
from tests import factories
from training.calibrate import TendencyNotUsable, prior_shift
from training.cli import commands
from training.dataset import NothingKnownThen
from training.discrimination import Estimate
from training.figures import verdict
from training.folds import FoldsNotUsable
from training.selection import FeatureWouldLeak

SIMPLE = ("--challengers", "logistic_regression")
QUICK = ("--repeats", "1", "--folds", "3", "--no-report", *SIMPLE)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory with 60 simulated enterprises and a label file."""
    folder = tmp_path_factory.mktemp("home")
    tables, defaulted = factories.trading_enterprises(60)
    Lake(folder).append("invoice", tables.by_kind["invoice"])
    lines = [f"{name},{int(flag)},A,simulated" for name, flag in defaulted.items()]
    (folder / "labels.csv").write_text("企业代号,是否违约,信誉评级,origin\n" + "\n".join(lines))
    return folder


def train(home: Path, *extra: str) -> Any:
    arguments = ["train", "--labels", str(home / "labels.csv"), "--as-of", "2020-02-29", "--home", str(home)]
    return CliRunner().invoke(commands, [*arguments, *QUICK, *extra])


def test_training_publishes_a_bundle_that_scores_the_stored_enterprises(home: Path) -> None:
    """One JSON object on standard output; the bundle is in force, scores, and ranks the defaulted as riskier."""
    result = train(home, "--json", "--force")  # 60 enterprises are too few to show skill
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    bundle = Bundle.load_current(home)
    assert printed["digest"] == bundle.digest
    assert Path(printed["bundle"]).name == bundle.digest[:12]
    table = compute_features(Lake(home).tables(), date(2020, 2, 29))
    scored = score_features(table, bundle)
    defaulted = factories.trading_enterprises(60)[1]
    bad = np.array([defaulted[name] for name in scored.enterprise_id.to_pylist()])
    assert scored.pd[bad].mean() > 2 * scored.pd[~bad].mean()
    assert scored.pd.mean() == pytest.approx(bad.mean(), abs=0.08)


def test_the_same_training_gives_the_same_digest_and_another_seed_another(home: Path, tmp_path: Path) -> None:
    """Same data, seed and version: the same bundle to the byte, wherever it is written."""
    digests = [
        json.loads(train(home, "--json", "--out", str(tmp_path / name), "--seed", seed).stdout)["digest"]
        for name, seed in (("one", "1"), ("two", "1"), ("three", "2"))
    ]
    assert digests[0] == digests[1] != digests[2]
    files = [[path.read_bytes() for path in sorted((tmp_path / name).iterdir())] for name in ("one", "two")]
    assert files[0] == files[1]


def test_out_leaves_the_bundle_in_force_alone(home: Path, tmp_path: Path) -> None:
    """A trial does not move CURRENT."""
    elsewhere = tmp_path / "home"
    Lake(elsewhere).append("invoice", factories.trading_enterprises(60)[0].by_kind["invoice"])
    (elsewhere / "labels.csv").write_bytes((home / "labels.csv").read_bytes())
    assert train(elsewhere, "--out", str(tmp_path / "trial")).exit_code == 0
    assert Bundle.load(tmp_path / "trial").features
    with pytest.raises(BundleNotFound, match="assetlight train"):
        Bundle.load_current(elsewhere)


def test_the_card_has_figures_beside_the_simple_alternatives_and_says_simulated(home: Path, tmp_path: Path) -> None:
    """Intervals, logistic regression, turnover, verdicts, limits and the caution, in JSON, Markdown and on screen."""
    result = train(home, "--out", str(tmp_path / "b"))
    assert result.exit_code == 0
    bundle = Bundle.load(tmp_path / "b")
    measured = bundle.card["figures"]
    assert [line["name"] for line in measured["comparison"]] == ["logistic_regression", "bar"]
    for figure in (measured["auc"], *(line["auc"] for line in measured["comparison"])):
        assert figure["low"] <= figure["value"] <= figure["high"]
    assert bundle.card["monotonicity"]["violations"] == 0
    assert bundle.card["data"]["label_columns_ignored"] == ["信誉评级"]
    assert any("no default date" in limit["en"] for limit in bundle.card["limits_of_use"])
    caution = "simulated: proves mechanics, not predictive power"
    assert bundle.card["caution"]["en"] == caution
    for text in (bundle.card_text, result.stdout):
        assert caution in " ".join(text.split())
        assert "turnover alone" in text
        assert measured["comparison"][0]["verdict"]["zh"] in text.replace("\n", "")
    assert bundle.card_text.count(caution) == 3  # in the summary and beside each table of figures


def test_a_central_tendency_shifts_every_log_odds_and_is_on_the_card(home: Path, tmp_path: Path) -> None:
    """The intercept moves by logit(tau) - logit(rho), nothing else does."""
    for name, extra in (("plain", ()), ("shifted", ("--central-tendency", "0.02"))):
        assert train(home, "--out", str(tmp_path / name), *extra).exit_code == 0
    plain, shifted = Bundle.load(tmp_path / "plain"), Bundle.load(tmp_path / "shifted")
    shift = prior_shift(0.02, plain.card["data"]["defaults"] / plain.card["data"]["trained_on"])
    assert shifted.calibration.intercept == pytest.approx(plain.calibration.intercept + shift)
    assert shifted.calibration.prior_shift == pytest.approx(shift)
    assert shifted.booster_text == plain.booster_text
    assert "2.0000%" in shifted.card_text


@pytest.mark.parametrize(
    ("extra", "error", "words"),
    [
        (("--features", "信誉评级"), FeatureWouldLeak, "bank's own verdict"),
        (("--features", "sales_12m"), FeatureUnknown, "sales_12m_fen"),
        (("--without", "no_such"), FeatureUnknown, "no_such"),
        (("--as-of", "2001-01-01"), NothingKnownThen, "2001-01-01"),
        (("--central-tendency", "2"), TendencyNotUsable, "0.02 for 2 %"),
        (("--folds", "20"), FoldsNotUsable, "too many folds"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_sentence(
    home: Path, tmp_path: Path, extra: tuple[str, ...], error: type[Exception], words: str
) -> None:
    """Each refusal names what was wrong, and nothing is written."""
    result = train(home, "--out", str(tmp_path / "b"), *extra)
    assert isinstance(result.exception, error)
    assert words in str(result.exception)
    assert not (tmp_path / "b").exists()


def test_only_the_features_asked_for_are_used(home: Path, tmp_path: Path) -> None:
    """--features and --without decide what the model sees."""
    wanted = ("--features", "sales_12m_fen,sales_24m_fen", "--without", "sales_24m_fen")
    assert train(home, "--out", str(tmp_path / "b"), *wanted).exit_code == 0
    assert Bundle.load(tmp_path / "b").features == ("sales_12m_fen",)


@pytest.mark.parametrize(
    ("low", "high", "words"), [(0.01, 0.1, "better than"), (-0.1, -0.01, "worse than"), (-0.02, 0.05, "as good")]
)
def test_the_verdict_follows_the_paired_interval(low: float, high: float, words: str) -> None:
    """Better or worse only if the interval leaves zero out; else the simple one is as good."""
    assert (
        words in verdict(Estimate((low + high) / 2, low, high), {"zh": "逻辑回归", "en": "a logistic regression"})["en"]
    )


@pytest.mark.shared_data
def test_on_the_contest_data_the_model_is_at_least_as_good_as_logistic_regression(
    shared_data: Path, tmp_path: Path
) -> None:
    """Pooled 5x5 AUC at or above logistic regression on the same features; nobody's rating or code among them."""
    from service.importing import ImportOptions, import_files  # noqa: PLC0415

    workbook = shared_data / "cumcm2020c" / "with_credit_record.xlsx"
    import_files(tmp_path, [workbook], ImportOptions(received_on=date(2020, 3, 1), origin="contest"))
    arguments = ["train", "--labels", str(workbook), "--as-of", "2020-02-29", "--home", str(tmp_path), "--json"]
    arguments += SIMPLE
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 0, result.output
    card = json.loads(result.stdout)
    assert (card["data"]["trained_on"], card["data"]["defaults"]) == (123, 27)
    area = {line["name"]: line["auc"]["value"] for line in card["figures"]["comparison"]}
    assert card["figures"]["auc"]["value"] >= area["logistic_regression"]
    assert card["figures"]["auc"]["value"] > 0.8
    assert area["bar"] == pytest.approx(0.887, abs=0.005)
    (noted,) = [row for row in card["leakage_audit"] if not row["passed"]]
    assert (noted["check"], noted["blocking"]) == ("id_order", False)  # codes by turnover: known, and never a feature
    assert card["caution"] is None
