"""The card of a model that was learned from a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from models import __version__
from models.bundle import Bundle
from training.card import AGAINST_ITS_SIGN, interval, skill_warning
from training.fit import FittedModel
from training.panel.fit import ROUNDS
from training.panel.leakage import Finding
from training.panel.panel import Panel
from training.skill import skill
from training.split import TimeSplit

_RISK = {1: "↑", -1: "↓", 0: "·"}


def card_of(
    bundle: Bundle,
    *,
    panel: Panel,
    split: TimeSplit,
    model: FittedModel,
    measured: Mapping[str, Any],
    findings: Sequence[Finding],
    sweep: Mapping[str, int],
    plan: Mapping[str, Any],
) -> dict[str, Any]:
    """The card as JSON values. No clock and no path in it: the same training gives the same card."""
    gains = model.booster.feature_importance("gain")
    kept = [panel.features[column] for column in model.kept]
    against = {feature.name: AGAINST_ITS_SIGN for feature in panel.features if feature not in kept}
    return {
        "title": {"zh": "中小企业违约概率模型（面板）", "en": "Default probability of small enterprises, from a panel"},
        "code_version": __version__,
        "caution": dict(bundle.caution) if bundle.caution else None,
        "trained_as_of": bundle.trained_as_of.isoformat(),
        "data": {
            "origin": list(panel.data_origin),
            "label": bundle.label_origin,
            "horizon_months": panel.horizon_months,
            "last_day_known": panel.last_day_known.isoformat(),
            "panel_sha256": panel.sha256,
            "rows": len(panel),
            "defaults": int(panel.outcome.sum()),
            "default_causes": panel.causes,
            "days": [{**asdict(count), "as_of": count.as_of.isoformat()} for count in panel.counts],
            "already_defaulted": sum(count.already_defaulted for count in panel.counts),
            "immature": sum(count.immature for count in panel.counts),
            "split": split.as_dict(),
        },
        "features": [
            {
                "name": feature.name,
                "zh": feature.zh,
                "en": feature.en,
                "family": feature.family,
                "unit": feature.unit,
                "direction": feature.direction,
                "feed": feed,
                "missing_as": fill,
                "absent_as": absent,
                "gain_share": round(float(part), 4),
            }
            for feature, feed, fill, absent, part in zip(
                kept, bundle.feeds, bundle.missing_as, bundle.absent_as, gains / gains.sum(), strict=True
            )
        ],
        "features_left_out": {**panel.left_out, **against},
        "procedure": {
            **plan,
            "trees": model.rounds,
            "trees_chosen_among": list(ROUNDS),
            "lightgbm": {key: value for key, value in model.settings.items() if key != "monotone_constraints"},
            "calibration_intercept": bundle.calibration.intercept,
            "calibration_slope": bundle.calibration.slope,
            "prior_shift": bundle.calibration.prior_shift,
        },
        "out_of_time_and_entity": dict(measured),
        "skill": skill(measured["auc"], measured["calibration"]["slope"]),
        "leakage_audit": [finding.as_dict() for finding in findings],
        "monotonicity": dict(sweep),
        "prohibited_use": [
            {
                "zh": "不得用于自然人授信；不得作为拒绝授信的唯一理由。",
                "en": "Not for credit to natural persons; never the only reason to decline.",
            },
        ],
    }


def card_text(card: Mapping[str, Any]) -> str:
    """The card as Markdown, English with Chinese headings."""
    note = f"> **{card['caution']['zh']} / {card['caution']['en']}**\n\n" if card["caution"] else ""
    warning = skill_warning(card["skill"])
    parts = [_data(card), note + _figures(card), note + _tables(card), _features(card), _audit(card)]
    return f"# 模型卡 Model card: {card['title']['zh']} {card['title']['en']}\n\n{warning}{note}" + "\n".join(parts)


def _data(card: Mapping[str, Any]) -> str:
    data = card["data"]
    split = data["split"]
    lines = [
        "## 数据 Data",
        "",
        f"- 来源 Origin: {', '.join(data['origin'])}; 标签 label: {data['label']}, {data['horizon_months']} months, "
        f"known to {data['last_day_known']}",
        f"- 学习 Learned: {_span(split['learned'])}; 隔离 embargoed: {_span(split['embargoed'])}; "
        f"检验 tested: {_span(split['tested'])}",
        f"- 时点前已违约 Already defaulted: {data['already_defaulted']:,}; 观察期未满 immature: {data['immature']:,}",
        "",
        "| 时点 As of | 借款企业 Borrowers | 已违约 Defaulted | 未满期 Immature | 行 Rows | 违约 Defaults |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {day['as_of']} | {day['borrowers']} | {day['already_defaulted']} | {day['immature']} | {day['rows']} | "
        f"{day['defaults']} |"
        for day in data["days"]
    ]
    return "\n".join([*lines, "", ""])


def _figures(card: Mapping[str, Any]) -> str:
    measured = card["out_of_time_and_entity"]
    line = measured["calibration"]
    lines = [
        "## 时间外与企业外检验 Out of time and out of entity",
        "",
        f"{measured['rows']:,} rows of {measured['enterprises']:,} enterprises, {measured['defaults']} defaults. "
        f"Intervals: {measured['interval']}.",
        "",
        "| AUC | Gini | KS | Brier (rate alone) | Calibration slope | Intercept | Mean PD | Observed |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        f"| {interval(measured['auc'])} | {interval(measured['gini'])} | {interval(measured['ks'])} "
        f"| {interval(measured['brier'])} ({measured['brier_of_the_rate_alone']:.3f}) | {interval(line['slope'])} "
        f"| {interval(line['intercept'])} | {line['mean_pd']:.2%} | {line['observed_rate']['value']:.2%} |",
        "",
    ]
    if "turnover_alone" in measured:
        beside = measured["turnover_alone"]
        lines += [
            f"Turnover alone: AUC {interval(beside['auc'])}; difference {interval(beside['model_minus_turnover'])}."
        ]
    if "without_label_kinds" in measured:
        beside = measured["without_label_kinds"]
        lines += [
            f"Without {', '.join(beside['families_left_out'])}, which read the kinds that labels come from: AUC "
            f"{interval(beside['auc'])}; with minus without {interval(beside['with_minus_without'])}."
        ]
    return "\n".join([*lines, "", ""])


def _tables(card: Mapping[str, Any]) -> str:
    measured = card["out_of_time_and_entity"]
    lines = [
        "## 校准 Calibration",
        "",
        "| 组 Group | 行 Rows | 平均PD Mean PD | 违约 Defaults | 实际 Observed [Jeffreys 95 %] |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row['group']} | {row['rows']} | {row['mean_pd']:.2%} | {row['defaults']} | {row['observed_rate']:.2%} "
        f"[{row['observed_low']:.2%}, {row['observed_high']:.2%}] |"
        for row in measured["tenths"]
    ]
    lines += [
        "",
        "未接入不等于坏 Not connected is not bad: mean PD and observed rate with and without each feed.",
        "",
        "| 特征族 Family | 接入 Connected: rows, PD, observed | 未接入 Not connected: rows, PD, observed |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| {row['family']} | {_side(row['connected'])} | {_side(row['not_connected'])} |"
        for row in measured["by_feed"]
    ]
    return "\n".join([*lines, "", ""])


def _features(card: Mapping[str, Any]) -> str:
    lines = [
        "## 特征 Features",
        "",
        "Risk: ↑ a larger value raises it, ↓ lowers it (forced on the trees). A value missing in a connected feed is",
        "scored at the third, one whose feed is not connected at the last column.",
        "",
        "| Feature | 中文 | Risk | Gain | Missing as | Not connected as |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{entry['name']}` | {entry['zh']} | {_RISK[entry['direction']]} | {entry['gain_share']:.1%} | "
        f"{entry['missing_as']:.6g} | {entry['absent_as']:.6g} |"
        for entry in sorted(card["features"], key=lambda each: -each["gain_share"])
    ]
    left = [f"- left out `{name}`: {reason}" for name, reason in card["features_left_out"].items()]
    return "\n".join([*lines, "", *left, "", ""])


def _audit(card: Mapping[str, Any]) -> str:
    lines = ["## 泄漏审计 Leakage audit", ""]
    lines += [
        f"- {'通过 passed' if row['passed'] else '未通过 FAILED'} `{row['check']}`"
        + (f": {row['zh']} / {row['en']} ({row['found']})" if row["found"] else "")
        for row in card["leakage_audit"]
    ]
    sweep, how = card["monotonicity"], card["procedure"]
    lines += [
        "",
        f"Trees {how['trees']} (by fold {card['out_of_time_and_entity']['trees_by_fold']}), seed {how['seed']}; "
        f"monotonicity swept: {sweep['features_swept']} features, {sweep['scores']:,} scores, "
        f"{sweep['violations']} violations.",
    ]
    return "\n".join([*lines, ""])


def _span(days: Sequence[str]) -> str:
    return f"{len(days)} days, {days[0]} to {days[-1]}" if days else "none"


def _side(row: Mapping[str, Any]) -> str:
    return f"{row['rows']:,}, {row['mean_pd']:.2%}, {row['observed_rate']:.2%}" if row["rows"] else "none"
