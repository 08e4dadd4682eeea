"""The model card as Markdown: English with Chinese headings, the caution beside every table of figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from training.calibration.words import calibration_text
from training.skill import NO_SKILL

_RISK = {1: "↑", -1: "↓", 0: "·"}


def card_text(card: Mapping[str, Any]) -> str:
    """The whole text."""
    note = f"> **{card['caution']['zh']} / {card['caution']['en']}**\n\n" if card["caution"] else ""
    parts = [
        note + _summary(card),
        note + _figures(card),
        note + _reliability(card["figures"]),
        calibration_text(card["calibration"]),
        _features(card),
        _procedure(card),
        _audit(card),
        _words("使用限制 Limits of use", card["limits_of_use"]),
        _words("禁止用途 Prohibited use", card["prohibited_use"]),
    ]
    title = f"# 模型卡 Model card: {card['title']['zh']} {card['title']['en']}\n\n"
    return title + skill_warning(card["skill"]) + "".join(parts)


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


def signed_interval(estimate: Mapping[str, float]) -> str:
    """A difference as a person reads it."""
    return f"{estimate['value']:+.3f} [{estimate['low']:+.3f}, {estimate['high']:+.3f}]"


def counts_of(card: Mapping[str, Any]) -> list[str]:
    """What was not used, and why, one line each."""
    data = card["data"]
    words = (
        ("without_records", "labelled without records known then / 有标签但当时无记录"),
        ("without_label", "with records but no label / 有记录但无标签"),
        ("label_rows_without_flag", "label rows without a flag / 标签为空"),
        ("already_defaulted", "already in default on the day / 时点前已违约"),
        ("immature", "whose outcome is not known yet / 观察期未满"),
        ("beyond_horizon", "with a default later than the horizon, counted as good / 观察期后违约，按正常计"),
        ("without_outcome", "rows without an outcome / 结果为空"),
    )
    return [f"{data[key]:,} {text}" for key, text in words if data.get(key)]


def comparison_rows(measured: Mapping[str, Any]) -> list[tuple[str, str, str, str, str, str]]:
    """Who, AUC, KS, Brier, calibration slope, the champion minus it; the champion first."""
    rows = [_row(measured, measured["words"], "")]
    rows += [_row(line, line["words"], signed_interval(line["champion_minus_it"])) for line in measured["comparison"]]
    return rows


def _row(line: Mapping[str, Any], words: Mapping[str, str], minus: str) -> tuple[str, str, str, str, str, str]:
    return (
        f"{words['zh']} {words['en']}",
        interval(line["auc"]),
        interval(line["ks"]),
        interval(line["brier"]) if "brier" in line else "-",
        interval(line["calibration"]["slope"]) if "calibration" in line else "-",
        minus,
    )


def _summary(card: Mapping[str, Any]) -> str:
    data = card["data"]
    verdicts = [f"- {line['verdict'][language]}" for language in ("zh", "en") for line in card["figures"]["comparison"]]
    lines = [
        "## 概要 Summary",
        "",
        card["what_it_is"]["zh"],
        card["what_it_is"]["en"],
        "",
        f"- 训练时点 As of: {card['trained_as_of']}; assetlight {card['code_version']}",
        f"- 数据来源 Data origin: {', '.join(data['origin']) or 'unknown'}; 标签 labels: {data['label_origin']}"
        + (f", {data['horizon_months']} months" if data["horizon_months"] else ""),
        f"- 样本 Sample: {data['rows']:,} rows of {data['enterprises']:,} enterprises, {data['defaults']:,} defaults "
        f"({data['default_rate']:.2%}); learned from 学习 {data['rows_learned']:,}",
        *(f"- 未使用 Not used: {line}" for line in counts_of(card)),
        *_split(data["split"]),
        *verdicts,
        "",
    ]
    if "days" in data:
        lines += [
            "| 时点 As of | 借款企业 Borrowers | 已违约 Defaulted | 未满期 Immature | 行 Rows | 违约 Defaults |",
            "| --- | --- | --- | --- | --- | --- |",
            *(
                f"| {day['as_of']} | {day['borrowers']} | {day['already_defaulted']} | {day['immature']} "
                f"| {day['rows']} | {day['defaults']} |"
                for day in data["days"]
            ),
            "",
        ]
    return "\n".join([*lines, ""])


def _split(split: Mapping[str, Any]) -> list[str]:
    if "learned" not in split:
        return []
    return [
        f"- 学习 Learned: {_span(split['learned'])}; 隔离 embargoed: {_span(split['embargoed'])}; "
        f"检验 tested: {_span(split['tested'])}"
    ]


def _span(days: Sequence[str]) -> str:
    return f"{len(days)} days, {days[0]} to {days[-1]}" if days else "none"


def _figures(card: Mapping[str, Any]) -> str:
    measured = card["figures"]
    lines = [
        f"## 检验 Test: {measured['test_words']['zh']} {measured['test_words']['en']}",
        "",
        f"{measured['rows']:,} rows of {measured['enterprises']:,} enterprises, {measured['defaults']:,} defaults, "
        f"each scored {measured['repeats']} x by models that had not seen it.",
        "",
        "| | AUC [95 %] | KS | Brier | Calibration slope | Champion minus it, AUC |",
        "| --- | --- | --- | --- | --- | --- |",
        *(f"| {' | '.join(row)} |" for row in comparison_rows(measured)),
        "",
        f"Intervals: {measured['interval']}. Brier of the default rate alone: {measured['brier_of_the_rate_alone']}.",
        *(
            f"\n{item['words']['zh']} {item['words']['en']}: AUC {interval(item['auc'])}; with minus without "
            f"{signed_interval(item['with_minus_without'])}."
            for item in measured["without"]
        ),
    ]
    return "\n".join([*lines, "", ""])


def _reliability(measured: Mapping[str, Any]) -> str:
    line = measured["calibration"]
    lines = [
        "## 校准 Calibration",
        "",
        f"Slope {interval(line['slope'])}, intercept {interval(line['intercept'])} (ideal 1, 0); mean PD "
        f"{line['mean_pd']:.2%}, observed {line['observed_rate']['value']:.2%}.",
        "",
        "| 组 Group | 行 Rows | 平均PD Mean PD | 违约 Defaults | 实际 Observed [Jeffreys 95 %] |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {row['group']} | {row['rows']} | {row['mean_pd']:.2%} | {row['defaults']} | "
            f"{row['observed_rate']:.2%} [{row['observed_low']:.2%}, {row['observed_high']:.2%}] |"
            for row in measured["tenths"]
        ),
        "",
        "未接入不等于坏 Not connected is not bad: mean PD and observed rate with and without each feed.",
        "",
        "| 特征族 Family | 接入 Connected: rows, PD, observed | 未接入 Not connected: rows, PD, observed |",
        "| --- | --- | --- |",
        *(
            f"| {row['family']} | {_side(row['connected'])} | {_side(row['not_connected'])} |"
            for row in measured["by_feed"]
        ),
    ]
    return "\n".join([*lines, "", ""])


def _side(row: Mapping[str, Any]) -> str:
    return f"{row['rows']:,}, {row['mean_pd']:.2%}, {row['observed_rate']:.2%}" if row["rows"] else "none"


def _features(card: Mapping[str, Any]) -> str:
    lines = [
        "## 特征 Features",
        "",
        "Risk: ↑ a larger value raises it, ↓ lowers it (forced on the model), · free. A missing value is scored",
        "prudently where its feed is connected and neutrally where it is not.",
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
    return "\n".join([*lines, "", *left, "", ""])


def _procedure(card: Mapping[str, Any]) -> str:
    how, sweep = card["procedure"], card["monotonicity"]
    settings = ", ".join(f"{key} {value}" for key, value in how["settings"].items())
    return "\n".join(
        [
            "## 方法 Procedure",
            "",
            f"- Seed {how['seed']}; sign check, choices and calibration made anew inside each part of the test",
            f"- {settings}",
            *_search(how["search"]),
            f"- Chosen in each part: {'; '.join(_chosen(part) for part in how['settings_by_part'])}",
            f"- PD = expit({how['calibration_intercept']:.4f} + {how['calibration_slope']:.4f} x score)",
            f"- Monotonicity swept: {sweep['features_swept']} features x {sweep['rows']} rows, "
            f"{sweep['scores']:,} scores, {sweep['violations']} violations",
            "",
            "",
        ]
    )


def _search(record: Mapping[str, Any] | None) -> list[str]:
    if record is None:
        return []
    depths = "; ".join(
        f"depth {line['depth']}: {line['above_best']:+.5f} (one standard error {line['one_standard_error']:.5f})"
        for line in record["depths"]
    )
    return [
        f"- 参数搜索 Search: {record['trials']} trials (this number and the seed fix the digest), "
        f"{record['judged_on']}; {record['rule']}: depth {record['chosen']['depth']}",
        f"- 深度的代价 What depth costs, log-loss above the best: {depths}",
    ]


def _chosen(part: Mapping[str, Any]) -> str:
    return " ".join(f"{key} {value}" for key, value in part.items()) or "nothing"


def _audit(card: Mapping[str, Any]) -> str:
    lines = ["## 泄漏审计 Leakage audit", ""]
    lines += [
        f"- {_passed(row)} `{row['check']}`" + (f": {row['zh']} / {row['en']} ({row['found']})" if row["found"] else "")
        for row in card["leakage_audit"]
    ]
    return "\n".join([*lines, "", ""])


def _passed(row: Mapping[str, Any]) -> str:
    return "通过 passed" if row["passed"] else "未通过 FAILED" if row["blocking"] else "注意 noted"


def _words(title: str, entries: Sequence[Mapping[str, str]]) -> str:
    return f"## {title}\n\n" + "".join(f"- {entry['zh']} {entry['en']}\n" for entry in entries) + "\n"
