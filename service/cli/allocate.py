"""`assetlight allocate`: a budget shared out over the scored enterprises for the greatest expected profit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from models.allocation import SIMPLE_RULES, read_rate_menu
from models.allocation.words import BECAUSE, sentences
from models.money import fen_from_yuan, yuan_for_reading
from service.allocating import Shared, newest_scores, share_out, stored_groups
from service.assessing import has_stored_rows
from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, PolicyOption, open_context
from service.cli.words import SIMULATED
from service.given_scores import read_scores

SHOWN = 15  # offers on the screen; the files hold all


@commands.command(epilog="Example: assetlight allocate --budget 100000000 --rates rate_churn.csv --scores month-end")
def allocate(
    budget: Annotated[str, typer.Option("--budget", metavar="YUAN", help="Money to lend out, e.g. 100000000.")],
    rates: Annotated[
        Path,
        typer.Option(
            "--rates",
            metavar="CSV",
            help="Rates to choose from and customers lost: annual_rate, churn_A, churn_B, churn_C.",
        ),
    ],
    scores: Annotated[
        str | None,
        typer.Option(
            "--scores",
            metavar="PLACE",
            help="The Parquet of `assetlight score`, or the folder of a finished `assetlight batch`.",
            show_default="the latest day in HOME/results",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIRECTORY", help="Where to write.", show_default="HOME/results"),
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="Longest search for the best plan.")] = 60.0,
    policy: PolicyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide who gets how much at what rate: the greatest expected profit within every bound. 预算分配与定价。

    Only enterprises that are approved or reduced; within limits, product bounds and shares of the budget for one
    enterprise, industry, region, park and core enterprise. Says what one more million would earn, and what simple
    rules would. Writes allocation-DATE.parquet, .csv and .json.
    """
    settings = {} if policy is None else {"policy_dir": policy}
    context = open_context(home, as_json=as_json, **settings)
    service = build(context.settings)
    results = context.settings.results
    given = read_scores(scores or newest_scores(results))
    menu = read_rate_menu(rates)
    stored = has_stored_rows(service.lake)
    with context.err.status("searching for the best plan", spinner="dots"):
        shared = share_out(
            given,
            menu,
            context.settings.policy_dir,
            fen_from_yuan(budget),
            out or results,
            groups=stored_groups(service.lake, given) if stored else None,
            seconds=seconds,
        )
    context.finish(shared.facts(), lambda console: show(console, shared))


def show(console: Console, shared: Shared) -> None:
    """Totals, the largest offers, why others get nothing, what bounds the plan, and the simple rules beside it."""
    plan = shared.plan
    if shared.simulated:
        console.print(SIMULATED, soft_wrap=True)
    console.print(
        f"[bold]{yuan_for_reading(plan.offered_fen)}[/] of {yuan_for_reading(plan.budget_fen)} yuan offered to "
        f"{int((plan.rate >= 0).sum()):,} of {len(plan.applicants):,} enterprises · {shared.product} · {shared.as_of}",
        soft_wrap=True,
    )
    console.print(_offers(shared))
    console.print(_reasons(shared))
    console.print(_compared(shared))
    for zh, en in (*shared.cautions, *sentences(plan)):
        console.print(f"{zh}\n  {en}", soft_wrap=True)
    console.print(f"proved: no plan earns more than {plan.gap:.4%} above this one 已证明最优性差距", soft_wrap=True)
    for path in shared.files.values():
        console.print(f"  {path}", soft_wrap=True)


def _offers(shared: Shared) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=f"Largest offers 最大授信 (first {SHOWN})", title_justify="left")
    for name in ("enterprise", "grade", "yuan 金额", "rate 利率", "stays 留存", "profit 利润"):
        table.add_column(name, justify="left" if name == "enterprise" else "right", no_wrap=True)
    table.add_column("ended by 受限于")
    rows = [row for row in shared.plan.to_arrow().to_pylist() if row["annual_rate"] is not None]
    for row in sorted(rows, key=lambda row: (-row["offered_fen"], row["enterprise_id"]))[:SHOWN]:
        profit = yuan_for_reading(round(fen_from_yuan(row["expected_profit_yuan"]), -2))
        table.add_row(
            row["enterprise_id"], row["grade"], yuan_for_reading(row["offered_fen"]), f"{row['annual_rate']:.2%}",
            f"{row['stays']:.0%}", profit, " ".join(BECAUSE[row["because"]]),
        )  # fmt: skip
    return table


def _reasons(shared: Shared) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Without an offer 未授信", title_justify="left")
    table.add_column("because 原因")
    table.add_column("number", justify="right")
    counts: dict[str, int] = {}
    for row in shared.plan.to_arrow().to_pylist():
        if row["annual_rate"] is None:
            counts[row["because"]] = counts.get(row["because"], 0) + 1
    for code, number in sorted(counts.items(), key=lambda item: -item[1]):
        zh, en = BECAUSE[code]
        table.add_row(f"{zh} {en}", f"{number:,}")
    return table


def _compared(shared: Shared) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Expected profit a year 年预期利润", title_justify="left")
    table.add_column("")
    table.add_column("yuan", justify="right")
    best = shared.plan.expected_profit_fen
    table.add_row("this plan 本方案", yuan_for_reading(round(best / 100) * 100))
    for name, fen in shared.rules.items():
        zh, en = SIMPLE_RULES[name]
        share = f"  ({fen / best - 1:+.1%})" if best > 0 else ""
        table.add_row(f"{zh} {en}", yuan_for_reading(round(fen / 100) * 100) + share)
    return table
