"""Champion and challenger on the same cases: what would have been other, and for whom. No outcome is needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import spearmanr

from models.grades import GRADES
from models.money import yuan_text
from models.monitoring.stability import population_stability, quantile_edges, shares

GRANTED = ("approve", "reduce")
WHO = ("champion", "challenger")


def compare_cases(cases: pa.Table) -> dict[str, Any]:
    """Figures over rows of champion_* and challenger_* columns; see `service.shadow.beside_columns`."""
    answered = cases.filter(pc.is_valid(cases.column("challenger_outcome")))
    facts: dict[str, Any] = {
        "champions": pc.unique(cases.column("champion")).to_pylist(),
        "cases": cases.num_rows,
        "failures": cases.num_rows - answered.num_rows,
    }
    if "milliseconds" in cases.column_names:
        taken = cases.column("milliseconds").to_numpy()
        facts["median_milliseconds"] = round(float(np.median(taken)), 2) if len(taken) else None
    pd = {who: answered.column(f"{who}_pd").to_numpy() for who in WHO}
    known = ~np.isnan(pd["champion"]) & ~np.isnan(pd["challenger"])
    first, second = pd["champion"][known], pd["challenger"][known]
    place = {who: _places(answered.column(f"{who}_grade")) for who in WHO}
    graded = (place["champion"] >= 0) & (place["challenger"] >= 0)
    moved = place["challenger"][graded] - place["champion"][graded]
    outcome = {who: np.array(answered.column(f"{who}_outcome").to_pylist(), dtype=object) for who in WHO}
    limit = {who: answered.column(f"{who}_limit_fen") for who in WHO}
    several = len(first) > 1 and len(set(first)) > 1 and len(set(second)) > 1
    return {
        **facts,
        "mean_pd": {
            who: round(float(values.mean()), 6) if len(values) else None
            for who, values in zip(WHO, (first, second), strict=True)
        },
        "approved": {who: int(np.isin(outcome[who], GRANTED).sum()) for who in WHO},
        "limit_yuan": {who: yuan_text(int(pc.sum(limit[who]).as_py() or 0)) for who in WHO},
        "grades": {
            "better": int((moved < 0).sum()),
            "same": int((moved == 0).sum()),
            "worse": int((moved > 0).sum()),
        },
        "other_outcome": int((outcome["champion"] != outcome["challenger"]).sum()),
        "rank_correlation": round(float(spearmanr(first, second).statistic), 4) if several else None,
        "psi": round(_psi(first, second), 4) if several else None,
    }


def _psi(first: np.ndarray, second: np.ndarray) -> float:
    edges = quantile_edges(first)
    return population_stability(shares(first, edges), shares(second, edges))


def _places(column: pa.ChunkedArray) -> np.ndarray:
    return np.array([GRADES.index(name) if name in GRADES else -1 for name in column.to_pylist()], dtype=np.int64)
