"""`assetlight simulate`: an economy of invented enterprises on disk, ready to import and to train on."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from training.options import JsonOption
from training.simulate.feeds.everything import tables_of
from training.simulate.outcome import cash_book, label_rows, rates, role_rows
from training.simulate.rows import ORIGIN
from training.simulate.weeks import calendar
from training.simulate.world import Plan, World, build
from training.simulate.writing import KindFiles, write_dirty_sheet, write_parquet, write_rows

BLOCK = 200  # enterprises whose rows are in memory at once
WORKERS = 2
BRANCH_SHARE = 0.1  # of the enterprises of a small economy come by the dirty sheet of a branch instead of by Parquet
LARGEST_WITH_SHEET = 1000
DIRTY_SHEET = "销项发票信息.csv"
TRUTH = "truth"  # the folder of what a bank never sees


def _blocks(
    world: World, block: int, *, invoices_only: bool, progress: Callable[[int], None]
) -> Iterator[tuple[int, list[tuple[str, pa.Table]]]]:
    """The tables of every block in order, the next ones being made while the caller writes."""
    lows = range(0, world.population.size, block)

    def make(low: int) -> list[tuple[str, pa.Table]]:
        return list(tables_of(world, low, min(low + block, world.population.size), invoices_only=invoices_only))

    with ThreadPoolExecutor(WORKERS) as pool:
        waiting: deque[tuple[int, Future[list[tuple[str, pa.Table]]]]] = deque()
        for low in lows:
            waiting.append((low, pool.submit(make, low)))
            if len(waiting) > WORKERS:
                first, made = waiting.popleft()
                yield first, made.result()
                progress(first + block)
        while waiting:
            first, made = waiting.popleft()
            yield first, made.result()
            progress(first + block)


def _take_branch(sales: pa.Table, branch: pa.Array) -> tuple[pa.Table, pa.Table]:
    """(rows of the branch as they stand in the end, all other rows) of a table of sales invoices."""
    mine = pc.is_in(sales["enterprise_id"], value_set=branch)
    standing = pc.and_(mine, pc.is_null(sales["superseded_at"]))
    return sales.filter(standing), sales.filter(pc.invert(mine))


def simulate_to(out: Path, plan: Plan, progress: Callable[[str, int, int], None]) -> dict[str, Any]:
    """Write the whole economy to `out` and say what was written. The same plan gives the same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    weeks, enterprises = calendar(plan.start, plan.months).weeks, plan.enterprises
    world = build(plan, lambda week: progress("weeks", week, weeks))
    with_sheet = enterprises <= LARGEST_WITH_SHEET
    branch = world.ids.slice(0, max(1, round(enterprises * BRANCH_SHARE)))
    dirt: dict[str, int] | None = None
    with KindFiles(out) as files:
        for low, tables in _blocks(
            world, BLOCK if not plan.invoices_only else 4 * BLOCK, invoices_only=plan.invoices_only,
            progress=lambda done: progress("enterprises", min(done, enterprises), enterprises),
        ):  # fmt: skip
            for place, (kind, made) in enumerate(tables):
                table = made
                if with_sheet and low == 0 and place == 0:  # the first table of a block is its sales invoices
                    by_sheet, table = _take_branch(made, branch)
                    dirt = write_dirty_sheet(by_sheet, out / DIRTY_SHEET, plan.seed)
                files.write(kind, table)
    written = {kind: {"file": files.name(kind), "rows": rows} for kind, rows in files.rows.items()}
    if not plan.invoices_only:  # no record kind: kept apart, so that `import OUT/*.parquet` takes exactly the records
        (out / TRUTH).mkdir(exist_ok=True)
        write_parquet(cash_book(world), "cash_book", out / TRUTH / "cash_book.parquet")
    write_rows(
        ("enterprise_id", "defaulted", "defaulted_on", "first_loan_on", "origin"), label_rows(world), out / "labels.csv"
    )
    write_rows(("enterprise_id", "role", "ring", "origin"), role_rows(world), out / "roles.csv")
    report: dict[str, Any] = {
        "origin": ORIGIN,
        "enterprises": enterprises,
        "months": plan.months,
        "seed": plan.seed,
        "invoices_per_month": plan.invoices_per_month,
        "hardship": plan.hardship,
        "start": plan.start.isoformat(),
        "end": str(pa.scalar(world.when.last_day, pa.int32()).cast(pa.date32()).as_py()),
        **rates(world),
        "kinds": written,
        "labels": "labels.csv",
        "dirty_sheet": None if dirt is None else {"file": DIRTY_SHEET, **dirt},
    }
    (out / "simulation.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return {**report, "out": str(out)}


def simulate(  # noqa: PLR0913  (one argument per option)
    *,
    out: Annotated[Path, typer.Option(metavar="DIRECTORY", help="Folder to write / 输出目录")] = Path("var/simulated"),
    enterprises: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many enterprises / 企业数")] = 300,
    months: Annotated[int, typer.Option(min=2, max=240, help="How many months / 月数")] = 36,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes / 随机种子")] = 7,
    start: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m"], metavar="YYYY-MM", show_default="2021-01", help="First month / 起始月"),
    ] = datetime(2021, 1, 1),  # noqa: DTZ001
    invoices_per_month: Annotated[
        float, typer.Option(min=0.1, max=500, help="Mean sales invoices of an enterprise in a month / 月均销项发票数")
    ] = 12.0,
    invoices_only: Annotated[
        bool, typer.Option("--invoices-only", help="Only invoices, loans and labels, for scale tests / 仅发票与贷款")
    ] = False,
    hardship: Annotated[
        float, typer.Option(min=-5, max=5, help="Takes so many times 2 % of sales from profits / 经济困难程度")
    ] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Simulate an economy in which default follows from cash running out. 模拟一个企业因现金耗尽而违约的经济体。

    Writes every record kind as Parquet, labels, and (up to 1,000 enterprises) one deliberately dirty sheet, all marked
    as simulated.
    """
    console = Console(stderr=True)
    words = {"weeks": "the economy lives / 经济运行（周）", "enterprises": "the bank learns / 写出企业"}
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), console=console, disable=not console.is_terminal, transient=True,
    ) as bar:  # fmt: skip
        tasks = {name: bar.add_task(description, total=None) for name, description in words.items()}
        plan = Plan(enterprises, months, seed, start.date(), invoices_per_month, hardship, invoices_only)
        report = simulate_to(out, plan, lambda name, done, total: bar.update(tasks[name], completed=done, total=total))
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    typer.echo(f"SIMULATED data, not real / 模拟数据，非真实: {out}")
    typer.echo(f"  {enterprises:,} enterprises x {months} months, {report['start']} to {report['end']}, seed {seed}")
    for facts in report["kinds"].values():
        typer.echo(f"  {facts['rows']:>12,}  {facts['file']}")
    if report["dirty_sheet"]:
        typer.echo(f"  {report['dirty_sheet']['rows']:>12,}  {DIRTY_SHEET}")
    by_year = ", ".join(f"{year} {rate:.1%}" for year, rate in report["default_rate_by_year"].items())
    typer.echo(f"  {report['defaults']} defaults; of borrowers by year: {by_year}")
    typer.echo(f"  {report['loans']:,} loans, mean {report['mean_loan_yuan']:,} yuan")
