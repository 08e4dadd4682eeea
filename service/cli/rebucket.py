"""`assetlight rebucket`: the stored records cut into another number of hash buckets."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from models.lake import Rebucketed
from models.lake import rebucket as cut_anew
from models.lake.rebucketing import MOST_BUCKETS
from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, open_context


@commands.command(
    epilog="Example: assetlight rebucket --buckets 64. Exit codes: 0 done (also if it was so already); 1 a file of the "
    "lake is lost or damaged; 75 an import writes or a batch reads, try again later. Nothing is changed then."
)
def rebucket(
    *,
    buckets: Annotated[
        int, typer.Option("--buckets", metavar="N", min=1, max=MOST_BUCKETS, help="How many hash buckets. 分桶数")
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cut the lake into another number of hash buckets 重新分桶: a batch has at most as many tasks.

    All or nothing: a crash leaves the old state. No record, digest or decision changes. The old files stay for the next
    eight changes of the lake, so have room for the lake twice.
    """
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    bar = Progress(
        TextColumn("rebucket 重新分桶"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
        console=context.err, disable=context.json or not context.err.is_terminal, transient=True,
    )  # fmt: skip
    try:
        with bar:
            task = bar.add_task("rebucket", total=None)
            done = cut_anew(service.lake, buckets, lambda rows, of: bar.update(task, completed=rows, total=of))
    finally:
        service.close()
    context.finish({**asdict(done), "was_so": done.was_so}, lambda console: show(console, done))


def show(console: Console, done: Rebucketed) -> None:
    """What the lake was, and what it is."""
    if done.was_so:
        console.print(f"The lake has {done.buckets:,} buckets already; nothing was changed. 分桶数未变")
        return
    console.print(
        f"{done.buckets_before:,} buckets in {done.files_before:,} files -> {done.buckets:,} buckets in "
        f"{done.files:,} files, {done.rows:,} rows 行"
    )
