"""`assetlight policy show`: the bank's policy in force on a day, each value with its owner and reference."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from models.policy import Policy
from models.policy.parameter import value_text
from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, open_context, parse_day

policy = typer.Typer(no_args_is_help=True, help="The bank's policy as data.", epilog="Example: assetlight policy show")
commands.add_typer(policy, name="policy")


@policy.command(epilog="Example: assetlight policy show --on 2026-03-31")
def show(
    on: Annotated[
        date | None,
        typer.Option("--on", parser=parse_day, metavar="DATE", help="The day asked about.", show_default="today"),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every policy value and product in force on a day, with its source and the day it took force."""
    context = open_context(home, as_json=as_json)
    assessor = build(context.settings).assessor
    in_force = assessor.policy_on(on or assessor.today())
    facts = policy_facts(in_force)
    context.finish(facts, lambda console: show_policy(console, in_force, facts))


def policy_facts(policy: Policy) -> dict[str, Any]:
    """The policy as plain facts."""
    values = {
        name: {
            "value": value_text(dated.value),
            "unit": parameter.unit,
            "from": dated.first_day.isoformat(),
            "zh": parameter.zh,
            "en": parameter.en,
            "owner": parameter.owner,
            "review_by": parameter.review_by.isoformat(),
            "reference": dated.reference,
        }
        for name, parameter in sorted(policy.parameters.items())
        if (dated := parameter.on(policy.on)) is not None
    }
    products = {
        code: {"zh": product.zh, "en": product.en, "from": product.first_day.isoformat(), **product.as_text()}
        for code, product in policy.products.items()
    }
    return {
        "on": policy.on.isoformat(),
        "digest": policy.digest,
        "values": values,
        "products": products,
        "not_yet_in_force": sorted(set(policy.parameters) - set(values)),
        "overdue_reviews": [warning.en for warning in policy.review_warnings],
    }


def show_policy(console: Console, policy: Policy, facts: dict[str, Any]) -> None:
    """Each value with its words and source, the products, what is overdue, and the digest."""
    console.print(f"[bold]Policy in force on {policy.on}[/]")
    for name, one in facts["values"].items():
        console.print(
            f"\n[bold cyan]{name}[/]  [bold]{as_text(one['value'])}[/] {one['unit']}  [dim]from {one['from']}[/]"
        )
        console.print(Padding(f"{one['zh']}  {one['en']}", (0, 0, 0, 2)))
        console.print(
            Padding(Text(f"{one['reference']} Owner: {one['owner']}, review by {one['review_by']}."), (0, 0, 0, 2)),
            style="dim",
        )
    console.print()
    products = Table(box=box.SIMPLE_HEAD, title="Products", title_justify="left")
    for column in ("code", "product", "minimum", "maximum", "step", "months"):
        products.add_column(column, justify="left" if column in ("code", "product") else "right")
    for code, one in facts["products"].items():
        amounts = (one["minimum_yuan"], one["maximum_yuan"], one["step_yuan"], one["tenor_months"])
        products.add_row(code, f"{one['zh']} / {one['en']}", *amounts)
    console.print(products)
    for warning in policy.review_warnings:
        console.print(f"[yellow]! {warning.en} / {warning.zh}[/]")
    console.print(f"policy digest {policy.digest}", style="dim")


def as_text(value: str | dict[str, str]) -> str:
    """A scalar, or a table of scalars in one line."""
    return value if isinstance(value, str) else "  ".join(f"{key} {item}" for key, item in value.items())
