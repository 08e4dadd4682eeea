"""`assetlight train --panel`: from the stored records to a bundle that was tested out of time and out of entity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from models.bundle import Bundle
from models.features import CATALOGUE
from models.lake import Lake
from training.card import interval
from training.panel.defaults import last_day_known
from training.panel.leakage import audit
from training.panel.panel import Panel, build_panel
from training.panel.pipeline import PanelPlan, train_from_panel
from training.panel.population import default_days, quarter_ends
from training.publishing import Publication, end_as_json, publish
from training.selection import choose_features, split_names
from training.showing import show_skill


@dataclass(frozen=True)
class PanelRequest:
    """What a person asked for on the command line, besides the plan of the training itself."""

    home: Path
    out: Path | None
    features: str
    without: str
    first: date | None
    last: date | None
    every_months: int
    known_until: date | None
    horizon_months: int
    force: bool
    as_json: bool


def train_panel(request: PanelRequest, plan: PanelPlan) -> Publication:
    """Build (or read back) the panel, audit it, train, publish, and say how good it is."""
    chosen = choose_features(CATALOGUE, split_names(request.features), split_names(request.without))
    lake = Lake(request.home)
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), console=console, disable=request.as_json or not console.is_terminal, transient=True,
    ) as bar:  # fmt: skip
        building = bar.add_task("features / 计算特征", total=None)
        panel = build_panel(  # of every feature, so that any choice of them finds the panel in its cache
            lake,
            _days(lake, request),
            horizon_months=request.horizon_months,
            until=request.known_until,
            neighbourhood=True,
            cache=request.home / "panels",
            progress=lambda done, total: bar.update(building, completed=done, total=total),
        ).only(chosen)
        auditing = bar.add_task("leakage audit / 泄漏审计", total=1)
        findings = audit(panel, lake)
        bar.update(auditing, completed=1)
        fitting = bar.add_task("fitting and testing / 拟合与检验", total=plan.steps)
        bundle = train_from_panel(panel, findings, plan, lambda: bar.advance(fitting))
    made = publish(bundle, request.home, out=request.out, force=request.force)
    if request.as_json:
        end_as_json(bundle, made)
    else:
        _show(bundle, panel, made)
    return made


def _days(lake: Lake, request: PanelRequest) -> tuple[date, ...]:
    tables = lake.tables()
    last = request.last or request.known_until or last_day_known(tables)
    if request.first is not None:
        return quarter_ends(request.first, last, request.every_months)
    days = default_days(tables, last, every_months=request.every_months)
    return days or (last,)


def _show(bundle: Bundle, panel: Panel, made: Publication) -> None:
    card = bundle.card
    measured, data = card["out_of_time_and_entity"], card["data"]
    split, line = data["split"], measured["calibration"]
    console = Console(soft_wrap=True)
    if bundle.caution:
        console.print(f"{bundle.caution['zh']} / {bundle.caution['en']}", style="bold")
    console.print(
        f"{len(panel):,} rows / 行, {data['defaults']:,} defaults / 违约 ({data['defaults'] / len(panel):.2%}), "
        f"{len(panel.days)} days / 时点, {len(bundle.features)} features / 特征, origin {', '.join(data['origin'])}"
    )
    console.print(
        f"  learned / 学习 {split['learned'][0]} … {split['learned'][-1]}, tested / 检验 {split['tested'][0]} … "
        f"{split['tested'][-1]}, other enterprises / 其他企业; not used / 未使用: {data['already_defaulted']:,} "
        f"already defaulted / 已违约, {data['immature']:,} immature / 观察期未满"
    )
    console.print(
        f"  AUC {interval(measured['auc'])}  KS {interval(measured['ks'])}  Brier {interval(measured['brier'])}  "
        f"slope / 校准斜率 {interval(line['slope'])}  PD {line['mean_pd']:.2%}, observed / 实际 "
        f"{line['observed_rate']['value']:.2%}"
    )
    for verdict in measured.get("verdict", []):
        console.print(f"  {verdict['zh']}\n  {verdict['en']}")
    if "without_label_kinds" in measured:
        beside = measured["without_label_kinds"]
        console.print(
            f"  without / 剔除 {', '.join(beside['families_left_out'])}: AUC {interval(beside['auc'])}, "
            f"difference / 差 {interval(beside['with_minus_without'])}"
        )
    console.print(f"  leakage audit / 泄漏审计: {len(card['leakage_audit'])} checks passed / 项通过")
    console.print(f"bundle / 模型包 {bundle.digest[:12]} → {made.directory}")
    show_skill(console, bundle, made)
