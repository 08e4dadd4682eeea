"""`assetlight batch`: every stored enterprise decided on one day, in pieces that survive a kill."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from service.batch.folder import RunFolder
from service.batch.running import Ran, Step
from service.batch.starting import EngineName, cluster_of, engine_of, plan_facts, plan_records, run, run_folder
from service.batch.storage import is_remote, plain
from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import AsOfOption, Context, HomeOption, JsonOption, open_context
from service.cli.errors import SOME_FAILED
from service.cli.score import AmountOption, ProductOption
from service.cli.words import OUTCOME_STYLE, OUTCOMES

FEATURES_HELP = (
    "A table of facts as Parquet (or a folder of them) instead of the stored records; repeat for several. 自备特征表"
)


@commands.command(
    epilog="Example: assetlight batch --as-of 2020-02-29 --out month-end. A killed run goes on where it stopped when "
    "the same command is given again. Exit codes: 0 done (also when it was done already); 1 stopped, the message says "
    "in what state; 3 something must be done first; 8 done, but some enterprises could not be scored (failures/)."
)
def batch(  # noqa: PLR0913  (one parameter per option)
    *,
    as_of: AsOfOption,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="DIRECTORY",
            show_default="HOME/batches/DAY-RUN",
            help="Folder of this run: a path, or a URL of shared storage such as s3://bank/month-end.",
        ),
    ] = None,
    engine: Annotated[
        EngineName,
        typer.Option(
            "--engine", help="Who does the buckets: processes of this machine, or a Ray cluster (assetlight\\[ray])."
        ),
    ] = EngineName.LOCAL,
    address: Annotated[
        str | None, typer.Option("--address", metavar="HOST:PORT", help="The head of the Ray cluster.")
    ] = None,
    records: Annotated[
        str | None,
        typer.Option(
            "--records",
            metavar="DIRECTORY",
            show_default="HOME",
            help="The data directory whose lake/ is read, as every machine sees it: a path, or a URL.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, metavar="N", help="Processes.", show_default="one for each core"),
    ] = None,
    features: Annotated[list[Path] | None, typer.Option("--features", metavar="FILE", help=FEATURES_HELP)] = None,
    amount: AmountOption = None,
    product: ProductOption = None,
    decision_ids: Annotated[
        bool,
        typer.Option(
            "--decision-ids/--no-decision-ids",
            help="Name each decision by its SHA-256: about two thirds of a millisecond for each.",
        ),
    ] = False,
    keep_facts: Annotated[
        bool,
        typer.Option("--keep-facts", help="Write every feature and every piece of evidence too: a table of facts."),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> int:
    """Decide on a whole portfolio 批量评审: features, PD, contributions, grade, limit, steps and reasons, as Parquet.

    One file a bucket of enterprises, and a manifest with the digests of all inputs and outputs, told to the ledger. An
    enterprise that cannot be scored is a row in failures/, with the reason; the rest goes on. Results are the same to
    the byte whatever the number of processes. `assetlight portfolio-report` shows a run and what changed since another.
    """
    if (engine is EngineName.RAY) != (address is not None) or (engine is EngineName.RAY and workers is not None):
        raise typer.BadParameter("--engine ray goes with --address HOST:PORT, and --workers with processes of this one")
    if features and records:
        raise typer.BadParameter("--features and --records are two sources; name one of them")
    handed = engine_of(workers) if address is None else cluster_of(address)
    context = open_context(home, as_json=as_json)
    started = perf_counter()
    service = build(context.settings)
    try:
        day = service.assessor.day(as_of)
        request = None
        if amount is not None or product is not None:
            request = service.assessor.application(day, product=product, amount_yuan=amount)
        overlay = context.settings.policy_dir
        if features:
            planned = plan_facts(
                service.assessor, day, features, overlay=overlay, request=request, decision_ids=decision_ids
            )
        else:
            planned = plan_records(
                service.assessor, day, overlay=overlay, request=request, decision_ids=decision_ids,
                keeps_facts=keep_facts, records=records,
            )  # fmt: skip
        shared = plain(out) if out is not None and is_remote(out) else None
        own = run_folder(context.settings.home, planned.plan)
        folder = own if out is None or shared is not None else Path(plain(out))
        RunFolder(folder).allow()
        with progress_bar(context) as bar:
            task = bar.add_task(f"batch {day}", total=1000, said="")

            def advance(step: Step) -> None:
                bar.update(task, completed=step.thousandths, said=said_of(step))

            ran = run(service, planned, folder, engine=handed, actor=service.operator, progress=advance, shared=shared)
    finally:
        service.close()
    seconds = perf_counter() - started
    place = shared or str(ran.folder)
    context.finish(batch_facts(ran, place, seconds), lambda console: show_batch(console, ran, place, seconds))
    return SOME_FAILED if ran.counters["failed"] else 0


def said_of(step: Step) -> str:
    """How far the run is, in words."""
    words = f"{step.planned:,} done, {step.referred:,} referred, {step.failed:,} failed"
    if step.per_second is not None:
        words += f", {step.per_second:,.0f}/s"
    if step.seconds_left:
        words += f", {step.seconds_left:,.0f} s left"
    return words


def progress_bar(context: Context) -> Progress:
    """A bar on standard error; silent where nobody watches."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[said]}"),
        console=context.err,
        disable=context.json or not context.err.is_terminal,
        transient=True,
    )


def batch_facts(ran: Ran, place: str, seconds: float) -> dict[str, Any]:
    """For a machine."""
    manifest = ran.manifest
    return {
        "folder": place,
        "was_done": ran.was_done,
        "buckets": ran.buckets,
        "buckets_done_before": ran.buckets_before,
        "seconds": round(seconds, 2),
        **{name: manifest[name] for name in ("run", "as_of", "counters", "outcomes", "inputs", "outputs_digest")},
    }


def show_batch(console: Console, ran: Ran, place: str, seconds: float) -> None:
    """The counters, and where the files are."""
    counters = ran.counters
    if ran.was_done:
        console.print("[bold]This run was done already; nothing was computed again.[/] 该批次此前已完成，未重新计算。")
    elif ran.buckets_before:
        console.print(f"{ran.buckets_before} of {ran.buckets} buckets were done before. 续跑")
    table = Table(box=box.SIMPLE_HEAD, title=f"Batch 批次 {ran.manifest['as_of']}", title_justify="left")
    table.add_column("outcome 结论")
    table.add_column("number 户数", justify="right")
    for name, words in OUTCOMES.items():
        table.add_row(f"[{OUTCOME_STYLE[name]}]{words}[/]", f"{ran.manifest['outcomes'].get(name, 0):,}")
    console.print(table)
    console.print(
        f"planned 计划 {counters['planned']:,} · scored 已评 {counters['scored']:,} · "
        f"referred 转人工 {counters['referred']:,} · failed 失败 {counters['failed']:,} · {seconds:.1f} s"
    )
    if counters["failed"]:
        console.print(
            f"[bold red]{counters['failed']:,} enterprises could not be scored: {place}/failures[/]",
            soft_wrap=True,
        )
    console.print(f"  {place}", soft_wrap=True)
