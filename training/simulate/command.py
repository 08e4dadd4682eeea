"""`assetlight simulate`: an economy of invented enterprises on disk, ready to import and to train on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from training.simulate import cash, identity
from training.simulate.cash import INSTALMENT_DAY, Economy
from training.simulate.invoices import INPUT, ORIGIN, OUTPUT, invoices, month_starts
from training.simulate.writing import write_dirty_sheet, write_parquet, write_rows

START = date(2021, 1, 1)
BRANCH_SHARE = 0.1  # of the enterprises come by the dirty sheet of a branch instead of by Parquet


def _months(economy: Economy, start: date) -> list[str]:
    return [str(month)[:7] for month in month_starts(start, economy.sales.shape[0])[:-1]]


def _cash_book(economy: Economy, ids: pa.Array, start: date) -> pa.Table:
    """Every flow of every month, long form: what the tests check the cash identity on."""
    months, enterprises = economy.cash.shape
    before = np.vstack([economy.opening, economy.cash[:-1]])
    columns: dict[str, Any] = {
        "enterprise_id": pa.concat_arrays([ids] * months),
        "month": pa.array(np.repeat(_months(economy, start), enterprises)),
        "opening_fen": pa.array(before.ravel()),
    }
    for name, flow in economy.flows.items():
        columns[f"{name}_fen"] = pa.array(flow.ravel())
    columns["instalment_due_fen"] = pa.array(economy.instalment_due.ravel())
    columns["closing_fen"] = pa.array(economy.cash.ravel())
    columns["origin"] = pa.array(np.full(months * enterprises, ORIGIN))
    return pa.table(columns)


def default_days(economy: Economy, start: date) -> list[date | None]:
    """The day on which each enterprise's oldest unpaid instalment was 90 days past due."""
    starts = month_starts(start, economy.sales.shape[0])
    found: list[date | None] = []
    for month in economy.default_month.tolist():
        if month < 0:
            found.append(None)
            continue
        missed: date = starts[month - cash.DEFAULT_MONTHS].astype(object)
        found.append(missed + timedelta(days=INSTALMENT_DAY - 1 + 90))
    return found


def simulate_to(
    out: Path, *, enterprises: int, months: int, seed: int, start: date = START, progress: Callable[[int], None]
) -> dict[str, Any]:
    """Write the whole economy to `out` and say what was written. The same arguments give the same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    economy = cash.run(enterprises, months, rng, progress)
    serial = np.arange(enterprises, dtype=np.int64)
    region = rng.integers(0, identity.REGIONS, enterprises)
    codes = [code.decode() for code in identity.credit_codes(serial, region, seed).tolist()]
    ids = pa.array(codes)
    titles = identity.names(serial, economy.industry)
    sales = invoices(economy.sales, economy.tax_rate, ids, OUTPUT, start, rng)
    purchases = invoices(economy.purchases, economy.tax_rate, ids, INPUT, start, rng)

    branch = pa.array(codes[: max(1, round(enterprises * BRANCH_SHARE))])
    by_branch = pa.compute.is_in(sales["enterprise_id"], value_set=branch)
    parquet = pa.concat_tables([purchases, sales.filter(pa.compute.invert(by_branch))])
    rows = write_parquet(parquet, out / "invoices.parquet")
    dirt = write_dirty_sheet(sales.filter(by_branch), out / "销项发票信息.csv", rng)
    write_parquet(_cash_book(economy, ids, start), out / "cash_book.parquet")
    founded = [start - timedelta(days=int(days)) for days in rng.gamma(2.0, 1400, enterprises)]
    write_rows(
        ("enterprise_id", "name", "industry", "region", "founded_on", "origin"),
        [
            (
                code,
                title,
                identity.TRADES[trade % len(identity.TRADES)],
                f"99{place + 1:02d}00",
                day.isoformat(),
                ORIGIN,
            )
            for code, title, trade, place, day in zip(
                codes, titles, economy.industry.tolist(), region.tolist(), founded, strict=True
            )
        ],
        out / "enterprises.csv",
    )
    defaults = default_days(economy, start)
    write_rows(
        ("enterprise_id", "defaulted", "defaulted_on", "origin"),
        [(code, int(day is not None), day or "", ORIGIN) for code, day in zip(codes, defaults, strict=True)],
        out / "labels.csv",
    )
    happened = [day for day in defaults if day is not None]
    years = sorted({day.year for day in happened})
    report: dict[str, Any] = {
        "origin": ORIGIN,
        "out": str(out),
        "enterprises": enterprises,
        "months": months,
        "seed": seed,
        "start": start.isoformat(),
        "end": (month_starts(start, months)[-1] - 1).astype(object).isoformat(),
        "defaults": len(happened),
        "default_rate": round(len(happened) / enterprises, 4),
        "defaults_by_year": {str(year): sum(day.year == year for day in happened) for year in years},
        "files": {
            "invoices": "invoices.parquet",
            "dirty_sales_sheet": "销项发票信息.csv",
            "enterprises": "enterprises.csv",
            "labels": "labels.csv",
            "cash_book": "cash_book.parquet",
        },
        "parquet_rows": rows,
        "dirty_sheet": dirt,
    }
    text = json.dumps({key: value for key, value in report.items() if key != "out"}, ensure_ascii=False, indent=2)
    (out / "simulation.json").write_text(text + "\n", encoding="utf-8")
    return report


def simulate(
    *,
    out: Annotated[Path, typer.Option(help="Folder to write / 输出目录")] = Path("var/simulated"),
    enterprises: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many enterprises / 企业数")] = 300,
    months: Annotated[int, typer.Option(min=1, max=240, help="How many months from 2021-01 / 月数")] = 36,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes / 随机种子")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object / 只输出一个 JSON 对象")] = False,
) -> None:
    """Simulate an economy in which default follows from cash running out. 模拟一个企业因现金耗尽而违约的经济体。

    Everything written is marked as simulated. Example: assetlight simulate --enterprises 300 --months 36 --out demo
    """
    console = Console(stderr=True)
    with Progress(
        TextColumn("simulating / 模拟"), BarColumn(), TextColumn("{task.completed}/{task.total} months"),
        TimeElapsedColumn(), console=console, disable=as_json or not console.is_terminal, transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("months", total=months)
        report = simulate_to(
            out, enterprises=enterprises, months=months, seed=seed,
            progress=lambda done: bar.update(task, completed=done),
        )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    typer.echo(f"SIMULATED data, not real / 模拟数据，非真实: {out}")
    typer.echo(f"  {enterprises} enterprises x {months} months, {report['start']} to {report['end']}, seed {seed}")
    typer.echo(
        f"  {report['parquet_rows']:,} invoices in invoices.parquet; "
        f"{report['dirty_sheet']['rows']:,} in 销项发票信息.csv"
    )
    typer.echo(f"  {report['defaults']} defaults ({report['default_rate']:.1%}): {report['defaults_by_year']}")
