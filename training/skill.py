"""Whether a model has shown any skill on enterprises it had not seen, and what is said where it has not.

The rule is prudent and has no threshold to tune: an interval that holds the value of a worthless model is no evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from models.grades import GRADES, PERFORMING, grade_index
from models.policy import Policy
from training.discrimination import Scores

NO_SKILL = {
    "zh": "未显示出区分能力：请勿使用本模型",
    "en": "NO DEMONSTRATED SKILL: do not use this model",
}
COIN = 0.5  # the AUC of tossing a coin


def skill(
    area: Mapping[str, float], slope: Mapping[str, float], grades: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """`demonstrated`, and the reasons (`zh`, `en`) why not.

    `area`, `slope`: AUC and calibration slope on enterprises that the model had not seen, with `value`, `low`, `high`.
    `grades`: number of enterprises by grade, where it is known.
    """
    reasons: list[dict[str, str]] = []
    if area["low"] <= COIN:
        numbers = f"{area['value']:.3f} [{area['low']:.3f}, {area['high']:.3f}]"
        reasons.append(
            {
                "zh": f"样本外AUC区间 {numbers} 未高于0.5：排序与抛硬币无异。",
                "en": f"The out-of-fold AUC {numbers} is not above 0.5: it may order no better than a coin.",
            }
        )
    if slope["low"] <= 0:
        numbers = f"{slope['value']:.3f} [{slope['low']:.3f}, {slope['high']:.3f}]"
        reasons.append(
            {
                "zh": f"校准斜率区间 {numbers} 未高于0：违约概率高低可能与实际违约无关。",
                "en": f"The calibration slope {numbers} is not above 0: a higher PD may mean nothing.",
            }
        )
    if grades is not None and len(grades) == 1:
        only = next(iter(grades))
        reasons.append(
            {
                "zh": f"所有企业样本外均落入同一等级 {only}：等级不区分任何企业。",
                "en": f"Every enterprise falls into one grade, {only}, out of fold: the grades tell nobody apart.",
            }
        )
    return {"demonstrated": not reasons, "reasons": reasons}


def grades_of(log_odds: Scores, policy: Policy) -> dict[str, int]:
    """Enterprises by grade of their out-of-fold PD (mean over repeats) on the master scale of a policy."""
    probability: NDArray[np.float64] = expit(log_odds).mean(axis=0)
    bounds = [float(bound) for bound in policy.fractions_by_grade("grading.upper_pd")[: len(PERFORMING)]]
    number = np.bincount(grade_index(probability, bounds), minlength=len(GRADES))
    return {name: int(count) for name, count in zip(GRADES, number, strict=True) if count}
