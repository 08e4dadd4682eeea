"""Model uncertainty: a model that is unsure does not decide large amounts alone. DOMAIN 7.

Two signs, each where the model gives it: how few defaults it has learned from, and how high the probability may be. The
second reads the grade maximum at the upper end of the interval (`model_pd_high`), some grades forgiven by the policy.
"""

from __future__ import annotations

import numpy as np

from models.grades import PERFORMING, grade_index
from models.limits.arithmetic import FenColumn, Mask
from models.limits.case import Cases
from models.limits.rule import AmountColumns, status_column
from models.limits.standing import fact_inputs
from models.policy.product import UNUSED

_DEFAULTS, _MAXIMUM = "model_uncertainty.defaults", "model_uncertainty.maximum"
_FORGIVEN, _BY_GRADE, _BOUNDS = "model_uncertainty.grades_forgiven", "ceiling.grade_maximum", "grading.upper_pd"
_MOST = np.int64(2**53)


def model_uncertainty(cases: Cases) -> AmountColumns:
    """The lower of what the number of defaults and the interval allow, less what we lent; where the model says it."""
    defaults = cases.known_fact("model_training_defaults")
    known = ~np.isnan(defaults)
    uppers = np.array([float(bound) for bound in cases.policy.table(_DEFAULTS)])
    amounts = np.array([int(amount) for amount in cases.policy.table(_MAXIMUM)], dtype=np.int64)
    band = np.minimum(np.searchsorted(uppers, np.nan_to_num(defaults), side="left"), len(amounts) - 1)
    unsure, told = at_upper_end(cases)
    most = np.minimum(np.where(known, amounts[band], _MOST), np.where(told, unsure, _MOST))
    outside = (~known & ~told) | cases.use_is("model_uncertainty", UNUSED)
    return AmountColumns(
        code="model_uncertainty",
        value=np.where(outside, 0, np.maximum(most - cases.own_exposure, 0)),
        status=status_column(pending=np.zeros(len(cases), dtype=np.bool_), not_applicable=outside),
        policy_names=(_DEFAULTS, _MAXIMUM, _FORGIVEN, _BY_GRADE),
        inputs=fact_inputs(cases, model_training_defaults="count", model_pd_high="fraction"),
    )


def at_upper_end(cases: Cases) -> tuple[FenColumn, Mask]:
    """The grade maximum at the upper end of the probability's interval, and where there is an interval."""
    high = cases.known_fact("model_pd_high")
    bounds = [float(bound) for bound in cases.policy.fractions_by_grade(_BOUNDS)[: len(PERFORMING)]]
    place = np.maximum(grade_index(high, bounds) - cases.policy.whole(_FORGIVEN), 0)
    table = np.array(cases.policy.fen_by_grade(_BY_GRADE), dtype=np.int64)
    return table[place], ~np.isnan(high)
