"""One measurement of drift: whom the model would score on a day, against whom it was trained on, and what became of
those of a year before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.bundle import SIMULATED, Bundle
from models.default_probability import score_features
from models.features import compute_features
from models.features.windows import months_before
from models.grades import grade_index, grade_name
from models.lake import Lake
from models.monitoring.expected import expected_auc, expected_brier
from models.monitoring.outcomes import Calibration, by_group, calibration, observed_auc
from models.monitoring.reference import read_reference
from models.policy import Policy
from models.tables import origins
from service.drift.judging import of_expected, of_outcomes, of_shifts, worst
from service.errors import NothingStored
from service.portfolio import ROWS_AT_ONCE, pieces
from service.registry.records import Alert, DriftMeasured
from service.retraining.door import TrainingDoor

PANEL = "panel"  # `source` of a card: trained on borrowers, so borrowers are compared
DIGITS = 6
Progress = Callable[[int], None]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """Enterprises on a day: features as they came, PD, log-odds."""

    ids: list[str]
    values: Vector
    pd: Vector
    log_odds: Vector

    def __len__(self) -> int:
        return len(self.ids)


def measure(
    lake: Lake, bundle: Bundle, as_of: date, policy: Policy, door: TrainingDoor, progress: Progress = lambda _: None
) -> DriftMeasured:
    """The measurement of a day. Raises ReferenceMissing, NothingStored."""
    reference = read_reference(bundle.card, bundle.features)
    home = str(lake.root.parent)
    of_panel = bundle.card.get("source") == PANEL
    now = population_of(lake, bundle, as_of, door.borrowers(home, as_of.isoformat()) if of_panel else None, progress)
    if not len(now):
        raise NothingStored(
            "nobody is to be scored on that day, so nothing can be measured",
            found=as_of.isoformat(),
            advice="choose a day on which records of borrowers are known",
        )
    shifts = reference.shifts(bundle.features, now.values, now.log_odds)
    expected = expected_auc(now.pd)
    alerts = [*of_shifts(shifts, policy), *of_expected(reference.expected_auc, expected, policy)]
    horizon = int(bundle.card.get("data", {}).get("horizon_months") or 12)
    matured, more = _matured(lake, bundle, as_of, policy, door, horizon)
    alerts += more
    figures = {
        "population": "borrowers" if of_panel else "every stored enterprise",
        "enterprises": len(now),
        "reference": {"rows": reference.rows, "units": reference.units},
        "shifts": {name: _rounded(asdict(shift)) for name, shift in shifts.items()},
        "expected": {
            "method": "CBPE",
            "auc": _round(expected),
            "auc_at_training": _round(reference.expected_auc),  # expected too: of the rows learned from, by their PD
            "brier": _round(expected_brier(now.pd)),
            "mean_pd": _round(float(now.pd.mean())),
        },
        "matured": matured,
    }
    return DriftMeasured(
        as_of=as_of,
        policy_digest=policy.validation_digest,
        level=worst(alerts),
        alerts=tuple(alerts),
        figures=figures,
        simulated=bundle.simulated or SIMULATED in origins(lake.tables()),
    )


def population_of(
    lake: Lake, bundle: Bundle, day: date, wanted: Collection[str] | None, progress: Progress = lambda _: None
) -> Population:
    """Who is known on a day, or those wanted of them, as training sees them: all, whatever is missing."""
    found: list[Population] = []
    chosen = None if wanted is None else pa.array(sorted(set(wanted)), pa.string())
    for number, (of, tables, ids) in enumerate(pieces(lake, None, ROWS_AT_ONCE)):
        here = ids if wanted is None else sorted(set(ids) & set(wanted))
        if here:
            features = compute_features(tables, day, here)
            if chosen is not None:
                features = features.filter(pc.is_in(features.column("enterprise_id"), value_set=chosen))
            scored = score_features(features, bundle)
            odds = (bundle.points.at_even_odds - scored.points) / bundle.points.per_log_odds
            found.append(Population(scored.enterprise_id.to_pylist(), scored.values, scored.pd, odds))
        progress(1000 * (number + 1) // of)
    if not found:
        return Population([], np.empty((0, len(bundle.features))), np.empty(0), np.empty(0))
    return Population(
        [name for one in found for name in one.ids],
        np.concatenate([one.values for one in found]),
        np.concatenate([one.pd for one in found]),
        np.concatenate([one.log_odds for one in found]),
    )


def _matured(
    lake: Lake, bundle: Bundle, as_of: date, policy: Policy, door: TrainingDoor, horizon: int
) -> tuple[dict[str, Any] | None, list[Alert]]:
    """What became of the borrowers of the day one horizon before; None where nobody's outcome is known."""
    day = months_before(as_of, horizon)
    outcomes = door.matured_outcomes(str(Path(lake.root).parent), day.isoformat(), as_of.isoformat(), horizon)
    if not outcomes:
        return None, []
    then = population_of(lake, bundle, day, outcomes)
    if not len(then):
        return None, []
    outcome = np.array([outcomes[name] for name in then.ids], dtype=np.float64)
    grades = by_group(then.pd, outcome, grade_index(then.pd, policy.upper_pd).astype(np.int64))
    named = {str(grade_name(index)): one for index, one in grades.items()}
    whole, area = calibration(then.pd, outcome), observed_auc(then.log_odds, outcome)
    seen = bundle.trained_as_of >= day
    before = bundle.card.get("figures", {}).get("auc", {}).get("value")
    gini = None if area is None else 2 * area - 1
    facts = {
        "as_of": day.isoformat(),
        "horizon_months": horizon,
        "seen_in_training": seen,
        "whole": _calibrated(whole),
        "grades": {name: _calibrated(one) for name, one in named.items()},
        "auc": _round(area),
        "auc_at_training": _round(before),  # measured then, with outcomes, on rows the model had not seen
        "brier": _round(float(((then.pd - outcome) ** 2).mean())),
    }
    if seen:
        return facts, []  # the model knows these outcomes: they say nothing against it, and nothing for it
    return facts, of_outcomes(whole, named, None if before is None else 2 * before - 1, gini, policy)


def _calibrated(one: Calibration) -> dict[str, Any]:
    return _rounded(asdict(one))


def _rounded(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: _round(value) if isinstance(value, float) else value for name, value in facts.items()}


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS)
