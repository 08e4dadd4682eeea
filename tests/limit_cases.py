"""Builders of limit cases for tests: one firm that passes every gate, changed fact by fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from models.default_probability import ProbabilityColumns
from models.grades import grade_index
from models.limits import NO_REQUEST, Cases
from models.policy import Policy, load_policy

DAY = date(2020, 2, 29)
GOOD: Mapping[str, float] = {
    "pd": 0.018,
    "sales_12m_fen": 800_000_000.0,
    "days_since_last_sale": 12.0,
    "days_since_first_sale": 900.0,
    "days_since_last_purchase": 5.0,
    "void_rate_12m": 0.03,
}
FACTS = tuple(name for name in GOOD if name != "pd")


@cache
def default_policy(day: date = DAY) -> Policy:
    """The shipped policy on a day, read once."""
    return load_policy(day)


def cases(*rows: Mapping[str, Any], policy: Policy | None = None) -> Cases:
    """Cases from rows of changes to GOOD, further facts (not known where left out), `requested_fen` and `product`."""
    policy = policy or default_policy()
    full = [{**GOOD, **row} for row in rows]
    codes = list(policy.products)
    further = sorted({name for row in rows for name in row} - set(GOOD) - {"requested_fen", "product"})
    return Cases(
        facts={name: _column([{name: None, **row} for row in full], name) for name in (*FACTS, *further)},
        grade=grade_index(_column(full, "pd"), [float(x) for x in policy.fractions_by_grade("grading.upper_pd")]),
        products=tuple(policy.products.values()),
        product=np.array([codes.index(row.get("product", "invoice_credit")) for row in full], dtype=np.int64),
        requested_fen=np.array([row.get("requested_fen", NO_REQUEST) for row in full], dtype=np.int64),
        policy=policy,
    )


def probability(
    *rows: Mapping[str, Any], points: Sequence[Sequence[float]] | None = None, names: Sequence[str] = ("void_rate_12m",)
) -> ProbabilityColumns:
    """Probability columns as the model would deliver them for the same rows, with contributions as given."""
    full = [{**GOOD, **row} for row in rows]
    given = np.array(points if points is not None else [[-5.0] * len(names)] * len(full), dtype=np.float64)
    return ProbabilityColumns(
        enterprise_id=pa.array([f"E{at}" for at in range(len(full))]),
        pd=_column(full, "pd"),
        points=600.0 + given.sum(axis=1),
        base_points=np.full(len(rows), 600.0),
        contributions=given,
        feature_names=tuple(names),
        values=np.column_stack(
            [_column([{**dict.fromkeys(names, 0.5), **row} for row in full], name) for name in names]
        ),
        low=0.5 * _column(full, "pd"),
        high=np.minimum(1.5 * _column(full, "pd"), 1.0),
    )


def _column(rows: Sequence[Mapping[str, Any]], name: str) -> np.ndarray:
    return np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=np.float64)
