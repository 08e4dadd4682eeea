"""Decisions in full, as columns: what a record says of one enterprise, for all of them without building a record.

Beside the flat row (`Decisions.to_arrow`) stand, in this order:

    feature_NAME       the model's features as they came; null: missing
    compared_with      whom `base_points` and points compare with: training_average, or a population of the bundle
    points_NAME        what each adds to `base_points`; with it they add up to `points`
    step_CODE_fen      what each step of the waterfall changes; null where the step does not concern the case
    cap_CODE_fen       the value of each ceiling, `cap_sources_total_fen` of all sources; null where it does not count
    status_CODE        how each gate, source and ceiling stands: a word of `models.limits.Status`
    early_warning      the level that the triggers show: normal, yellow, orange, red
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.decision.decisions import Decisions
from models.limits import COMMITTED_LINES, EXISTING_EXPOSURE, Status
from models.reference_population import TRAINING_AVERAGE

EARLY_WARNING = "early_warning"
BASE_POINTS = "base_points"
COMPARED_WITH = "compared_with"
PREFIXES = ("feature_", "points_", "step_", "cap_", "status_")
GROUPS = ("industry", "region", "park", "core_enterprise")  # what whoever writes the rows may know besides


def is_flat(name: str) -> bool:
    """Whether a column belongs to the flat row, and not to the decision in full."""
    return not name.startswith(PREFIXES) and name not in (EARLY_WARNING, BASE_POINTS, COMPARED_WITH, *GROUPS)


def detail_columns(decisions: Decisions) -> pa.Table:
    """One row per decision, in its order."""
    columns = _probability(decisions) | _steps(decisions) | _caps(decisions) | _statuses(decisions)
    return pa.table(columns)


def _probability(decisions: Decisions) -> dict[str, pa.Array]:
    probability = decisions.probability
    silent = np.isnan(probability.pd)
    names = probability.feature_names
    values, points = np.asfortranarray(probability.values), np.asfortranarray(probability.contributions)
    base = pa.array(probability.base_points, mask=silent)
    whom = TRAINING_AVERAGE if probability.against is None else probability.against.name
    return (
        {f"feature_{name}": pa.array(values[:, at], from_pandas=True) for at, name in enumerate(names)}
        | {BASE_POINTS: base, COMPARED_WITH: _chosen([whom], np.zeros(len(decisions), dtype=np.int8))}
        | {f"points_{name}": pa.array(points[:, at] + 0.0, mask=silent) for at, name in enumerate(names)}
    )


def _steps(decisions: Decisions) -> dict[str, pa.Array]:
    limits = decisions.limits
    silent = {rule.code: ~rule.counts for rule in (*limits.sources, *limits.ceilings)}
    silent |= {s.code: s.delta == 0 for s in limits.steps if s.code in (EXISTING_EXPOSURE, COMMITTED_LINES)}
    return {f"step_{step.code}_fen": pa.array(step.delta, mask=silent.get(step.code)) for step in limits.steps}


def _caps(decisions: Decisions) -> dict[str, pa.Array]:
    return {f"cap_{cap.code}_fen": pa.array(cap.value, mask=~cap.counts) for cap in decisions.limits.caps}


def _statuses(decisions: Decisions) -> dict[str, pa.Array]:
    words = [status.word for status in Status]
    limits = decisions.limits
    found = {f"status_{rule.code}": _chosen(words, rule.status) for rule in limits.rules}
    for ceiling in limits.ceilings:
        if ceiling.code == EARLY_WARNING:
            level = ceiling.inputs["level"]
            found[EARLY_WARNING] = _chosen(list(level.words), level.values)
    return found


def _chosen(words: list[str], index: npt.NDArray[np.generic]) -> pa.Array:
    """Words by their place; stored once each, whatever the number of rows."""
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int8)), pa.array(words, pa.string()))
