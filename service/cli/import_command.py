"""`assetlight import`: files into the store, with an account of every row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from models.lake import Lake
from models.lake.rebucketing import MOST_BUCKETS
from models.records import KINDS
from models.tables import BANK_ZONE, end_of_day, instant_of
from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import Context, HomeOption, JsonOption, open_context
from service.cli.words import several
from service.errors import BucketsDiffer, DayNotUnderstood
from service.importing import Advance, ImportOptions, ImportOutcome, import_files

OCCURRED = "occurred"
UNWATCHED_WIDTH = 120  # of a table that goes into a file: nobody's window is too narrow
EPILOG = "Example: assetlight import invoices.xlsx sales.csv.gz --known-at 2020-03-01 --origin bank"


@commands.command("import", epilog=EPILOG)
def import_command(  # noqa: PLR0913, PLR0917  (one parameter per option)
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Workbooks (.xlsx), CSV or NDJSON (also gzipped) or Parquet."),
    ],
    known_at: Annotated[
        str,
        typer.Option(
            "--known-at",
            metavar="occurred|TIME",
            help="When the bank learned rows that have no column for it (入库时间, known_at): `occurred`, on the day "
            "each happened (an assumption), or an ISO day or time such as 2020-03-01 or 2020-03-01T09:00+08:00.",
        ),
    ] = OCCURRED,
    origin: Annotated[
        str | None,
        typer.Option(
            "--origin",
            metavar="WORD",
            help="Where the data comes from, one short word; every figure made from it says so.",
            show_default="what a Parquet file says of itself, else bank",
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="KIND", help=f"Kind of record, if the headers do not tell. One of: {', '.join(KINDS)}."
        ),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="Only this sheet of the workbooks. Default: all.")
    ] = None,
    enterprise: Annotated[
        str | None,
        typer.Option("--enterprise", metavar="ID", help="Whose rows these are, for files without such a column."),
    ] = None,
    buckets: Annotated[
        int | None,
        typer.Option(
            "--buckets",
            metavar="N",
            min=1,
            max=MOST_BUCKETS,
            help="Hash buckets of the lake that this first import makes: the most tasks that a batch has.",
            show_default="ASSETLIGHT_LAKE_BUCKETS, else 16",
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import records: every row ends as accepted, duplicate or quarantined.

    Headers may be Chinese or English, in any order. All files are stored or none: one unusable file stops the import.
    Importing a file again changes nothing. Rows that break a rule go to HOME/quarantine/*.csv with the reason.
    """
    context = open_context(home, as_json=as_json, **({} if buckets is None else {"lake_buckets": buckets}))
    service = build(context.settings)
    if buckets is not None and service.lake.buckets != buckets:
        raise lake_has_other_buckets(service.lake, buckets)
    today = service.clock().astimezone(BANK_ZONE).date()
    options = ImportOptions(
        received_on=today,
        known_at=learned_at(known_at, today),
        origin=origin,
        kind=kind,
        sheet=sheet,
        enterprise=enterprise,
    )
    with counted(context) as advance:
        outcome = import_files(context.home, files, options, progress=advance, lake=service.lake)
    context.finish(outcome.as_dict(), lambda console: show_outcome(console, outcome, options))


def lake_has_other_buckets(lake: Lake, asked: int) -> BucketsDiffer:
    """A number of buckets is said when the lake is made, once."""
    return BucketsDiffer(
        "the lake that is there has another number of buckets; nothing was imported",
        field="--buckets",
        expected=str(lake.buckets),
        found=str(asked),
        where=str(lake.root),
        advice=f"Import without --buckets, or first cut the lake anew: assetlight rebucket --buckets {asked}",
    )


def learned_at(text: str, today: date) -> datetime | None:
    """The instant of `--known-at`, None for `occurred`; refused if it is later than today."""
    if text.strip().casefold() == OCCURRED:
        return None
    try:
        moment = datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        raise DayNotUnderstood(
            "not a day or time",
            field="--known-at",
            expected="occurred, or an ISO day or time such as 2020-03-01",
            found=text,
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=BANK_ZONE)
    if moment >= end_of_day(today):
        raise DayNotUnderstood(
            "the bank cannot have learned the rows in the future",
            field="--known-at",
            expected=f"not after today, {today}",
            found=text,
        )
    return max(moment, instant_of(date(1900, 1, 1)))


@contextmanager
def counted(context: Context) -> Iterator[Advance]:
    """A running count of rows on standard error; silent where nobody watches."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f} rows 行"),
        TimeElapsedColumn(),
        console=context.err,
        disable=context.json or not context.err.is_terminal,
        transient=True,
    )
    with bar:
        tasks: dict[Path, int] = {}

        def advance(file: Path, rows: int) -> None:
            if file not in tasks:
                tasks[file] = int(bar.add_task(file.name, total=None))
            bar.advance(bar.task_ids[tasks[file]], rows)

        yield advance


def show_outcome(console: Console, outcome: ImportOutcome, options: ImportOptions) -> None:
    """One line per sheet, the totals, and what a person should know besides."""
    table = Table(box=box.SIMPLE_HEAD, title="Import 导入", title_justify="left", show_footer=True)
    table.add_column("sheet\n表", footer="total 合计", overflow="fold")
    table.add_column("kind\n类型")
    for name, words in (
        ("read", "read\n读取"),
        ("accepted", "accepted\n接受"),
        ("duplicates", "duplicate\n重复"),
        ("quarantined", "quarantined\n隔离"),
    ):
        table.add_column(words, justify="right", footer=f"{outcome.total(name):,}")
    for sheet in outcome.sheets:
        name = Path(sheet.file).name + (f" · {sheet.sheet}" if sheet.sheet else "")
        counts = (sheet.read, sheet.accepted, sheet.duplicates, sheet.quarantined)
        words = f"{KINDS[sheet.kind].zh} {sheet.kind}"
        table.add_row(name, words, *(f"{count:,}" for count in counts))
    if not console.is_terminal:
        console.width = max(console.width, UNWATCHED_WIDTH)
    console.print(table)
    for line in remarks(outcome, options):
        console.print("  " + line, soft_wrap=True, markup=False)
    facts = outcome.as_dict()
    speed = f"{several(facts['read'], 'row')} in {outcome.seconds:.1f} s ({facts['rows_per_second']:,} rows/s)"
    console.print(f"[bold]{speed}[/]")


def remarks(outcome: ImportOutcome, options: ImportOptions) -> Iterator[str]:
    """What the counts do not say: assumptions, corrections, ignored columns, where the quarantine lies."""
    if outcome.total("assumed_known"):
        yield (
            f"assumed 假定: {several(outcome.total('assumed_known'), 'row')} without the day the bank learned it; "
            "taken as known on the day it happened; --known-at says otherwise 未注明入库时间，按发生日视为已知"
        )
    elif options.known_at is not None:
        yield f"known at 入库时间: {options.known_at.isoformat()} for rows that do not say it"
    if outcome.total("corrections"):
        yield f"corrections 更正: of the accepted rows, {outcome.total('corrections'):,} as new versions of a record"
    for sheet in outcome.sheets:
        if sheet.ignored_columns:
            name = Path(sheet.file).name + (f" · {sheet.sheet}" if sheet.sheet else "")
            yield f"ignored columns 未使用的列, {name}: {', '.join(sheet.ignored_columns)}"
    for sheet in outcome.sheets:
        if sheet.header_row > 1:
            name = Path(sheet.file).name + (f" · {sheet.sheet}" if sheet.sheet else "")
            yield f"header in row 表头行, {name}: {sheet.header_row}; the rows above it were not read 其上各行未读取"
    if outcome.quarantine is not None:
        yield f"quarantine 隔离清单: {outcome.quarantine}"
