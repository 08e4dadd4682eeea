"""What `assetlight train` prints for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from models.bundle import Bundle
from training.card import interval, skill_words
from training.labels import Labels
from training.publishing import Publication

NOT_IN_FORCE = {
    "zh": "模型包已写入，但未启用；--force 可强制启用。",
    "en": "The bundle is written but not in force: CURRENT is as it was. --force puts it in force all the same.",
}


def show(bundle: Bundle, labels: Labels, made: Publication) -> None:
    """Counts, figures beside the simple alternatives, verdicts, where the bundle is, and whether it is in force."""
    card = bundle.card
    data, measured = card["data"], card["out_of_fold"]
    console = Console(soft_wrap=True)
    console.print(
        f"{data['trained_on']} enterprises / 企业, {data['defaults']} defaults / 违约 ({data['default_rate']:.1%}), "
        f"as of {card['trained_as_of']}, origin {', '.join(data['origin'])}, {len(bundle.features)} features / 特征"
    )
    for count, words in (
        (data["without_records"], "labelled enterprises have no record known then / 有标签但当时无记录"),
        (data["without_label"], "enterprises with records have no label / 有记录但无标签"),
        (data["already_defaulted"], "were already in default / 时点前已违约"),
        (data["beyond_horizon"], "default later than the horizon, counted as good / 观察期后违约，按正常计"),
        (labels.without_flag, "label rows without a flag / 标签为空"),
    ):
        if count:
            console.print(f"  not used / 未使用: {count} {words}" if "good" not in words else f"  {count} {words}")
    for reason in dict.fromkeys(card["features_left_out"].values()):
        names = ", ".join(name for name, why in card["features_left_out"].items() if why == reason)
        console.print(f"  left out / 未用特征: {names} ({reason})")
    console.print(_figures_table(card, bundle.caution))
    for verdict in measured["verdict"]:
        console.print(f"  {verdict['zh']}\n  {verdict['en']}")
    slope = measured["calibration"]["model"]["slope"]
    sweep = card["monotonicity"]
    console.print(f"  calibration slope / 校准斜率 {interval(slope)}; trees / 树 {card['procedure']['trees']}")
    console.print(f"  monotone / 单调: {sweep['scores']:,} scores swept, {sweep['violations']} violations")
    grades = measured["grades"] or {}
    if grades:
        console.print("  grades / 等级: " + ", ".join(f"{grade} {number}" for grade, number in grades.items()))
    console.print(f"bundle / 模型包 {bundle.digest[:12]} → {made.directory}")
    show_skill(console, bundle, made)


def show_skill(console: Console, bundle: Bundle, made: Publication) -> None:
    """The alarm about a model without demonstrated skill; nothing about one that has shown some."""
    alarm = skill_words(bundle.card["skill"])
    if alarm:
        if made.exit_code:
            alarm.append(f"{NOT_IN_FORCE['zh']} {NOT_IN_FORCE['en']}")
        console.print(Panel("\n".join(alarm), border_style="bold red", expand=False), soft_wrap=False)


def _figures_table(card: Mapping[str, Any], caution: Mapping[str, str] | None) -> Table:
    measured, plan = card["out_of_fold"], card["procedure"]
    title = f"out of fold / 样本外, {plan['repeats']} x {plan['folds']}"
    if caution:
        title += f"\n{caution['zh']} / {caution['en']}"
    table = Table(title=title, title_justify="left")
    for heading in ("", "AUC [95 %]", "KS", "Brier [95 %]"):
        table.add_column(heading)
    for key, words in (
        ("model", "this model / 本模型"),
        ("logistic_regression", "logistic regression / 逻辑回归"),
        ("turnover_alone", "turnover alone / 仅净销售额"),
    ):
        brier = measured["brier"].get(key)
        table.add_row(
            words, interval(measured["auc"][key]), f"{measured['ks'][key]:.3f}", interval(brier) if brier else "-"
        )
    difference = measured["auc_difference"]
    table.add_row("model - logistic", interval(difference["model_minus_logistic_regression"]), "", "")
    table.add_row("model - turnover", interval(difference["model_minus_turnover_alone"]), "", "")
    return table
