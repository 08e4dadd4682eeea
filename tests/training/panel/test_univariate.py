"""A feature alone: as expected, dead, inverted or too rare; and which features tell of repayment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from models.features import Feature, feature
from training.hindsight import tells_of_repayment
from training.panel.panel import Panel
from training.panel.univariate import each_alone


def panel_with(values: np.ndarray, outcome: np.ndarray, of: Feature) -> Panel:
    """A panel of one feature and one day."""
    return Panel(
        enterprise_ids=np.array([f"E{row:04d}" for row in range(len(outcome))]),
        as_of=np.full(len(outcome), np.datetime64("2023-03-31", "D")),
        outcome=outcome,
        matrix=values[:, None],
        features=(of,),
        left_out={},
        counts=(),
        causes={},
        last_day_known=date(2024, 12, 31),
        horizon_months=12,
        data_origin=("simulated",),
    )


@pytest.mark.parametrize(
    ("effect", "direction", "known", "verdict"),
    [
        (1.0, 1, 1.0, "as expected"),
        (-1.0, -1, 1.0, "as expected"),
        (-1.0, 1, 1.0, "inverted"),
        (0.0, 1, 1.0, "dead"),
        (1.0, 0, 1.0, "tells"),
        (1.0, 1, 0.02, "too few"),
    ],
)
def test_the_verdict_on_a_feature(effect: float, direction: int, known: float, verdict: str) -> None:
    """By its interval, turned so that more is riskier, over the rows that have it."""
    rng = np.random.default_rng(4)
    outcome = (rng.uniform(size=4000) < 0.08).astype(float)
    values = rng.normal(size=4000) + effect * outcome
    values[rng.uniform(size=4000) > known] = np.nan
    (found,) = each_alone(panel_with(values, outcome, replace(feature("void_rate_12m"), direction=direction)))
    assert found.verdict == verdict
    assert found.known == pytest.approx(known, abs=0.02)


def test_what_tells_of_repayment_is_known_by_the_kinds_it_reads() -> None:
    """Days past due, bureau enquiries and court lists do; sales do not."""
    assert all(tells_of_repayment(feature(name)) for name in ("dpd_max_12m", "bureau_enquiries_2m", "risk_events_12m"))
    assert not tells_of_repayment(feature("sales_12m_fen"))
