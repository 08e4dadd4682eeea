"""`assetlight score`: the whole portfolio, or some of it, on one day."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from models.bundle import Bundle
from models.explanation.catalogue import rule_words
from models.grades import GRADES
from models.money import yuan_for_reading
from models.prepared import named
from service.assessing import has_stored_rows, nothing_stored
from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import AsOfOption, Context, HomeOption, JsonOption, open_context, parse_enterprise
from service.cli.errors import SOME_FAILED
from service.cli.words import OUTCOME_STYLE, OUTCOMES, SIMULATED
from service.own_tables import TableScores, score_tables
from service.portfolio import NO_GRADE, Portfolio, score_portfolio
from service.portfolio_keeping import PortfolioKeeper

AmountOption = Annotated[
    str | None,
    typer.Option(
        "--amount", metavar="YUAN", help="Amount applied for, in yuan, e.g. 1500000. Default: what is possible."
    ),
]
ProductOption = Annotated[
    str | None, typer.Option("--product", metavar="CODE", help="Product applied for. Default: the policy's.")
]


@commands.command(epilog="Example: assetlight score --as-of 2020-02-29 --out results")
def score(  # noqa: PLR0913  (one parameter per option)
    *,
    as_of: AsOfOption,
    enterprise: Annotated[
        list[str] | None,
        typer.Option(
            "--enterprise",
            parser=parse_enterprise,
            metavar="ID",
            help="Only this enterprise; repeat for several. Default: all stored.",
        ),
    ] = None,
    amount: AmountOption = None,
    product: ProductOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIRECTORY", help="Where to write.", show_default="HOME/results"),
    ] = None,
    decision_ids: Annotated[
        bool,
        typer.Option(
            "--decision-ids/--no-decision-ids",
            help="Name each decision by its SHA-256 and keep it in the ledger with what it was made from; costs some "
            "milliseconds each. Without: only the files are written.",
        ),
    ] = True,
    table: Annotated[
        list[Path] | None,
        typer.Option(
            "--table",
            metavar="FILE",
            help="A prepared table, for a model with own columns: PD and grade, no limit. 自备数据表评分",
        ),
    ] = None,
    bundle: Annotated[
        str | None,
        typer.Option("--bundle", metavar="DIGEST", help="With --table: this model. Default: the one in force."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> int:
    """Score every stored enterprise: PD, grade, limit, binding ceiling, reasons, as Parquet and CSV.

    Uses only what the bank knew by the end of the day. Needs records (assetlight import), a model (assetlight train).
    """
    context = open_context(home, as_json=as_json)
    started = perf_counter()
    service = build(context.settings)
    if table:
        shelf = context.settings.home / "bundles"
        model = Bundle.load(shelf / bundle[:12]) if bundle else service.assessor.bundles.current()
        day = service.assessor.day(as_of)
        policy = service.assessor.policy_on(day)
        scores = score_tables(table, model, policy, day, service.lake, out or context.settings.results)
        context.finish(scores.facts(), lambda console: show_tables(console, scores))
        return 0
    if not has_stored_rows(service.lake):
        raise nothing_stored(service.lake)
    day = service.assessor.day(as_of)
    request = None
    if amount is not None or product is not None:
        request = service.assessor.application(day, product=product, amount_yuan=amount)
    with progress_bar(context) as bar:
        task = bar.add_task(f"scoring {day}", total=1000, enterprises=0)
        done = 0

        def advance(enterprises: int, thousandths: int) -> None:
            nonlocal done
            done += enterprises
            bar.update(task, completed=thousandths, enterprises=done)

        portfolio = score_portfolio(
            service.assessor,
            day,
            out or context.settings.results,
            enterprises=enterprise or None,
            request=request,
            decision_ids=decision_ids,
            keeper=PortfolioKeeper(service) if decision_ids else None,
            progress=advance,
        )
    service.close()
    seconds = perf_counter() - started
    context.finish(portfolio_facts(portfolio, seconds), lambda console: show_portfolio(console, portfolio, seconds))
    return SOME_FAILED if portfolio.failed else 0


def show_tables(console: Console, scores: TableScores) -> None:
    """Rows by grade, the mean PD, the files."""
    if scores.bundle.simulated:
        console.print(SIMULATED, soft_wrap=True)
    grades = ", ".join(f"{grade} {number:,}" for grade, number in scores.by_grade.items())
    console.print(f"{scores.rows:,} rows / 行, mean PD / 平均违约概率 {scores.mean_pd:.2%}: {grades}", soft_wrap=True)
    for name, lines in scores.repeated.items():
        console.print(
            f"[yellow]{name}: {named(lines)} repeat an earlier row, scored again / 与前行完全相同，仍逐行评分[/]",
            soft_wrap=True,
        )
    console.print("no limits: they need the stored records / 无额度：额度需要已存记录", soft_wrap=True)
    for path in scores.files.values():
        console.print(f"  {path}", soft_wrap=True)


def progress_bar(context: Context) -> Progress:
    """A bar on standard error; silent where nobody watches."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[enterprises]:,} enterprises"),
        TimeElapsedColumn(),
        console=context.err,
        disable=context.json or not context.err.is_terminal,
        transient=True,
    )


def show_portfolio(console: Console, portfolio: Portfolio, seconds: float) -> None:
    """Counts by outcome and grade, the total, the files."""
    if portfolio.simulated:
        console.print(SIMULATED, soft_wrap=True)
    outcomes = Table(box=box.SIMPLE_HEAD, title="Outcome 结论", title_justify="left")
    outcomes.add_column("outcome")
    outcomes.add_column("number", justify="right")
    for name, words in OUTCOMES.items():
        outcomes.add_row(f"[{OUTCOME_STYLE[name]}]{words}[/]", f"{portfolio.by_outcome[name]:,}")
    grades = Table(box=box.SIMPLE_HEAD, title="Grade 等级", title_justify="left", show_footer=True)
    grades.add_column("grade", footer="total 合计")
    grades.add_column("number", justify="right", footer=f"{portfolio.enterprises:,}")
    grades.add_column("limit, yuan 额度", justify="right", footer=yuan_for_reading(portfolio.limit_fen))
    for grade in (*GRADES, NO_GRADE):
        if portfolio.by_grade[grade]:
            words = "no grade 无" if grade == NO_GRADE else grade
            limit = yuan_for_reading(portfolio.limit_fen_by_grade[grade])
            grades.add_row(words, f"{portfolio.by_grade[grade]:,}", limit)
    console.print(Columns([outcomes, grades], padding=(0, 2)))
    if portfolio.declined_by:
        causes = ((rule_words(rule), number) for rule, number in portfolio.declined_by.most_common())
        words = " · ".join(f"{cause.zh} {cause.en} {number:,}" for cause, number in causes)
        console.print(f"declined by 拒绝规则 (one may break several 可并存): {words}")
    if portfolio.one_grade is not None:
        console.print(
            f"[bold red]Every enterprise has grade {portfolio.one_grade}: the model tells nobody apart. "
            f"所有企业均为 {portfolio.one_grade} 级，模型未区分任何企业。[/]"
        )
    if portfolio.failed:
        where = portfolio.files.get("failures")
        console.print(f"[bold red]{portfolio.failed:,} could not be scored 无法评分: {where}[/]", soft_wrap=True)
    speed = f"{portfolio.enterprises:,} enterprises as of {portfolio.as_of} in {seconds:.1f} s"
    console.print(f"[bold]{speed}[/], data: {', '.join(sorted(portfolio.origins))}")
    for path in portfolio.files.values():
        console.print(f"  {path}", soft_wrap=True)


def portfolio_facts(portfolio: Portfolio, seconds: float) -> dict[str, Any]:
    """The same for a machine."""
    return {**portfolio.facts(), "seconds": round(seconds, 2)}
