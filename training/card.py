"""The model card as JSON values: what the model is, what it was made from, how good it is, what it must not be for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models import __version__
from models.bundle import Bundle
from training.calibrated import CalibratedModel
from training.challengers.points_table import PointsRow, as_records
from training.gathered import Gathered
from training.leakage import Finding
from training.learner import Publishable
from training.plan import Plan
from training.sample import Sample, Words
from training.skill import NO_SKILL, skill
from training.split import Split

FEW_DEFAULTS = 50
AGAINST_ITS_SIGN = "本样本中与已知风险方向相反 / in this sample it points against its known direction of risk"
TESTS: Mapping[str, Words] = {
    "out_of_time_and_entity": {
        "zh": "时间外且企业外：在较晚时点、其他企业上检验",
        "en": "out of time and out of entity: tested on later days of other enterprises",
    },
    "out_of_time": {
        "zh": "时间外：在较晚时点检验，企业可能相同",
        "en": "out of time: tested on later days; entities may be the same",
    },
    "out_of_fold": {
        "zh": "样本外：交叉验证，同一时点的其他企业",
        "en": "out of fold: cross-validation, other enterprises of the same time",
    },
}
PROHIBITED: tuple[Words, ...] = (
    {
        "zh": "不得用于自然人授信；不得作为拒绝授信的唯一理由。",
        "en": "Not for credit to natural persons; never the only reason to decline.",
    },
    {
        "zh": "不得用于训练数据以外的客群而不重新验证。",
        "en": "Not for a population other than the training data's without validating it again.",
    },
    {
        "zh": "信誉评级与企业代号不得作为特征。",
        "en": "A rating or an enterprise code must never be a feature.",
    },
)


def card_of(  # noqa: PLR0913  (one section of the card each)
    bundle: Bundle,
    *,
    gathered: Gathered,
    learned: Sample,
    split: Split,
    model: CalibratedModel,
    measured: Mapping[str, Any],
    settings_by_part: Sequence[Mapping[str, Any]],
    findings: Sequence[Finding],
    sweep: Mapping[str, int],
    plan: Plan,
    calibration: Mapping[str, Any],
    points: Sequence[PointsRow] = (),
    searched: Mapping[str, Any] | None = None,
    rejected: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The card as JSON values. No clock and no path in it: the same training gives the same card."""
    sample = gathered.sample
    shown = skill(measured["auc"], measured["calibration"]["slope"], measured["grades"])
    kept = [sample.names.index(name) for name in bundle.features]
    against = [name for name in sample.names if name not in bundle.features]
    return {
        "title": dict(gathered.title),
        "code_version": __version__,
        "caution": dict(bundle.caution) if bundle.caution else None,
        "what_it_is": {
            "zh": f"{measured['words']['zh']}，在对数几率上做样本外校准；分数可精确分解到每个特征。",
            "en": f"{measured['words']['en']}, calibrated out of sample on the log-odds; the score splits exactly into "
            "one contribution per feature.",
        },
        "source": gathered.source,
        "trained_as_of": bundle.trained_as_of.isoformat(),
        "data": {
            "origin": list(sample.data_origin),
            "label_origin": sample.label_origin,
            "horizon_months": sample.horizon_months,
            "sample_sha256": sample.sha256,
            "rows": len(sample),
            "enterprises": len(np.unique(sample.entity)),
            "defaults": int(sample.outcome.sum()),
            "default_rate": round(float(sample.outcome.mean()), 6),
            "rows_learned": len(learned),
            "defaults_learned": int(learned.outcome.sum()),
            "weighted": sample.weighted,
            **({"reject_inference": dict(rejected)} if rejected else {}),
            **gathered.facts,
            "split": {
                "test": split.name,
                **(split.days.as_dict() if split.days else {"repeats": split.repeats, "parts": len(split.parts)}),
            },
        },
        "features": _features(bundle, sample, kept, model),
        "features_left_out": {**sample.left_out, **dict.fromkeys(against, AGAINST_ITS_SIGN)},
        "procedure": {
            **plan.as_dict(),
            "champion": measured["champion"],
            "trials": searched["trials"] if searched else 0,
            "search": dict(searched) if searched else None,
            "settings": _without_constraints(model.fitted.settings),
            "settings_by_part": [_what_was_chosen(settings) for settings in settings_by_part],
            "calibration_intercept": bundle.calibration.intercept,
            "calibration_slope": bundle.calibration.slope,
            "prior_shift": bundle.calibration.prior_shift,
        },
        "calibration": dict(calibration),
        "populations": [each.as_dict() for each in bundle.populations],
        **({"scorecard": as_records(points)} if points else {}),
        "figures": {"test": split.name, "test_words": dict(TESTS[split.name]), **measured},
        "skill": shown,
        "leakage_audit": [finding.as_dict() for finding in findings],
        "monotonicity": dict(sweep),
        "limits_of_use": [
            *([dict(NO_SKILL)] if not shown["demonstrated"] else []),
            *([{"zh": rejected["zh"], "en": rejected["en"]}] if rejected else []),
            *_limits(gathered, split),
        ],
        "prohibited_use": [dict(words) for words in PROHIBITED],
        **({"own_columns": dict(gathered.own_columns)} if gathered.own_columns else {}),
    }


def _features(bundle: Bundle, sample: Sample, kept: Sequence[int], model: CalibratedModel) -> list[dict[str, Any]]:
    gains = model.fitted.gains if isinstance(model.fitted, Publishable) else np.zeros(len(kept))
    return [
        {
            "name": name,
            **sample.words[column],
            "family": sample.families[column],
            "unit": sample.units[column],
            "kind": sample.kinds[column],
            "direction": sample.directions[column],
            "feed": bundle.feeds[place],
            "missing_as": bundle.missing_as[place],
            "absent_as": bundle.absent_as[place],
            "gain_share": round(float(gains[place]), 4),
        }
        for place, (name, column) in enumerate(zip(bundle.features, kept, strict=True))
    ]


def _without_constraints(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key != "monotone_constraints"}


def _what_was_chosen(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Of the fit to one part, what it chose by itself."""
    return {key: settings[key] for key in ("trees", "max_depth", "min_data_in_leaf") if key in settings}


def _limits(gathered: Gathered, split: Split) -> list[dict[str, str]]:
    sample = gathered.sample
    defaults = int(sample.outcome.sum())
    limits: list[dict[str, str]] = []
    if defaults < FEW_DEFAULTS:
        limits.append(
            {
                "zh": f"仅 {len(sample)} 行、{defaults} 个违约：AUC 差异小于约 0.05 属于噪声。",
                "en": f"Only {len(sample)} rows and {defaults} defaults: intervals are wide, and AUC differences below "
                "about 0.05 are noise.",
            }
        )
    limits += [dict(words) for words in gathered.limits]
    if split.days is None:
        limits.append(
            {
                "zh": "没有时间外样本检验；概率按样本违约率校准，除非设置了长期违约率。",
                "en": "No out-of-time test; probabilities are at the sample's default rate unless a tendency is set.",
            }
        )
    if not split.out_of_entity:
        limits.append(
            {
                "zh": "检验行与学习行含有相同企业：对新客户的表现未经检验。",
                "en": "Tested rows belong to entities that were learned from: nothing is known of new customers.",
            }
        )
    return limits
