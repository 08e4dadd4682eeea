"""The model card: what the model is, what it was made from, how good it is, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from models import __version__
from models.bundle import Bundle
from training.dataset import TURNOVER, TrainingSet
from training.fit import ROUNDS, FittedModel
from training.labels import Labels
from training.skill import NO_SKILL, skill

FEW_DEFAULTS = 50
AGAINST_ITS_SIGN = "本样本中与已知风险方向相反 / in this sample it points against its known direction of risk"
_RISK = {1: "↑", -1: "↓", 0: "·"}


def card_of(
    bundle: Bundle,
    *,
    data: TrainingSet,
    labels: Labels,
    model: FittedModel,
    measured: Mapping[str, Any],
    rounds_by_fold: Sequence[int],
    sweep: Mapping[str, int],
    plan: Mapping[str, Any],
) -> dict[str, Any]:
    """The card as JSON values. No clock and no path in it: the same training gives the same card."""
    shown = skill(measured["auc"]["model"], measured["calibration"]["model"]["slope"], measured.get("grades"))
    gains = model.booster.feature_importance("gain")
    share = gains / gains.sum()
    kept = [data.features[column] for column in model.kept]
    against = [feature.name for feature in data.features if feature not in kept]
    return {
        "title": {"zh": "中小企业违约概率模型", "en": "Default probability of small enterprises"},
        "code_version": __version__,
        "caution": dict(bundle.caution) if bundle.caution else None,
        "what_it_is": {
            "zh": "浅层单调提升树（LightGBM），在对数几率上做样本外校准；分数可精确分解到每个特征。",
            "en": "Shallow monotone boosted trees (LightGBM), calibrated out of fold on the log-odds; the score splits "
            "exactly into one contribution per feature.",
        },
        "trained_as_of": data.as_of.isoformat(),
        "data": {
            "origin": list(data.data_origin),
            "label_origin": data.label_origin,
            "label_file_sha256": labels.sha256,
            "training_rows_sha256": data.sha256,
            "label_columns_ignored": list(labels.ignored_columns),
            "default_dates": data.dated_labels,
            "horizon_months": data.horizon_months if data.dated_labels else None,
            **asdict(data.counts),
            "label_rows_without_flag": labels.without_flag,
            "default_rate": round(data.default_rate, 6),
        },
        "features": [
            {
                "name": feature.name,
                "zh": feature.zh,
                "en": feature.en,
                "unit": feature.unit,
                "direction": feature.direction,
                "feed": feed,
                "missing_as": fill,
                "absent_as": absent,
                "gain_share": round(float(part), 4),
            }
            for feature, feed, fill, absent, part in zip(
                kept, bundle.feeds, bundle.missing_as, bundle.absent_as, share, strict=True
            )
        ],
        "features_left_out": {**data.left_out, **dict.fromkeys(against, AGAINST_ITS_SIGN)},
        "procedure": {
            **plan,
            "trees": model.rounds,
            "trees_chosen_among": list(ROUNDS),
            "trees_chosen_by_fold": list(rounds_by_fold),
            "lightgbm": {key: value for key, value in model.settings.items() if key != "monotone_constraints"},
            "calibration_intercept": bundle.calibration.intercept,
            "calibration_slope": bundle.calibration.slope,
            "prior_shift": bundle.calibration.prior_shift,
        },
        "out_of_fold": dict(measured),
        "skill": shown,
        "monotonicity": dict(sweep),
        "limits_of_use": [*([NO_SKILL] if not shown["demonstrated"] else []), *_limits(data)],
        "prohibited_use": [
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
        ],
    }


def _limits(data: TrainingSet) -> list[dict[str, str]]:
    counts = data.counts
    limits = []
    if counts.defaults < FEW_DEFAULTS:
        limits.append(
            {
                "zh": f"仅 {counts.trained_on} 家企业、{counts.defaults} 个违约：AUC 差异小于约 0.05 属于噪声。",
                "en": f"Only {counts.trained_on} enterprises and {counts.defaults} defaults: intervals are wide, and "
                "AUC differences below about 0.05 are noise.",
            }
        )
    if not data.dated_labels:
        limits.append(
            {
                "zh": "标签没有违约日期：特征可能包含违约之后的信息，样本外指标可能偏乐观。",
                "en": "The labels have no default date: features may look past the default, so even out-of-fold "
                "figures may flatter.",
            }
        )
    limits.append(
        {
            "zh": "没有时间外样本检验；概率按样本违约率校准，除非设置了长期违约率。",
            "en": "No out-of-time test; probabilities are at the sample's default rate unless a tendency is set.",
        }
    )
    return limits


def card_text(card: Mapping[str, Any]) -> str:
    """The card as Markdown, English with Chinese headings."""
    parts = [
        _summary(card),
        _figures(card["out_of_fold"]),
        _reliability(card["out_of_fold"]),
        _features(card),
        _procedure(card),
        _words("使用限制 Limits of use", card["limits_of_use"]),
        _words("禁止用途 Prohibited use", card["prohibited_use"]),
    ]
    warning = skill_warning(card["skill"])
    note = f"> **{card['caution']['zh']} / {card['caution']['en']}**\n\n" if card["caution"] else ""
    # The caution stands beside every table of figures, not only on top.
    return (
        f"# 模型卡 Model card: {card['title']['zh']} {card['title']['en']}\n\n"
        + warning
        + "".join((note if position < 3 else "") + part for position, part in enumerate(parts))
    )


def skill_words(shown: Mapping[str, Any]) -> list[str]:
    """What stands on top of a model without demonstrated skill, one line each; nothing for one that has shown some."""
    if shown["demonstrated"]:
        return []
    return [
        f"{NO_SKILL['zh']} / {NO_SKILL['en']}",
        *(f"{reason['zh']} {reason['en']}" for reason in shown["reasons"]),
    ]


def skill_warning(shown: Mapping[str, Any]) -> str:
    """The same as a block on top of the card's text."""
    lines = skill_words(shown)
    return "".join(f"> **{line}**\n>\n" for line in lines) + "\n" if lines else ""


def interval(estimate: Mapping[str, float]) -> str:
    """An estimate as a person reads it.

    >>> interval({"value": 0.87, "low": 0.8, "high": 0.93})
    '0.870 [0.800, 0.930]'
    """
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"


def _summary(card: Mapping[str, Any]) -> str:
    data = card["data"]
    verdicts = [f"- {part[language]}" for language in ("zh", "en") for part in card["out_of_fold"]["verdict"]]
    return "\n".join(
        [
            "## 概要 Summary",
            "",
            card["what_it_is"]["zh"],
            card["what_it_is"]["en"],
            "",
            f"- 训练时点 As of: {card['trained_as_of']}; assetlight {card['code_version']}",
            f"- 数据来源 Data origin: {', '.join(data['origin']) or 'unknown'}; 标签 labels: {data['label_origin']}",
            f"- 样本 Sample: {data['trained_on']} enterprises, {data['defaults']} defaults "
            f"({data['default_rate']:.1%})",
            f"- 未使用 Not used: {data['without_records']} labelled without records known then, "
            f"{data['without_label']} with records but no label, {data['already_defaulted']} already in default",
            *verdicts,
            "",
            "",
        ]
    )


def _figures(measured: Mapping[str, Any]) -> str:
    names = (
        ("model", "本模型 this model"),
        ("logistic_regression", "逻辑回归 logistic regression, same features"),
        ("turnover_alone", f"仅净销售额 turnover alone ({TURNOVER})"),
    )
    lines = [
        "## 样本外区分能力 Discrimination, out of fold",
        "",
        "| | AUC [95 %] | KS | Brier [95 %] |",
        "| --- | --- | --- | --- |",
    ]
    for key, words in names:
        brier = measured["brier"].get(key)
        score = interval(brier) if brier else "not a probability"
        lines.append(f"| {words} | {interval(measured['auc'][key])} | {measured['ks'][key]:.3f} | {score} |")
    differences = measured["auc_difference"]
    return "\n".join(
        [
            *lines,
            "",
            f"AUC 差 difference: model - logistic {interval(differences['model_minus_logistic_regression'])}; "
            f"model - turnover {interval(differences['model_minus_turnover_alone'])}. "
            f"Brier of the default rate alone: {measured['brier']['default_rate_alone']:.3f}.",
            f"Intervals: {measured['interval']}.",
            "",
            "",
        ]
    )


def _reliability(measured: Mapping[str, Any]) -> str:
    line = measured["calibration"]["model"]
    lines = [
        "## 样本外校准 Calibration, out of fold",
        "",
        f"Slope {interval(line['slope'])}, intercept {line['intercept']:+.3f}, "
        f"intercept at slope 1 {line['intercept_at_slope_1']:+.3f} (ideal 1, 0, 0).",
        "",
        "| 组 Group | 企业 Enterprises | 平均PD Mean PD | 违约 Defaults | 实际 Observed [Jeffreys 95 %] |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row['group']} | {row['enterprises']} | {row['mean_pd']:.1%} | {row['defaults']} | "
        f"{row['observed_rate']:.1%} [{row['observed_low']:.1%}, {row['observed_high']:.1%}] |"
        for row in measured["calibration"]["table"]
    ]
    return "\n".join([*lines, "", ""]) + "\n"


def _features(card: Mapping[str, Any]) -> str:
    lines = [
        "## 特征 Features",
        "",
        "Risk: ↑ a larger value raises it, ↓ lowers it (forced on the trees), · free.",
        "",
        "A missing value is scored prudently where its feed is connected and neutrally where it is not.",
        "",
        "| Feature | 中文 | Risk | Gain | Missing scored as | Feed not connected: as |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{entry['name']}` | {entry['zh']} | {_RISK[entry['direction']]} | {entry['gain_share']:.1%} | "
        f"{entry['missing_as']:.6g} | {entry['absent_as']:.6g} |"
        for entry in sorted(card["features"], key=lambda each: -each["gain_share"])
    ]
    left = [f"- left out `{name}`: {reason}" for name, reason in card["features_left_out"].items()]
    return "\n".join([*lines, "", *left, ""]) + "\n"


def _procedure(card: Mapping[str, Any]) -> str:
    how, sweep = card["procedure"], card["monotonicity"]
    tendency = how["central_tendency"]
    return "\n".join(
        [
            "## 方法 Procedure",
            "",
            f"- {how['repeats']} x {how['folds']} stratified folds, seed {how['seed']}; number of trees "
            f"({how['trees']}, among {how['trees_chosen_among']}), sign check and calibration inside each part",
            f"- PD = expit({how['calibration_intercept']:.4f} + {how['calibration_slope']:.4f} x score); "
            "central tendency "
            + (f"{tendency:.4%} (shift {how['prior_shift']:+.4f})" if tendency is not None else "not set"),
            f"- Monotonicity swept: {sweep['features_swept']} features x {sweep['rows']} enterprises, "
            f"{sweep['scores']:,} scores, {sweep['violations']} violations",
            "",
            "",
        ]
    )


def _words(title: str, entries: Sequence[Mapping[str, str]]) -> str:
    return f"## {title}\n\n" + "".join(f"- {entry['zh']} {entry['en']}\n" for entry in entries) + "\n"
