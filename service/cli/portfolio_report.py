"""`assetlight portfolio-report`: a run of a batch, and what changed since another one, for people."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.bundle import Bundle, BundleCorrupt, BundleNotFound
from service.batch.elsewhere import copy_of
from service.batch.report.building import portfolio_report, write_report
from service.batch.report.rows import RunRows
from service.batch.storage import is_remote, plain
from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, open_context
from service.cli.words import SIMULATED


@commands.command(
    "portfolio-report", epilog="Example: assetlight portfolio-report month-end --before last-month-end --lang zh"
)
def portfolio_report_command(
    *,
    run: Annotated[str, typer.Argument(metavar="DIRECTORY", help="The folder of a finished batch: a path, or a URL.")],
    before: Annotated[
        str | None, typer.Option("--before", metavar="DIRECTORY", help="The run to compare with. 上次批次")
    ] = None,
    lang: Annotated[str, typer.Option("--lang", metavar="zh|en", help="Language of the report.")] = "zh",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIRECTORY", help="Where to write.", show_default="DIRECTORY/report"),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report on a portfolio 组合报告: grades, limits, migration, movers, concentration, warnings, drift, loss.

    A page that opens without network and a workbook, in Chinese or English.
    """
    if lang not in ("zh", "en"):
        raise typer.BadParameter("zh or en", param_hint="--lang")
    if out is None and is_remote(run):
        raise typer.BadParameter("a run that is reached by URL needs --out DIRECTORY for its report")
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    rows = RunRows.read(copy_of(run))
    earlier = None if before is None else RunRows.read(copy_of(before))
    policy = service.policy_on(date.fromisoformat(rows.manifest["as_of"]))
    try:
        bundle: Bundle | None = service.assessor.bundles.named(rows.manifest["inputs"]["bundle"])
    except (BundleNotFound, BundleCorrupt):
        bundle = None
    report = portfolio_report(rows, earlier, policy, bundle)
    files = write_report(report, out or Path(plain(run)) / "report", "zh" if lang == "zh" else "en")
    facts = {
        "as_of": report.as_of.isoformat(),
        "run": report.run,
        "before": None if report.before is None else report.before.isoformat(),
        "simulated": report.simulated,
        "files": {kind: str(path) for kind, path in files.items()},
    }

    def show(console: Console) -> None:
        if report.simulated:
            console.print(SIMULATED, soft_wrap=True)
        for path in files.values():
            console.print(f"  {path}", soft_wrap=True)

    context.finish(facts, show)
