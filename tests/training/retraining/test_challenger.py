"""A challenger as the scheduled job asks for it: from stored records to a bundle and a comparison on the same rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.bundle import Bundle
from models.default_probability import score_features
from models.features import CATALOGUE
from models.lake import Lake
from models.monitoring.reference import read_reference
from tests.loan_books import economy
from training.panel.command import PanelRequest, days_of
from training.panel.features import panel_features
from training.panel.population import population, quarter_ends
from training.retraining import build_challenger, matured_outcomes, request_key
from training.retraining.asked import RequestNotUsable, RowsFileMissing
from training.validation import parse_report
from training.validation.report import Interval

FEW = ["sales_3m_fen", "sales_12m_fen", "sales_24m_fen", "sales_growth_3m_yoy", "void_rate_12m", "dpd_max_12m"]
REQUEST: dict[str, Any] = {
    "rows": {"first": "2021-09-30", "features": FEW},
    "plan": {"folds": 2, "challengers": [], "central_tendency": "off"},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the small economy."""
    folder = tmp_path_factory.mktemp("home")
    with Lake(folder).writing() as writing:
        for kind, rows in economy(240, seed=3).by_kind.items():
            assert isinstance(rows, pa.Table)
            writing.append(kind, rows)
    return folder


@pytest.fixture(scope="module")
def champion(home: Path) -> dict[str, Any]:
    """A first model, on fewer features."""
    request = {**REQUEST, "rows": {**REQUEST["rows"], "features": FEW[:3]}}
    return build_challenger(request, str(home), str(home / "retraining" / "first"), None)


def test_a_request_gives_a_bundle_once(home: Path, champion: dict[str, Any]) -> None:
    """The step that is done is not done again; a damaged result is."""
    folder = home / "retraining" / "first"
    request = {**REQUEST, "rows": {**REQUEST["rows"], "features": FEW[:3]}}
    told: list[str] = []
    again = build_challenger(request, str(home), str(folder), None, lambda words, *_: told.append(words))
    assert again == champion
    assert set(told) == {"features / 计算特征"}
    model = Path(champion["bundle"]) / "model.txt"
    kept = model.read_text()
    model.write_text("edited")
    model.parent.rename(folder / "bundle" / "away")
    assert build_challenger(request, str(home), str(folder), None)["digest"] == champion["digest"]
    assert model.read_text() == kept


def test_the_comparison_is_on_the_same_rows_by_the_serving_path(home: Path, champion: dict[str, Any]) -> None:
    """AUC and Brier of both, recomputed here from the panel's features and each bundle; gains are paired."""
    made = build_challenger(REQUEST, str(home), str(home / "retraining" / "second"), champion["bundle"])
    found = made["comparison"]
    assert found["champion"] == champion["digest"]
    assert found["challenger"] == made["digest"] != champion["digest"]
    lake = Lake(home)
    days = days_of(lake, PanelRequest(home, date(2021, 9, 30)))
    people = population(lake.tables(), days)
    table = panel_features(lake, people, features=CATALOGUE, neighbourhood=True, cache=home / "panels")
    tested = np.isin([str(day) for day in people.as_of.to_pylist()], found["tested_days"])
    outcome = people.outcome[tested]
    assert (found["rows"], found["defaults"]) == (int(tested.sum()), int(outcome.sum()))
    for who, folder in (("challenger", made["bundle"]), ("champion", champion["bundle"])):
        pd = score_features(table.filter(pa.array(tested)), Bundle.load(Path(folder))).pd
        bad, good = pd[outcome == 1], pd[outcome == 0]
        area = float(np.mean((bad[:, None] > good) + 0.5 * (bad[:, None] == good)))
        assert found["auc"][who]["value"] == pytest.approx(area, abs=1e-6)
        assert found["brier"][who]["value"] == pytest.approx(float(np.mean((pd - outcome) ** 2)), abs=1e-6)
    gain = found["auc"]["challenger"]["value"] - found["auc"]["champion"]["value"]
    assert found["auc"]["gain"]["value"] == pytest.approx(gain, abs=2e-6)
    worse = found["brier"]["champion"]["value"] - found["brier"]["challenger"]["value"]
    assert found["brier"]["gain"]["value"] == pytest.approx(worse, abs=2e-6)
    assert found["brier"]["gain"]["low"] < found["brier"]["gain"]["value"] < found["brier"]["gain"]["high"]
    assert found["champion_saw_test"] is False
    assert (found["identical"], found["scored"]["champion_refitted"]) == (False, False)
    assert "not fitted again" in found["scored"]["en"]
    assert f"{found['rows']:,} rows of {found['tested_days'][0]}" in found["scored"]["en"]


def test_the_report_holds_the_comparison_with_the_model_in_force(home: Path, champion: dict[str, Any]) -> None:
    """Part 6: the figures of the comparison with the paired interval, and how the champion was scored."""
    made = build_challenger(REQUEST, str(home), str(home / "retraining" / "second"), champion["bundle"])
    report = parse_report((home / "validations" / made["digest"][:12] / "report.json").read_bytes())
    (auc, _) = report.section(6).table("in_force").records()
    gain = made["comparison"]["auc"]["gain"]
    assert auc["gain"] == Interval(**gain)
    assert any("by its stored bundle, as the service scores, not fitted again" in said.words.en
               for said in report.section(6).statements)  # fmt: skip
    alone = parse_report((home / "validations" / champion["digest"][:12] / "report.json").read_bytes())
    assert all(table.code != "in_force" for table in alone.section(6).tables)


def test_the_champion_again_is_identical(home: Path, champion: dict[str, Any]) -> None:
    """The same rows and request: every row is scored alike, the gain is nought, and its report says nothing of it."""
    request = {**REQUEST, "rows": {**REQUEST["rows"], "features": FEW[:3]}}
    made = build_challenger(request, str(home), str(home / "retraining" / "first"), champion["bundle"])
    assert made["comparison"]["identical"] is True
    assert made["comparison"]["auc"]["gain"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_the_key_names_the_inputs(home: Path, tmp_path: Path) -> None:
    """Another request, or other stored records, is another key."""
    key = request_key(REQUEST, str(home))
    assert key == request_key(dict(REQUEST), str(home))
    assert key != request_key({**REQUEST, "plan": {"folds": 3}}, str(home))
    assert key != request_key(REQUEST, str(tmp_path))


def test_a_plan_that_training_does_not_know_is_refused(home: Path, tmp_path: Path) -> None:
    """A typing error is not a default."""
    with pytest.raises(RequestNotUsable, match="trees"):
        build_challenger({**REQUEST, "plan": {"trees": 3}}, str(home), str(tmp_path), None)


def test_the_card_tells_what_the_training_population_looked_like(champion: dict[str, Any]) -> None:
    """Shares over bins of every feature and of the score; the training population has not moved from itself."""
    bundle = Bundle.load(Path(champion["bundle"]))
    reference = read_reference(bundle.card, bundle.features)
    assert reference.rows == bundle.card["data"]["rows_learned"]
    for one in (*reference.features.values(), reference.score):
        assert one.shares.sum() == pytest.approx(1.0)
        assert len(one.shares) == len(one.edges) + 2


def test_outcomes_of_a_day_whose_window_is_over(home: Path) -> None:
    """Borrowers of the day by whether they defaulted in the year after; nobody where the year is not over."""
    day = quarter_ends(date(2022, 3, 31), date(2022, 3, 31))[0]
    people = population(Lake(home).tables(), [day])
    found = matured_outcomes(str(home), day.isoformat(), people.last_day_known.isoformat(), 12)
    assert found == dict(zip(people.enterprise_ids.to_pylist(), (people.outcome == 1).tolist(), strict=True))
    assert matured_outcomes(str(home), day.isoformat(), "2022-12-31", 12) == {}


TABLE_SCHEMA = """
schema_version: "1"
origin: own table
entity: firm
label: {column: bad}
columns:
  - {name: score, type: number, direction: -1}
  - {name: age, type: number, direction: 0}
"""


def labels_file(folder: Path, home: Path, day: date) -> Path:
    """Who of the panel's borrowers of a day defaulted within the year, as a file of labels."""
    people = population(Lake(home).tables(), [day])
    lines = [f"{name},{int(bad)}" for name, bad in zip(people.enterprise_ids.to_pylist(), people.outcome, strict=True)]
    path = folder / "labels.csv"
    path.write_text("enterprise_id,default\n" + "\n".join(lines) + "\n")
    return path


def test_labels_on_one_day_retrain_and_are_compared(home: Path, champion: dict[str, Any], tmp_path: Path) -> None:
    """The challenger is scored by its folds, the champion by its bundle; one of these very labels is favoured."""
    labels = labels_file(tmp_path, home, date(2022, 3, 31))
    rows = {"source": "labels", "labels": str(labels), "as_of": "2022-03-31", "features": FEW}
    request = {"rows": rows, "plan": {"folds": 2, "challengers": []}}
    made = build_challenger(request, str(home), str(tmp_path / "labels"), champion["bundle"])
    found = made["comparison"]
    assert (found["test"], found["tested_days"]) == ("out_of_fold", [])
    assert found["scored"]["challenger"] == "models_of_folds"
    assert "had not seen the enterprise" in found["scored"]["en"]
    unseen, outcome = np.load(tmp_path / "labels" / "unseen.npy"), population(Lake(home).tables(), [date(2022, 3, 31)])
    assert len(unseen) == found["rows"]
    card = Bundle.load(Path(made["bundle"])).card
    by_folds = card["figures"]["auc"]["value"]  # the mean over repeats; the job takes the mean score
    assert found["auc"]["challenger"]["value"] == pytest.approx(by_folds, abs=0.02)
    assert found["defaults"] == int(outcome.outcome.sum())
    seen = compare_in_sample(home, Path(made["bundle"]), date(2022, 3, 31), outcome)
    assert seen > found["auc"]["challenger"]["value"] + 0.005, "the bundle has learned from these rows"
    other = {**request, "rows": {**rows, "features": FEW[:3]}}
    again = build_challenger(other, str(home), str(tmp_path / "fewer"), made["bundle"])["comparison"]
    assert again["champion_saw_test"] is True
    assert "the comparison then favours it" in again["scored"]["en"]


def compare_in_sample(home: Path, folder: Path, day: date, people: Any) -> float:
    """AUC of a bundle on the rows that it learned from."""
    bundle = Bundle.load(folder)
    table = panel_features(Lake(home), people, features=CATALOGUE, neighbourhood=True)
    assert table.column("as_of").to_pylist() == [day] * len(table)
    pd = score_features(table, bundle).pd
    bad, good = pd[people.outcome == 1], pd[people.outcome == 0]
    return float(np.mean((bad[:, None] > good) + 0.5 * (bad[:, None] == good)))


def prepared(folder: Path, seed: int = 0) -> tuple[Path, Path]:
    """A table of 400 firms whose score tells."""
    rng = np.random.default_rng(seed)
    score, age = rng.normal(600, 50, 400).round(1), rng.integers(1, 40, 400)
    bad = (rng.uniform(size=400) < 1 / (1 + np.exp(1.2 + (score - 600) / 40))).astype(int)
    firm = rng.permutation(400)
    lines = [f"F{name:03d},{a},{b},{c}" for name, a, b, c in zip(firm, score, age, bad, strict=True)]
    (folder / "t.csv").write_text("firm,score,age,bad\n" + "\n".join(lines) + "\n")
    (folder / "s.yaml").write_text(TABLE_SCHEMA)
    return folder / "t.csv", folder / "s.yaml"


def test_a_prepared_table_retrains_and_is_compared_with_its_like_only(champion: dict[str, Any], tmp_path: Path) -> None:
    """Read by the champion's own schema; a champion that scores stored records cannot be compared, and that is said."""
    table, schema = prepared(tmp_path)
    rows = {"source": "table", "table": str(table), "schema": str(schema), "as_of": "2023-12-31"}
    request = {"rows": rows, "plan": {"folds": 2, "challengers": []}}
    first = build_challenger(request, str(tmp_path), str(tmp_path / "first"), None)
    assert first["skill"]
    fewer = {**request, "rows": {**rows, "features": ["score"]}}
    found = build_challenger(fewer, str(tmp_path), str(tmp_path / "fewer"), first["bundle"])["comparison"]
    assert (found["rows"], found["champion_saw_test"]) == (400, True)
    assert found["auc"]["champion"]["value"] > 0.6
    unlike = build_challenger(request, str(tmp_path), str(tmp_path / "first"), champion["bundle"])
    assert unlike["comparison"] is None
    twin = {**request, "plan": {"folds": 2, "challengers": ["logistic_regression"]}}
    same = build_challenger(twin, str(tmp_path), str(tmp_path / "twin"), first["bundle"])
    assert same["digest"] != first["digest"]
    assert (same["comparison"]["identical"], same["comparison"]["scored"]["challenger"]) == (True, "stored_bundle")
    assert "the very same scores" in same["comparison"]["scored"]["en"]
    assert "prepared table" in unlike["incomparable"]


def test_the_key_of_files_is_what_is_in_them(home: Path, tmp_path: Path) -> None:
    """A file that moves is the same input, one that is edited is another, one that is missing is said."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    def key(place: str) -> str:
        table, schema = prepared(tmp_path / place)
        rows = {"source": "table", "table": str(table), "schema": str(schema), "as_of": "2023-12-31"}
        return request_key({"rows": rows}, str(home))

    assert key("a") == key("b")
    table, schema = prepared(tmp_path / "b", seed=1)
    rows = {"source": "table", "table": str(table), "schema": str(schema), "as_of": "2023-12-31"}
    assert request_key({"rows": rows}, str(home)) != key("a")
    table.unlink()
    with pytest.raises(RowsFileMissing, match=r"t\.csv"):
        request_key({"rows": rows}, str(home))
