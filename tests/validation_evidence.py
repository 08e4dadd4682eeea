"""Evidence for tests of the validation: a small simulated economy of known risk drivers, and a bundle fitted to it."""

from __future__ import annotations

from datetime import date
from typing import Any

import lightgbm
import numpy as np
from scipy.special import expit, logit

from models.bundle import Bundle, Calibration, PointsScale
from models.policy import load_policy
from training.sample import Sample
from training.validation.evidence import Evidence, Lineage, People, Split

AS_OF = date(2024, 3, 31)
SIGNED = (
    ("sales_12m_fen", -1, "s"),
    ("void_rate_12m", 1, "s"),
    ("max_gap_days_12m", 1, "s"),
    ("customer_hhi_12m", 0, "s"),
    ("overdue_share", 1, "loans"),
    ("cash_months", -1, None),
)
NAMES = tuple(name for name, _, _ in SIGNED)
DIRECTIONS = tuple(direction for _, direction, _ in SIGNED)
FEEDS = tuple(feed for _, _, feed in SIGNED)
QUARTERS = ("2022-03-31", "2022-06-30", "2022-09-30", "2023-09-30", "2023-12-31")


def true_log_odds(matrix: np.ndarray) -> np.ndarray:
    """What the simulated enterprises default by."""
    filled = np.nan_to_num(matrix)
    risk = -1.1 * (filled[:, 0] - 16) + 1.0 * filled[:, 1] + 0.7 * filled[:, 4] - 0.6 * filled[:, 5]
    return np.asarray(risk - 2.9)


def sample(enterprises: int, days: tuple[str, ...], *, seed: int, drift: float = 0.0, missing: float = 0.1) -> Sample:
    """Rows of every enterprise on every day; `drift` lowers sales, the outcomes follow the truth."""
    rng = np.random.default_rng(seed)
    home = rng.standard_normal((enterprises, len(NAMES)))
    matrix, entity, day = [], [], []
    for each in days:
        now = 0.9 * home + 0.45 * rng.standard_normal(home.shape)
        now[:, 0] += 16 - drift
        matrix.append(now)
        entity += [f"E{row:05d}" for row in range(enterprises)]
        day += [each] * enterprises
    rows = np.concatenate(matrix)
    outcome = (rng.uniform(size=len(rows)) < expit(true_log_odds(rows))).astype(np.float64)
    rows[rng.uniform(size=rows.shape) < missing] = np.nan
    rows[rng.uniform(size=len(rows)) < 0.2, 4] = np.nan
    names = np.array(entity)
    sizes = np.where(np.isin(np.char.rpartition(names, "E")[:, 2].astype(int) % 10, (1, 2, 3)), "small", "micro")
    return Sample(
        matrix=rows,
        outcome=outcome,
        names=NAMES,
        directions=DIRECTIONS,
        entity=names,
        data_origin=("simulated",),
        label_origin="simulated",
        feeds=FEEDS,
        words=tuple({"zh": f"特征{name}", "en": name} for name in NAMES),
        day=np.array(day, dtype="datetime64[D]"),
        segments={"size": sizes, "region": np.where(np.char.endswith(names, "7"), "rare", "usual")},
    )


def fitted(rows: Sample, *, trees: int = 60) -> Bundle:
    """A bundle of shallow monotone trees on these rows, calibrated to them."""
    medians = np.nanmedian(rows.matrix, axis=0)
    filled = np.where(np.isnan(rows.matrix), medians, rows.matrix)
    settings: dict[str, Any] = {
        "objective": "binary",
        "max_depth": 3,
        "learning_rate": 0.1,
        "min_data_in_leaf": 30,
        "monotone_constraints": list(DIRECTIONS),
        "monotone_constraints_method": "basic",
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
        "seed": 1,
    }
    data = lightgbm.Dataset(filled, rows.outcome, feature_name=list(NAMES), params=settings)
    booster = lightgbm.train(settings, data, num_boost_round=trees)
    return Bundle(
        features=NAMES,
        directions=DIRECTIONS,
        missing_as=tuple(float(value) for value in medians),
        feeds=FEEDS,
        booster_text=booster.model_to_string(),
        calibration=Calibration(0.0, 1.0),
        points=PointsScale(),
        data_origin=("simulated",),
        label_origin="simulated",
        trained_as_of=date(2022, 9, 30),
        card={"data": {"defaults": int(rows.outcome.sum())}},
    )


def evidence(*, enterprises: int = 900, seed: int = 3, **changed: Any) -> Evidence:
    """Development on three quarters, test on two later ones, of other enterprises; nothing is wrong with it."""
    development = sample(enterprises, QUARTERS[:3], seed=seed)
    test = sample(enterprises, QUARTERS[3:], seed=seed + 1)
    facts: dict[str, Any] = {
        "bundle": fitted(development),
        "policy": load_policy(AS_OF),
        "as_of": AS_OF,
        "development": development,
        "test": test,
        "audit": ({"check": "label_copy", "passed": True, "zh": "标签副本", "en": "copy of the label", "found": ""},),
        "lineage": Lineage(data_origin=("simulated",), label_origin="simulated", horizon_months=12),
        "split": Split(learned=QUARTERS[:3], tested=QUARTERS[3:], out_of_time=True, out_of_entity=True),
        "people": People(developer="A", validator="B", owner="C", exposure_fen=1_000_000_00),
    }
    return Evidence(**{**facts, **changed})


def shifted(log_odds: np.ndarray, by: float) -> np.ndarray:
    """Probabilities times about e to the `by`."""
    return np.asarray(logit(expit(log_odds)) + by)
