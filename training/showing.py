"""What `assetlight train` prints for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from models.bundle import Bundle
from training.card_text import comparison_rows, counts_of, interval, signed_interval, skill_words
from training.publishing import Publication

ROOMY = 140  # columns of the terminal from which on names fit beside the figures

NOT_IN_FORCE = {
    "zh": "模型包已写入，但未启用；--force 可强制启用。",
    "en": "The bundle is written but not in force: CURRENT is as it was. --force puts it in force all the same.",
}

GOVERNED = {
    "zh": "模型包为候选：是否启用由模型登记决定。",
    "en": "The bundle is a candidate: the registry decides what is in force.",
}


def show(bundle: Bundle, made: Publication) -> None:
    """Counts, figures beside the simple alternatives, verdicts, where the bundle is, and whether it is in force."""
    card = bundle.card
    data, measured = card["data"], card["figures"]
    console = Console(soft_wrap=True)
    console.print(
        f"{data['rows']:,} rows / 行, {data['enterprises']:,} enterprises / 企业, {data['defaults']:,} defaults / 违约 "
        f"({data['default_rate']:.2%}), as of {card['trained_as_of']}, origin {', '.join(data['origin'])}, "
        f"{len(bundle.features)} features / 特征"
    )
    split = data["split"]
    if "learned" in split:
        console.print(
            f"  learned / 学习 {split['learned'][0]} … {split['learned'][-1]}, tested / 检验 {split['tested'][0]} … "
            f"{split['tested'][-1]}"
        )
    for line in counts_of(card):
        console.print(f"  not used / 未使用: {line}" if "counted as good" not in line else f"  {line}")
    for reason in dict.fromkeys(card["features_left_out"].values()):
        names = ", ".join(name for name, why in card["features_left_out"].items() if why == reason)
        console.print(f"  left out / 未用特征: {names} ({reason})")
    show_comparison(console, measured, bundle.caution)
    for line in measured["comparison"]:
        console.print(f"  {line['verdict']['zh']}\n  {line['verdict']['en']}")
    for item in measured["without"]:
        console.print(
            f"  {item['words']['zh']} {item['words']['en']}: AUC {interval(item['auc'])}, with minus without / 差 "
            f"{signed_interval(item['with_minus_without'])}"
        )
    if inferred := data.get("reject_inference"):
        counted = f"{inferred['counted_as_defaults']:,}/{inferred['rows']:,}"
        console.print(f"  {inferred['zh']}\n  {inferred['en']} {counted} counted as defaults / 计为违约")
    line = measured["calibration"]
    console.print(f"  PD {line['mean_pd']:.2%}, observed / 实际 {line['observed_rate']['value']:.2%}")
    sweep = card["monotonicity"]
    console.print(f"  monotone / 单调: {sweep['scores']:,} scores swept, {sweep['violations']} violations")
    passed = sum(row["passed"] for row in card["leakage_audit"])
    console.print(f"  leakage audit / 泄漏审计: {passed} checks passed / 项通过")
    for row in card["leakage_audit"]:
        if not row["passed"]:
            console.print(f"  [bold]noted / 注意: {row['zh']} / {row['en']} ({row['found']})[/]")
    grades = measured["grades"] or {}
    if grades:
        console.print("  grades / 等级: " + ", ".join(f"{grade} {number}" for grade, number in grades.items()))
    show_place(console, bundle, made)
    show_skill(console, bundle, made)


def show_place(console: Console, bundle: Bundle, made: Publication) -> None:
    """Where the bundle is, and the commands that show and use what else it holds."""
    console.print(f"bundle / 模型包 {bundle.digest[:12]} → {made.directory}")
    if "scorecard" in bundle.card:
        console.print(f"  WoE and points of every bin / 评分卡分箱: assetlight scorecard --bundle {made.directory}")
    if bundle.own_columns and not made.in_force:
        console.print(
            f"  {len(bundle.own_columns)} own columns / 自备列: not in force, records do not hold them / 未启用. "
            f"Score / 评分: assetlight score --table FILE --bundle {bundle.digest[:12]}"
        )


def show_skill(console: Console, bundle: Bundle, made: Publication) -> None:
    """The alarm about a model without demonstrated skill, and the next step where the registry decides."""
    if made.governed:
        console.print(f"{GOVERNED['zh']} {GOVERNED['en']}\n  assetlight models register {bundle.digest[:12]}")
    alarm = skill_words(bundle.card["skill"])
    if alarm:
        if made.exit_code:
            alarm.append(f"{NOT_IN_FORCE['zh']} {NOT_IN_FORCE['en']}")
        console.print(Panel("\n".join(alarm), border_style="bold red", expand=False), soft_wrap=False)


def show_comparison(console: Console, measured: Mapping[str, Any], caution: Mapping[str, str] | None) -> None:
    """The champion beside the simple alternatives; in a narrow terminal the names stand below, by number."""
    rows = comparison_rows(measured)
    roomy = console.width >= ROOMY
    title = f"{measured['test_words']['zh']} / {measured['test_words']['en']}"
    if caution:
        title += f"\n{caution['zh']} / {caution['en']}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("", overflow="fold", no_wrap=not roomy)
    for heading in ("AUC [95 %]", "KS", "Brier", "slope\n斜率", "champion minus it\n冠军减之"):
        table.add_column(heading, no_wrap=True)
    for number, (words, area, *plain, minus) in enumerate(rows, start=1):
        name = words if roomy else str(number)
        table.add_row(name, area, *(figure.split(" ")[0] for figure in plain), minus)
    console.print(table)
    if not roomy:
        for number, (words, *_) in enumerate(rows, start=1):
            console.print(f"  {number} = {words}", markup=False, highlight=False)
