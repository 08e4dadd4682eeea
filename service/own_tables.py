"""The rows of a bank's own table, scored by a model that was learned from such a table: probability and grade."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from models.bundle import Bundle
from models.grades import grade_index, grade_name
from models.lake import Lake
from models.policy import Policy
from models.prepared import read_own
from models.scoring import score_prepared

NAME = "own_table_scores"


@dataclass(frozen=True)
class TableScores:
    """What a run found."""

    bundle: Bundle
    as_of: date
    rows: int
    by_grade: dict[str, int]
    mean_pd: float
    files: dict[str, Path]
    repeated: dict[str, list[int]]  # by file: the rows that repeat an earlier one, as a spreadsheet program counts

    def facts(self) -> dict[str, Any]:
        """For a machine."""
        return {
            "bundle": self.bundle.digest,
            "as_of": self.as_of.isoformat(),
            "rows": self.rows,
            "by_grade": self.by_grade,
            "mean_pd": round(self.mean_pd, 6),
            "limits": None,  # they need the stored records
            "simulated": self.bundle.simulated,
            "repeated_rows": self.repeated,
            "files": {kind: str(path) for kind, path in self.files.items()},
        }


def score_tables(
    paths: Sequence[Path], bundle: Bundle, policy: Policy, as_of: date, lake: Lake, out: Path
) -> TableScores:
    """Score and write Parquet and CSV: one row an entity (of a table alone: one row a row), points by column."""
    own = read_own(paths, bundle.card)
    alone = bool(bundle.card["own_columns"].get("alone"))
    found = score_prepared(own, bundle, as_of, None if alone else lake.tables(neighbourhood=True), policy.compared_with)
    grades = [grade_name(int(place)) for place in grade_index(found.pd, policy.upper_pd)]
    table = pa.table(
        {
            "enterprise_id": found.enterprise_id,
            "pd": found.pd,
            "pd_low": pa.array(found.low, from_pandas=True),
            "pd_high": pa.array(found.high, from_pandas=True),
            "grade": pa.array(grades, pa.string()),
            "points": found.points,
            "base_points": found.base_points,
            **{
                f"points_{name}": found.contributions[:, place] for place, name in enumerate(found.feature_names)
            },
        }
    )  # fmt: skip
    said = {b"assetlight.bundle": bundle.digest.encode(), b"assetlight.caution": json.dumps(bundle.caution).encode()}
    out.mkdir(parents=True, exist_ok=True)
    files = {"parquet": out / f"{NAME}.parquet", "csv": out / f"{NAME}.csv"}
    pq.write_table(table.replace_schema_metadata(said), files["parquet"])
    pacsv.write_csv(table, files["csv"])
    counted = Counter(grade for grade in grades if grade is not None)
    repeated = {path.name: one.lines[one.repeated].tolist() for path, one in zip(paths, own, strict=True)}
    return TableScores(
        bundle,
        as_of,
        len(found),
        dict(sorted(counted.items())),
        float(np.nanmean(found.pd)),
        files,
        {name: lines for name, lines in repeated.items() if lines},
    )
