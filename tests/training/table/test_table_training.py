"""A prepared table trains by itself, stands beside the features, is audited like every source, and can be scored."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from models.bundle import Bundle
from models.default_probability import OwnColumnsNeeded, score_features
from models.features import compute_features
from models.lake import Lake
from models.prepared import MissingCodeNotDeclared, NoOwnColumns, SchemaNotUsable
from service.cli.app import commands as service_commands
from tests import factories
from training.cli import commands
from training.leakage import LeakFound
from training.selection import FeatureWouldLeak
from training.split import SplitOverlaps, check_apart
from training.table.own_columns import ColumnNamedLikeAFeature

QUICK = ("--repeats", "1", "--folds", "3", "--challengers", "logistic_regression", "--no-report")
SCHEMA = """
schema_version: "1"
origin: simulated table
entity: firm
day: as_of
known_at: learned
label: {column: bad, horizon_months: 3}
segments: [region]
bar: score
columns:
  - {name: score, type: number, unit: points, direction: -1, words: {zh: 分数, en: score}, missing: ["-999"]}
  - {name: age, type: number, direction: 0}
  - {name: branch, type: category}
"""


def rows(count: int = 900, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    score = rng.normal(600, 50, count).round()
    branch = rng.choice(["north", "south", "west"], count)
    chance = 1 / (1 + np.exp(1.2 + (score - 600) / 40 - 1.0 * (branch == "west")))
    days = np.array([date(2020, 3, 31) + timedelta(days=91 * number) for number in range(6)])
    day = days[np.arange(count) * 6 // count]
    return pd.DataFrame(
        {
            "firm": [f"F{number:04d}" for number in rng.permutation(count)],
            "as_of": day,
            "learned": [each - timedelta(days=5) for each in day],
            "bad": (rng.uniform(size=count) < chance).astype(int),
            "score": np.where(rng.uniform(size=count) < 0.05, -999, score),
            "age": rng.integers(1, 40, count),
            "branch": branch,
            "region": rng.choice(["E", "W"], count),
        }
    )


def written(folder: Path, table: pd.DataFrame, schema: str = SCHEMA) -> tuple[str, ...]:
    table.to_csv(folder / "t.csv", index=False)
    (folder / "s.yaml").write_text(schema, encoding="utf-8")
    return "--table", str(folder / "t.csv"), "--schema", str(folder / "s.yaml"), "--home", str(folder / "home")


def train(*words: str) -> Any:
    return CliRunner().invoke(commands, ["train", *words, *QUICK, "--json"])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A model of the table alone."""
    folder = tmp_path_factory.mktemp("table")
    result = train(*written(folder, rows()))
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


def test_a_table_alone_trains_out_of_time_and_is_not_put_in_force(trained: tuple[Path, dict[str, Any]]) -> None:
    """Figures beside the bar, categories among the features, and no CURRENT that stored records could not satisfy."""
    folder, card = trained
    measured = card["figures"]
    assert measured["test"] == "out_of_time_and_entity"
    assert measured["auc"]["low"] > 0.6
    assert [line["name"] for line in measured["comparison"]][-1] == "bar"
    kinds = {entry["name"]: entry["kind"] for entry in card["features"]}
    assert kinds["branch"] == "category"
    assert card["data"]["origin"] == ["simulated table"]
    assert card["caution"]["en"].startswith("simulated")
    assert not card["in_force"]
    assert not (folder / "home" / "bundles" / "CURRENT").exists()


def test_the_same_table_gives_the_same_bundle_in_another_process(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    """Same data, seed and version: the same digest, whatever the process and its hash seed."""
    folder, card = trained
    command = [sys.executable, "-m", "service", "train", "--table", str(folder / "t.csv"), "--schema"]
    command += [str(folder / "s.yaml"), "--home", str(tmp_path), *QUICK, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "77"})
    assert json.loads(done.stdout)["digest"] == card["digest"]


def test_a_table_is_scored_as_it_was_learned_from(trained: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """`score --table` needs no schema and no label; an unseen level is another, a declared code is missing."""
    folder, card = trained
    table = rows(60, seed=9).drop(columns=["bad", "learned", "as_of", "region"])
    table.loc[0, ["branch", "score"]] = ["far east", -999]
    table.to_parquet(tmp_path / "new.parquet")
    words = ["score", "--table", str(tmp_path / "new.parquet"), "--bundle", card["digest"], "--as-of", "2024-01-31"]
    result = CliRunner().invoke(
        service_commands, [*words, "--home", str(folder / "home"), "--out", str(tmp_path), "--json"]
    )
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert (facts["rows"], facts["limits"], facts["simulated"]) == (60, None, True)
    scored = pq.read_table(tmp_path / "own_table_scores.parquet").to_pandas()
    points = [name for name in scored.columns if name.startswith("points_")]
    np.testing.assert_allclose(scored["base_points"] + scored[points].sum(axis=1), scored["points"], atol=1e-9)
    risky, safe = scored["pd"][table["score"] < 560].mean(), scored["pd"][table["score"] > 640].mean()
    assert risky > 2 * safe
    bundle = Bundle.load(folder / "home" / "bundles" / card["digest"][:12])
    with pytest.raises(OwnColumnsNeeded, match="nothing was scored"):
        score_features(compute_features(factories.trading_enterprises(12)[0], date(2020, 2, 29)), bundle)


def test_a_model_without_own_columns_scores_no_table(tmp_path: Path) -> None:
    """The number of tables must be that of training."""
    from models.prepared import read_own  # noqa: PLC0415

    with pytest.raises(NoOwnColumns, match="another number of own tables"):
        read_own([tmp_path / "t.csv"], {})


LEAKS = {
    "label copy": lambda table: table.assign(age=7 - 2 * table["bad"]),
    "too good": lambda table: table.assign(age=table["bad"] * 4 + np.random.default_rng(1).normal(size=len(table))),
    "id in label order": lambda table: table.sort_values("bad", kind="stable").assign(
        firm=[f"F{number:04d}" for number in range(len(table))]
    ),
    "known after the day": lambda table: table.assign(
        learned=[day + timedelta(days=30) for day in table["as_of"]]
    ),
}  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS)
def test_every_planted_leak_in_a_table_is_caught(tmp_path: Path, leak: str) -> None:
    """Nothing is learned; the sentence names what knows the outcome."""
    result = train(*written(tmp_path, LEAKS[leak](rows())))
    assert isinstance(result.exception, LeakFound), result.output
    assert not (tmp_path / "home" / "bundles").exists()


def test_entities_on_both_sides_of_a_table_are_kept_apart() -> None:
    """The split deals entities into folds; sides that share one are refused."""
    with pytest.raises(SplitOverlaps, match="both learned from and tested on"):
        check_apart(np.array(["F1", "F2"]), np.array(["F2"]))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (('missing: ["-999"]', "missing: []"), MissingCodeNotDeclared),
        (("label: {column: bad, horizon_months: 3}\n", ""), SchemaNotUsable),
        (("{name: age,", "{name: rating, header: age,"), FeatureWouldLeak),
    ],
)
def test_what_a_table_may_not_be_is_refused(tmp_path: Path, change: tuple[str, str], error: type[Exception]) -> None:
    """Codes, missing labels and ratings under any header."""
    result = train(*written(tmp_path, rows(), SCHEMA.replace(*change)))
    assert isinstance(result.exception, error), result.output


def test_a_drafted_schema_reads_the_table_it_was_drafted_from(tmp_path: Path) -> None:
    """Keys and types are guessed; what is left is for a person: here the missing code."""
    written(tmp_path, rows())
    draft = tmp_path / "draft.yaml"
    drafted = CliRunner().invoke(
        commands, ["train", "--table", str(tmp_path / "t.csv"), "--write-schema", str(draft), "--label", "bad"]
    )
    assert drafted.exit_code == 0, drafted.output
    text = draft.read_text(encoding="utf-8")
    assert "# known_at" in text
    assert "branch, type: category" in text
    score = next(line for line in text.splitlines() if "name: score" in line)
    mended = text.replace(score, score.replace("missing: []", 'missing: ["-999"]'))
    mended = mended.replace("horizon_months: 12", "horizon_months: 3")
    (tmp_path / "s.yaml").write_text(mended, encoding="utf-8")
    words = ("--table", str(tmp_path / "t.csv"), "--schema", str(tmp_path / "s.yaml"), "--home", str(tmp_path / "h"))
    result = train(*words, "--features", "score,branch")
    assert result.exit_code == 0, result.output
    again = CliRunner().invoke(commands, ["train", "--table", str(tmp_path / "t.csv"), "--write-schema", str(draft)])
    assert again.exit_code == 2


OWN = """
schema_version: "1"
origin: simulated bureau
entity: firm
known_at: learned
columns:
  - {name: bureau_score, type: number, direction: -1, words: {zh: 征信分, en: bureau score}}
"""


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Sixty simulated enterprises with labels, and a bureau that knows half of them, some only later."""
    tables, defaulted = factories.trading_enterprises(60)
    Lake(tmp_path).append("invoice", tables.by_kind["invoice"])
    lines = [f"{name},{int(flag)},simulated" for name, flag in defaulted.items()]
    (tmp_path / "labels.csv").write_text("企业代号,是否违约,origin\n" + "\n".join(lines))
    rng = np.random.default_rng(0)
    bureau = [
        f"{name},{600 - 30 * flag + rng.normal(0, 40):.0f},{'2020-01-31' if number % 4 else '2021-01-31'}"
        for number, (name, flag) in enumerate(defaulted.items())
        if number % 2 or number % 4 == 0
    ]
    (tmp_path / "bureau.csv").write_text("firm,bureau_score,learned\n" + "\n".join(bureau))
    (tmp_path / "bureau.yaml").write_text(OWN, encoding="utf-8")
    return tmp_path


def labels_and_own(home: Path) -> tuple[str, ...]:
    own = "--own", str(home / "bureau.csv"), "--schema", str(home / "bureau.yaml")
    return "--labels", str(home / "labels.csv"), "--as-of", "2020-02-29", "--home", str(home), *own


def test_own_columns_stand_beside_the_features_as_known_on_the_day(labelled: Path) -> None:
    """Only what the bureau had said by then counts; the figures without it stand beside."""
    result = train(*labels_and_own(labelled), "--out", str(labelled / "b"))
    assert result.exit_code == 0, result.output
    card = json.loads(result.stdout)
    (own,) = card["data"]["own_tables"]
    assert own["rows_with_values"] == pytest.approx(0.5)  # the others are unknown to it, or known to it too late
    assert card["figures"]["without"][0]["name"] == "without_simulated bureau"
    bundle = Bundle.load(labelled / "b")
    assert bundle.own_columns == ("bureau_score",)
    (entry,) = [entry for entry in card["features"] if entry["name"] == "bureau_score"]
    assert entry["feed"] == "simulated bureau"
    bundle.write(labelled / "bundles" / bundle.digest[:12])
    words = ["score", "--table", str(labelled / "bureau.csv"), "--bundle", bundle.digest, "--as-of", "2020-02-29"]
    scored = CliRunner().invoke(service_commands, [*words, "--home", str(labelled), "--json"])
    assert scored.exit_code == 0, scored.output
    assert json.loads(scored.stdout)["rows"] == 60


def test_an_own_column_may_not_take_the_name_of_a_feature(labelled: Path) -> None:
    """Two meanings under one name would be scored as one."""
    text = OWN.replace("name: bureau_score", "name: sales_12m_fen, header: bureau_score")
    (labelled / "bureau.yaml").write_text(text, encoding="utf-8")
    assert isinstance(train(*labels_and_own(labelled)).exception, ColumnNamedLikeAFeature)


@pytest.mark.parametrize("leak", ["label copy", "too good", "id in label order"])
def test_every_planted_leak_beside_labels_is_caught(labelled: Path, leak: str) -> None:
    """A copy of the label in an own column, a column too good, ids handed out in label order."""
    flags = dict(line.split(",")[:2] for line in (labelled / "labels.csv").read_text().splitlines()[1:])
    rng = np.random.default_rng(1)
    if leak == "id in label order":
        renamed = factories.trading_enterprises(60)[0].by_kind["invoice"].to_pandas()
        order = {
            name: f"L{place:03d}" for place, name in enumerate(sorted(flags, key=lambda name: (flags[name], name)))
        }
        renamed["enterprise_id"] = renamed["enterprise_id"].map(order)
        home = labelled / "other"
        kind = factories.trading_enterprises(60)[0].by_kind["invoice"]
        Lake(home).append("invoice", type(kind).from_pandas(renamed, schema=kind.schema, preserve_index=False))
        lines = [f"{order[name]},{flag},simulated" for name, flag in flags.items()]
        (home / "labels.csv").write_text("企业代号,是否违约,origin\n" + "\n".join(lines))
        words = ("--labels", str(home / "labels.csv"), "--as-of", "2020-02-29", "--home", str(home))
        result = train(*words)
    else:
        noise = 0.0 if leak == "label copy" else 0.2
        lines = [f"{name},{float(flag) + noise * rng.normal():.3f},2020-01-31" for name, flag in flags.items()]
        (labelled / "bureau.csv").write_text("firm,bureau_score,learned\n" + "\n".join(lines))
        result = train(*labels_and_own(labelled))
    assert isinstance(result.exception, LeakFound), result.output
