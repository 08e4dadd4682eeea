"""`assetlight retrain CONFIG`: one idempotent job for a scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import Context, HomeOption, JsonOption, open_context
from service.cli.errors import NOT_PUT_IN_FORCE
from service.retraining.config import read_config
from service.retraining.door import Progress, open_door
from service.retraining.job import REGISTERED, STOPPED, UNCHANGED, Job

EPILOG = """\
Example: assetlight retrain retrain.yaml --wait

Exit codes: 0 a challenger is registered, or was by an earlier run of the same inputs, or is the champion itself; 1 the
configuration or the data are wrong, a leak was found; 3 something must be done first; 4 stopped: the challenger is not
better by the metric fixed beforehand, or has shown no skill; 75 another retraining runs (without --wait).
"""


RESULTS = {
    REGISTERED: "[bold green]registered 已登记[/]",
    STOPPED: "[bold yellow]stopped 停止[/]",
    UNCHANGED: "[bold green]unchanged 未变[/]",
}


@commands.command(epilog=EPILOG)
def retrain(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="YAML; see docs/models.md / 配置文件")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait for another retraining / 等待其他重训结束")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build, audit, fit, validate, compare with the champion, register as challenger, or stop and say why. 定期重训。

    The same inputs twice give one model; a killed job goes on where it was; two at once never run.
    """
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    read = read_config(config)
    with _bar(context) as progress:
        job = Job(read, context.home, service.registry, service.bundles, open_door(), config.parent, progress=progress)
        ended = job.run(wait=wait)
    code = NOT_PUT_IN_FORCE if ended.result == STOPPED else 0
    facts = {**ended.as_dict(), "exit_code": code}
    context.finish(facts, lambda console: show(console, facts))
    raise typer.Exit(code)


@contextmanager
def _bar(context: Context) -> Iterator[Progress]:
    with Bar(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), console=context.err, disable=context.json or not context.err.is_terminal, transient=True,
    ) as bar:  # fmt: skip
        tasks: dict[str, Any] = {}

        def progress(words: str, done: int, total: int) -> None:
            if words not in tasks:
                tasks[words] = bar.add_task(words, total=total)
            bar.update(tasks[words], completed=done, total=total)

        yield progress


def show(console: Console, facts: dict[str, Any]) -> None:
    """How it ended, and the comparison."""
    if facts["again"]:
        console.print("[dim]already done by an earlier run of the same inputs 相同输入已处理[/]")
    console.print(f"{RESULTS[facts['result']]} {facts['model'][:12]}: ", Text(facts["reason"]))
    comparison = facts["comparison"]
    if comparison is None and facts["result"] == REGISTERED:
        console.print("no champion to compare with 没有现用模型可比")
    if comparison is None:
        return
    tested = ", ".join(comparison["tested_days"]) or "in folds, without days 分折、无时点"
    console.print(f"{comparison['rows']:,} rows 行, {comparison['defaults']:,} defaults 违约, tested 检验 {tested}")
    scored = comparison.get("scored")
    if scored:
        console.print(Text(f"  {scored['en']}\n  {scored['zh']}"), soft_wrap=True)
    for metric in ("auc", "brier"):
        found = comparison[metric]
        console.print(
            f"  {metric.upper()}  challenger 挑战者 {found['challenger']['value']:.4f}  champion 现用 "
            f"{found['champion']['value']:.4f}  gain 增益 {found['gain']['value']:+.4f} "
            f"[{found['gain']['low']:+.4f}, {found['gain']['high']:+.4f}] (paired 成对, 95 %)"
        )
    if comparison["champion_saw_test"] and not scored:
        console.print(
            "  [yellow]outcomes of the tested days were known when the champion was trained: the comparison favours it "
            "现用模型训练时已知检验期结果，比较对其有利[/]"
        )
