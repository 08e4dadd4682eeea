"""`assetlight allocate` as a person meets it: files, figures, and what it says when something is missing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.allocation import applicants_of
from models.allocation.scores import ScoresNotUsable
from service.allocating import newest_scores
from service.batch.errors import BatchNotFinished
from service.bootstrap import Service
from service.errors import ScoresMissing
from service.given_scores import read_scores
from tests.service.batch.runs import ran, rows
from tests.service.conftest import Run

MENU = "annual_rate,churn_A,churn_B,churn_C\n0.04,0,0,0\n0.06,0.4,0.33,0.31\n0.1,0.72,0.68,0.66\n"


def scored(folder: Path, limits_wan: list[int]) -> Path:
    """Scores of approved enterprises, as `assetlight score` writes them."""
    count = len(limits_wan)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "scores-2024-06-30.parquet"
    pq.write_table(
        pa.table(
            {
                "enterprise_id": [f"E{n}" for n in range(count)],
                "as_of": pa.array([date(2024, 6, 30)] * count),
                "outcome": ["approve"] * count,
                "pd": [0.01 + 0.002 * n for n in range(count)],
                "grade": ["G7"] * count,
                "limit_fen": pa.array([wan * 1_000_000 for wan in limits_wan], pa.int64()),
                "product": ["invoice_credit"] * count,
                "data_origin": ["simulated"] * count,
                "model_data_origin": ["simulated"] * count,
            }
        ),
        path,
    )
    return path


def test_a_budget_is_shared_out(tmp_path: Path, run: Run) -> None:
    """One JSON object with the plan's figures; three files; the caution about simulated data."""
    scored(tmp_path / "results", [100, 200, 300])
    rates = tmp_path / "rates.csv"
    rates.write_text(MENU)
    asked = ["allocate", "--budget", "4,000,000", "--rates", str(rates), "--home", str(tmp_path)]
    code, out, _ = run(*asked, "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["budget_yuan"] == "4000000.00"
    assert facts["simulated"] is True
    assert facts["offers"] > 0
    assert facts["gap"] <= 1e-6
    rows = pq.read_table(facts["files"]["parquet"])
    assert sum(rows["offered_fen"].to_pylist()) == round(float(facts["offered_yuan"]) * 100)
    assert json.loads(Path(facts["files"]["json"]).read_text(encoding="utf-8"))["bounds"] == facts["bounds"]
    assert not list((tmp_path / "results").glob(".allocation*"))
    code, out, _ = run(*asked)
    assert code == 0
    assert "模拟数据" in out
    assert "equal split" in out


def test_without_scores_the_command_to_run_is_named(tmp_path: Path, run: Run) -> None:
    """Exit code 3: something must be done first."""
    rates = tmp_path / "rates.csv"
    rates.write_text(MENU)
    code, _, err = run("allocate", "--budget", "4000000", "--rates", str(rates), "--home", str(tmp_path))
    assert code == 3
    assert "assetlight score" in err


def test_the_newest_day_is_taken(tmp_path: Path) -> None:
    """Of several days the last, by name."""
    for day in ("2023-12-31", "2024-06-30", "2024-03-31"):
        (tmp_path / f"scores-{day}.parquet").touch()
    assert newest_scores(tmp_path).name == "scores-2024-06-30.parquet"


@pytest.fixture
def batch(service: Service, tmp_path: Path) -> Path:
    """A finished batch of several buckets."""
    ran(service, tmp_path / "month-end", keeps_facts=True)
    assert len(list((tmp_path / "month-end" / "scores").iterdir())) > 1
    return tmp_path / "month-end"


@pytest.mark.parametrize("below", ["", "scores"])
def test_a_batch_is_read_as_one_table(batch: Path, home: Path, run: Run, below: str) -> None:
    """Its folder or the folder of its scores: every enterprise of every bucket, as if it were one file."""
    rates = batch.parent / "rates.csv"
    rates.write_text(MENU)
    asked = ["allocate", "--budget", "4000000", "--rates", str(rates), "--home", str(home), "--json", "--scores"]
    code, out, err = run(*asked, str(batch / below))
    assert code == 0, err
    everybody = rows(batch)
    pq.write_table(everybody, batch.parent / "one.parquet")
    alone = json.loads(run(*asked, str(batch.parent / "one.parquet"), "--out", str(batch.parent / "alone"))[1])
    facts = json.loads(out)
    assert facts["applicants"] + facts["left_out"] == everybody.num_rows
    table, other = (pq.read_table(each["files"]["parquet"]) for each in (facts, alone))
    assert table.equals(other)


def test_the_files_come_in_the_order_of_the_manifest(batch: Path) -> None:
    """Not in the order of the folder."""
    manifest = json.loads((batch / "manifest.json").read_text())
    manifest["outputs"].reverse()
    (batch / "manifest.json").write_text(json.dumps(manifest))
    expected = [
        one
        for output in manifest["outputs"]
        if output["kind"] == "scores"
        for one in pq.ParquetFile(batch / output["path"]).read(["enterprise_id"])["enterprise_id"].to_pylist()
    ]
    assert read_scores(batch).table["enterprise_id"].to_pylist() == expected
    assert read_scores(batch.as_uri()).table["enterprise_id"].to_pylist() == expected


def test_one_bucket_of_several_is_refused(batch: Path, tmp_path: Path) -> None:
    """The message says of how many, and what to name; a copy without its batch is used, and said to be one."""
    file = min((batch / "scores").iterdir())
    number = len(list((batch / "scores").iterdir()))
    with pytest.raises(ScoresNotUsable, match=rf"one bucket of {number} of a batch.*{batch}"):
        read_scores(file)
    copy = tmp_path / f"2020-02-29-0a1b2c3d4e5f-scores-{file.name}"
    copy.write_bytes(file.read_bytes())
    assert "one bucket of a batch" in read_scores(copy).cautions[0][1]


def test_what_a_batch_did_not_finish_or_did_not_score_is_refused_with_words(batch: Path, tmp_path: Path) -> None:
    """Facts are no scores; a changed or lost byte is named; a run without its manifest is not finished."""
    for facts in (batch / "facts", next((batch / "facts").iterdir())):
        with pytest.raises(ScoresNotUsable, match="these are no scores"):
            read_scores(facts)
    with pytest.raises(ScoresMissing, match="the folder is no batch"):
        read_scores(tmp_path)
    file = max((batch / "scores").iterdir())
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    with pytest.raises(ScoresNotUsable, match=rf"not what its manifest says.*{file.name}"):
        read_scores(batch)
    file.unlink()
    with pytest.raises(ScoresNotUsable, match=rf"not what its manifest says.*{file.name}"):
        read_scores(batch)
    (batch / "manifest.json").unlink()
    for unfinished in (batch, batch / "scores", min((batch / "scores").iterdir())):
        with pytest.raises(BatchNotFinished, match="not finished"):
            read_scores(unfinished)


def test_who_could_not_be_scored_is_said(batch: Path) -> None:
    """They get nothing of the budget, and whoever reads the plan should know."""
    manifest = json.loads((batch / "manifest.json").read_text())
    manifest["counters"]["failed"] = 3
    (batch / "manifest.json").write_text(json.dumps(manifest))
    assert "could not score 3 enterprises" in read_scores(batch).cautions[0][1]


@pytest.mark.parametrize("form", ["large_string", "category", "timestamp", "text_day", "decimal"])
def test_scores_written_by_pandas_and_others_are_the_same_scores(
    service: Service, tmp_path: Path, run: Run, form: str
) -> None:
    """Large text, dictionaries, timestamps at midnight, ISO text and decimals give the plan of the plain file."""
    plain = pq.read_table(scored(tmp_path / "results", [100, 200, 300]))
    frame = plain.to_pandas()
    texts = [name for name in frame.columns if pa.types.is_string(plain.schema.field(name).type)]
    if form == "category":
        frame[texts] = frame[texts].astype("category")
    elif form == "timestamp":
        frame["as_of"] = pd.to_datetime(frame["as_of"])
    elif form == "text_day":
        frame["as_of"] = frame["as_of"].astype(str)
    table = pa.Table.from_pandas(frame)
    for at, column in enumerate(table.schema):
        if form == "large_string" and column.name in texts:
            table = table.set_column(at, column.name, table[column.name].cast(pa.large_string()))
        elif form == "decimal" and column.name == "limit_fen":
            table = table.set_column(at, column.name, table[column.name].cast(pa.decimal128(24, 2)))
    path, rates = tmp_path / "theirs.parquet", tmp_path / "rates.csv"
    pq.write_table(table, path)
    rates.write_text(MENU)
    asked = ["allocate", "--budget", "4000000", "--rates", str(rates), "--home", str(service.settings.home), "--json"]
    made = []
    for given in (path, tmp_path / "results" / "scores-2024-06-30.parquet"):
        code, out, err = run(*asked, "--scores", str(given), "--out", str(tmp_path / given.stem))
        assert code == 0, err or out
        made.append(pq.read_table(json.loads(out)["files"]["parquet"]))
    assert made[0].equals(made[1])


@pytest.mark.parametrize(
    ("column", "values", "found"),
    [
        ("enterprise_id", pa.array([1, 2]), "text .*int64"),
        ("enterprise_id", pa.array([None, "E1"]), "1 rows without"),
        ("limit_fen", pa.array([1.5, 2.0]), "whole fen .*double"),
        ("limit_fen", pa.array([100, None]), "approved without a limit"),
        ("limit_fen", pa.array([1.0, float("nan")]), "approved without a limit"),
        ("pd", pa.array(["0.1", "0.2"]), "a number .*string"),
        ("grade", pa.array([True, False]), "text .*bool"),
        ("as_of", pa.array(["2024-06-30", "yesterday"]), "a day .*string"),
        ("as_of", pa.array([pd.Timestamp("2024-06-30 08:00")] * 2), "a day .*timestamp"),
        (
            "as_of",
            pa.array([pd.Timestamp("2024-06-30", tz="Asia/Shanghai")] * 2),
            "a day .*with a time of day or a zone",
        ),
    ],
)
def test_a_column_of_another_type_is_refused_by_name(tmp_path: Path, column: str, values: Any, found: str) -> None:
    """The column, what was expected and what came."""
    table = pq.read_table(scored(tmp_path, [100, 200]))
    path = tmp_path / "theirs.parquet"
    pq.write_table(table.set_column(table.column_names.index(column), column, values), path)
    with pytest.raises(ScoresNotUsable, match=found) as refused:
        applicants_of(read_scores(path).table)
    assert refused.value.field == column
