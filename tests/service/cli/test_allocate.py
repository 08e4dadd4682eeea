"""`assetlight allocate` as a person meets it: files, figures, and what it says when something is missing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from service.allocating import newest_scores
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
