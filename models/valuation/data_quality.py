"""Scores of a data asset: six quality dimensions of GB/T 36344-2018, and the score that sets its lending share."""

from __future__ import annotations

import numpy as np

from models.valuation.approaches import Range
from models.valuation.columns import EvidenceColumns, Known
from models.valuation.parameters import DataParameters
from models.valuation.rates import ONE, ratio, share
from models.valuation.score import Score, mean_score, weighted_score

DIMENSIONS = ("conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility")
ASSESSORS = ("third_party", "registry")
_DCMM_LEVELS = 5


def quality_score(evidence: EvidenceColumns, missing: int) -> Score:
    """Plain mean of the six dimensions. A self-assessed score counts in the high alone."""
    dimensions = [evidence.shares(f"quality_{name}") for name in DIMENSIONS]
    audited = evidence.choice("quality_assessed_by", ASSESSORS) >= 0
    sure = mean_score([Known(item.values, np.asarray(item.known & audited, bool)) for item in dimensions], missing)
    stated = mean_score(dimensions, missing)
    middle = np.minimum(stated.value.central, np.where(audited, ONE, missing))
    return Score(Range(np.minimum(sure.value.low, middle), middle, stated.value.high), sure.known_weight)


def data_score(evidence: EvidenceColumns, quality: Score, parameters: DataParameters) -> Score:
    """Quality 40 %, scenes and paid contracts 30 %, scarcity 15 %, management maturity 15 % by default (DOMAIN 3.3)."""
    missing = share(parameters.common.missing_score)
    scenes = evidence.integers("application_scenes").over(parameters.full_scenes)
    contracts = evidence.integers("contracts").over(parameters.full_contracts)
    level = evidence.integers("dcmm_level")
    maturity = Known(ratio(level.values - 1, _DCMM_LEVELS - 1), level.known)
    return weighted_score(
        [
            (parameters.quality_weight, quality),
            (parameters.scenes_weight, mean_score([scenes, contracts], missing)),
            (parameters.scarcity_weight, mean_score([evidence.shares("scarcity")], missing)),
            (parameters.maturity_weight, mean_score([maturity], missing)),
        ]
    )
