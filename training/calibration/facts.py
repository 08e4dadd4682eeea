"""What a validation is told of a calibration, from the card that the bundle carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scipy.special import logit

from training.calibration.applied import SAMPLE, YEARS
from training.validation.evidence import CalibrationFacts


def calibration_facts(section: Mapping[str, Any]) -> CalibrationFacts:
    """The facts of a card's section `calibration`. Margins in log-odds, each on top of the ones before it.

    So they add up to the log-odds of the central tendency less those of the long-run average. Only grades with few
    defaults are listed, each with the bound of its pool.
    """
    tendency = section["central_tendency"]
    found, margin = tendency["long_run"], {}
    if found is not None:
        reached = found["long_run_average"]
        for each in found["margins"]:
            margin[each["category"]] = float(logit(reached + each["rate"]) - logit(reached))
            reached += each["rate"]
    words = [*(found["deficits"] if found else ()), _basis(tendency)]
    return CalibrationFacts(
        central_tendency=tendency["rate"],
        margin=margin,
        sample_rate=section["sample_rate"],
        low_default=tuple(
            {
                "grade": line["grade"],
                "obligors": line["pooled_obligors"],
                "defaults": line["pooled_defaults"],
                "pd": line["upper_pd"],
                "confidence": section["low_default_confidence"],
            }
            for line in section["grades"] or ()
            if line["few_defaults"] and line["upper_pd"] is not None
        ),
        zh=" ".join(each["zh"] for each in words),
        en=" ".join(each["en"] for each in words),
    )


def _basis(tendency: Mapping[str, Any]) -> dict[str, str]:
    if tendency["how"] == YEARS:
        found = tendency["long_run"]
        return {
            "zh": f"长期平均违约率 {found['long_run_average']:.3%}，{len(found['years'])} 年，每年一个群组。",
            "en": f"Long-run average {found['long_run_average']:.3%} over {len(found['years'])} years, one each.",
        }
    if tendency["how"] == SAMPLE:
        return {"zh": "未移动：停留在样本违约率。", "en": "Not moved: at the default rate of the sample."}
    return {"zh": "中心趋势由人工给定。", "en": "The central tendency was given by hand."}
