"""The batch as a competent analyst writes it: pandas, LightGBM, `shap.TreeExplainer`, one limit after the other.

From raw records: it reads the tables of some enterprises, keeps what was known on the day, groups each kind by
enterprise (`benchmarks.batch_plain_features`), scores, explains and calls the limit rules on one row after the other.
That is a part of our work: it leaves out 132 other features, receivables debtor by debtor, orders and supplier limits,
the asset pool, valuations of IP and data, groups, the network, credit lines, digests, steps and reasons in words. So
the ratio that comes out is too kind to it. What it does compute must equal ours: nulls exactly, numbers to 1e-9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shap

from benchmarks.batch_plain_evidence import evidence_of
from benchmarks.batch_plain_features import features_of
from benchmarks.raw_records import Raw
from models.bundle import Bundle
from models.features.catalogue import CATALOGUE
from models.grades import grade_index
from models.limits import Cases, compute_limits
from models.policy import Policy

Frame = pd.DataFrame


def decided(raw: Raw, model: Bundle, policy: Policy) -> Frame:
    """Features, probability, contributions, limit, top reasons: a row for each enterprise."""
    features = features_of(raw)
    evidence = evidence_of(raw, features.index)
    facts = features.drop(columns=evidence.columns, errors="ignore").join(evidence)
    scored, contributions = scored_and_explained(features[list(model.features)], model)
    limits, reasons = limits_one_by_one(facts, scored, contributions, model.features, policy)
    found = features.assign(pd=scored, limit_fen=limits, reasons=reasons)
    for place, name in enumerate(model.features):
        found[f"contribution_{name}"] = contributions[:, place]
    return found.copy()


def scored_and_explained(features: Frame, model: Bundle) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Calibrated probabilities, and contributions to the raw score."""
    booster = lightgbm.Booster(model_str=model.booster_text)
    raw = booster.predict(features, raw_score=True)
    odds = model.calibration.intercept + model.calibration.slope * np.asarray(raw)
    return 1 / (1 + np.exp(-odds)), np.asarray(shap.TreeExplainer(booster).shap_values(features))


def limits_one_by_one(
    facts: Frame,
    scored: npt.NDArray[np.float64],
    contributions: npt.NDArray[np.float64],
    names: Sequence[str],
    policy: Policy,
) -> tuple[list[int], list[str]]:
    """The limit of each row, and the four features that count most against it."""
    unknown = [feature.name for feature in CATALOGUE if feature.name not in facts.columns]
    limits, reasons = [], []
    for row in range(len(facts)):
        one = facts.iloc[row]
        cases = Cases(
            facts={str(name): np.array([float(one[name])]) for name in facts.columns}
            | {name: np.array([np.nan]) for name in unknown},
            grade=grade_index(np.array([scored[row]]), policy.upper_pd),
            products=tuple(policy.products.values()),
            product=np.zeros(1, dtype=np.int64),
            requested_fen=np.full(1, -1, dtype=np.int64),
            policy=policy,
        )
        limits.append(int(compute_limits(cases).limit_fen[0]))
        worst = np.argsort(contributions[row])[::-1][:4]
        reasons.append("; ".join(names[place] for place in worst))
    return limits, reasons


def differences(mine: Frame, ours: pa.Table, model: Bundle) -> list[str]:
    """Where the script and the batch disagree: features (nulls exactly, numbers to 1e-9), points, probability."""
    ids = pa.array(mine.index.tolist(), pa.string())
    rows = ours.take(pc.index_in(ids, value_set=ours.column("enterprise_id").combine_chunks()))
    points = -model.points.per_log_odds * model.calibration.slope
    pairs = {name: (mine[name], f"feature_{name}", 1e-9) for name in model.features}
    pairs |= {"pd": (mine["pd"], "pd", 1e-9)}
    pairs |= {
        f"points of {name}": (points * mine[f"contribution_{name}"], f"points_{name}", 1e-6) for name in model.features
    }
    found = []
    for name, (column, theirs, tolerance) in pairs.items():
        a = column.to_numpy(float)
        b = rows.column(theirs).cast(pa.float64()).to_numpy(zero_copy_only=False).astype(float)
        unlike = (np.isnan(a) != np.isnan(b)) | (np.abs(a - b) > tolerance * np.maximum(1, np.abs(b)))
        if unlike.any():
            row = int(np.flatnonzero(unlike)[0])
            found.append(f"{name}: {int(unlike.sum())} rows, as of {mine.index[row]}: {a[row]!r} and {b[row]!r}")
    return found


def files_by_kind(root: Path, parts: Mapping[str, Sequence[Any]]) -> dict[str, list[str]]:
    """The files of each kind that has any, as paths."""
    return {kind: [str(root / part.path) for part in each] for kind, each in parts.items() if each}
