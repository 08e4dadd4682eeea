"""The limit engine looked at from outside: nothing fails on the real one, and a tampered one is noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from models.features import CATALOGUE, compute_features
from models.limits import LimitColumns, compute_limits
from models.policy import load_policy
from tests.factories import AS_OF, SIGNED_FEATURES, bundle, trading_enterprises
from tests.limit_cases import cases, default_policy
from training.sample import Sample
from training.validation import Evidence, ScoredSample, validate
from training.validation.limit_checks import Check, engine_checks, master_scale

FIRMS = cases(
    {},
    {"requested_fen": 1_000_000_00},
    {"requested_fen": 9_000_000_00},
    {"pd": 0.15},
    {"pd": 0.5},
    {"pd": float("nan")},
    {"void_rate_12m": 0.9},
    {"days_since_last_sale": 400.0},
    {"sales_12m_fen": 1_000_000.0},
    {"product": "technology_credit", "requested_fen": 700_000_00},
    {"debt_own_exposure_fen": 30_000_000.0},
)
NAMES = [f"E{at}" for at in range(len(FIRMS))]


def wrong(checks: list[Check]) -> dict[str, int]:
    return {check.code: check.wrong for check in checks if check.wrong}


def test_the_engine_passes_every_check_on_firms_of_all_kinds() -> None:
    """Granted, cut, referred and declined ones: no property fails, and each was looked at."""
    checks = engine_checks(FIRMS, compute_limits(FIRMS), NAMES)
    assert wrong(checks) == {}
    assert all(check.looked >= len(FIRMS) for check in checks)


def tampered(limits: LimitColumns, by_fen: int) -> LimitColumns:
    last = limits.steps[-1]
    return replace(limits, steps=(*limits.steps[:-1], replace(last, running=last.running + by_fen)))


@pytest.mark.parametrize("by_fen", [1, 10_000_00])
def test_a_limit_that_the_rules_do_not_give_is_noticed(by_fen: int) -> None:
    """One fen too much, or a whole step too much, is not what the caps come to."""
    found = wrong(engine_checks(FIRMS, tampered(compute_limits(FIRMS), by_fen), NAMES))
    assert found["plain"] == found["lowest"] == len(FIRMS)


def test_a_ceiling_that_adds_is_noticed() -> None:
    """A step that raises what runs on."""
    limits = compute_limits(FIRMS)
    at = len(limits.sources) + 3
    raised = replace(limits.steps[at], delta=np.ones(len(FIRMS), dtype=np.int64))
    steps = (*limits.steps[:at], raised, *limits.steps[at + 1 :])
    assert wrong(engine_checks(FIRMS, replace(limits, steps=steps), NAMES))["steps"] == len(FIRMS)


def test_a_bound_of_the_scale_belongs_to_the_better_grade() -> None:
    """Twelve bounds, each from both sides."""
    bounds = [float(each) for each in default_policy().fractions_by_grade("grading.upper_pd")]
    assert (master_scale(bounds).looked, master_scale(bounds).wrong) == (24, 0)


def test_a_report_with_records_decides_the_sample_again() -> None:
    """Thirty enterprises go the whole road: part 11 is green, and its checks were made."""
    tables, defaulted = trading_enterprises(30)
    table = compute_features(tables, AS_OF, features=[each for each in CATALOGUE if each.name in dict(SIGNED_FEATURES)])
    names = tuple(name for name, _ in SIGNED_FEATURES)
    ids = table.column("enterprise_id").to_pylist()
    rows = Sample(
        matrix=np.column_stack([table.column(name).cast(pa.float64()).to_numpy() for name in names]),
        outcome=np.array([float(defaulted[one]) for one in ids]),
        names=names,
        directions=tuple(sign for _, sign in SIGNED_FEATURES),
        entity=np.array(ids, dtype=np.str_),
        data_origin=("simulated",),
        label_origin="simulated",
    )
    report = validate(
        Evidence(
            bundle=bundle(),
            policy=load_policy(AS_OF),
            as_of=date(2020, 3, 1),
            development=rows,
            test=rows,
            scored=ScoredSample(tables, AS_OF, tuple(ids)),
        )
    )
    assert report.gate("limits").light == "green"
    looked = {row["check"].en: row["looked"] for row in report.section(11).table("checks").records()}  # type: ignore[union-attr]
    assert looked["One enterprise alone is decided as among many"] == 8
    assert looked["The kept record alone gives the same limit"] == 25
