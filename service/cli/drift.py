"""`assetlight drift`: how far the people and their outcomes have moved from what the model was trained on."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import AsOfOption, HomeOption, JsonOption, PolicyOption, open_context
from service.cli.errors import DRIFT_RED
from service.cli.models_shown import SIMULATED
from service.drift.measuring import measure
from service.registry.facts import record_facts
from service.registry.records import JOB, DriftMeasured
from service.registry.registry import Actor
from service.retraining.door import open_door

STYLES = {"green": "green", "amber": "yellow", "red": "bold red"}
MOST_SHOWN = 10
EPILOG = """\
Example: assetlight drift --as-of 2026-09-30

Exit codes: 0 measured, green or amber; 1 bad input; 3 something must be done first; 7 red: a line of the policy is
crossed.
"""


@commands.command(epilog=EPILOG)
def drift(
    as_of: AsOfOption,
    product: Annotated[str | None, typer.Option("--product", help="Whose champion / 产品")] = None,
    policy_dir: PolicyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure drift of features, score and calibration, and the performance expected without outcomes. 漂移监测。

    The measurement and its alerts are kept as a record; measuring the same again adds none.
    """
    context = open_context(home, as_json=as_json, policy_dir=policy_dir)
    service = build(context.settings)
    day = service.assessor.day(as_of)
    bundle = service.bundles.current(product)
    with nullcontext() if as_json else context.err.status("features / 计算特征"):
        measured = measure(service.lake, bundle, day, service.assessor.policy_on(day), open_door())
    earlier = [one for one in service.registry.standing().drift if one.model == bundle.digest]
    again = next((one for one in earlier if one.content == measured), None)
    record = again or service.registry.append(lambda _: (bundle.digest, measured), Actor(f"{JOB}:drift", JOB))
    code = DRIFT_RED if measured.level == "red" else 0
    facts = {**record_facts(record), "again": again is not None, "exit_code": code}
    context.finish(facts, lambda console: show(console, measured, facts))
    raise typer.Exit(code)


def show(console: Console, measured: DriftMeasured, facts: dict[str, Any]) -> None:
    """The level, the alerts, and what moved most."""
    figures = measured.figures
    console.print(
        f"model 模型 [bold]{facts['model'][:12]}[/], {measured.as_of}: {figures['enterprises']:,} "
        f"{figures['population']}; [{STYLES[measured.level]}]{measured.level.upper()}[/]"
        + ("  [dim](measured before 已有记录)[/]" if facts["again"] else "")
    )
    if measured.simulated:
        console.print(SIMULATED)
    for alert in measured.alerts:
        console.print(Text(f"  {alert.level:5s} {alert.en}  {alert.zh}", STYLES[alert.level]))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for words in ("moved most 漂移最大", "PSI", "chance 偶然上限", "missing 缺失"):
        table.add_column(words, justify="left" if words.startswith("moved") else "right")
    shifts = sorted(figures["shifts"].items(), key=lambda item: (item[0] != "score", -item[1]["psi"]))
    for name, shift in shifts[:MOST_SHOWN]:
        missing = f"{shift['missing_before']:.1%} → {shift['missing_now']:.1%}"
        table.add_row(name, f"{shift['psi']:.3f}", f"{shift['critical']:.3f}", missing)
    console.print(table)
    expected = figures["expected"]
    console.print(
        f"expected without outcomes 无标签预期 (CBPE): AUC {expected['auc']} (the same, of the rows learned "
        f"from 训练行的同一预期 {expected['auc_at_training']}), Brier {expected['brier']}, mean PD 平均违约概率 "
        f"{expected['mean_pd']}"
    )
    matured = figures["matured"]
    if matured is None:
        console.print("outcomes of a year before are not known 一年前的结果尚不可知")
        return
    whole = matured["whole"]
    console.print(
        f"matured 已到期 {matured['as_of']}: {whole['rows']:,} enterprises, {whole['defaults']} defaults 违约, "
        f"predicted 预测 {whole['mean_pd']:.2%}, observed 实际 {whole['observed_rate']:.2%}; AUC {matured['auc']} "
        f"(measured on unseen rows at training 训练时样本外实测 {matured['auc_at_training']})"
        + ("  [dim]seen in training: no evidence 训练已见[/]" if matured["seen_in_training"] else "")
    )
