"""Model uncertainty: a model that has seen few defaults does not decide large amounts alone. DOMAIN 7."""

from __future__ import annotations

import numpy as np

from models.limits.case import Cases
from models.limits.rule import AmountColumns, status_column
from models.limits.standing import fact_inputs
from models.policy.product import UNUSED

_DEFAULTS, _MAXIMUM = "model_uncertainty.defaults", "model_uncertainty.maximum"


def model_uncertainty(cases: Cases) -> AmountColumns:
    """The amount by the number of defaults in the training sample, less what we lent; only where the model says it."""
    defaults = cases.known_fact("model_training_defaults")
    known = ~np.isnan(defaults)
    uppers = np.array([float(bound) for bound in cases.policy.table(_DEFAULTS)])
    amounts = np.array([int(amount) for amount in cases.policy.table(_MAXIMUM)], dtype=np.int64)
    band = np.minimum(np.searchsorted(uppers, np.nan_to_num(defaults), side="left"), len(amounts) - 1)
    outside = ~known | cases.use_is("model_uncertainty", UNUSED)
    return AmountColumns(
        code="model_uncertainty",
        value=np.where(outside, 0, np.maximum(amounts[band] - cases.own_exposure, 0)),
        status=status_column(pending=np.zeros(len(cases), dtype=np.bool_), not_applicable=outside),
        policy_names=(_DEFAULTS, _MAXIMUM),
        inputs=fact_inputs(cases, model_training_defaults="count"),
    )
