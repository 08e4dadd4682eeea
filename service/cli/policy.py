"""`assetlight policy show|diff|check`: the policy of a day, what differs from another, whether all can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from models.bundle import BundleNotFound
from models.default_probability import population_of
from models.policy import Difference, OverlayUsed, Policy, Unstated, differences
from models.policy.load import DEFAULT_PRODUCT
from models.policy.parameter import value_text
from models.reference_population import TRAINING_AVERAGE
from service.bootstrap import Service, build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, PolicyOption, open_context, parse_day
from service.cli.words import several
from service.policies import policy_on

policy = typer.Typer(no_args_is_help=True, help="The bank's policy as data.", epilog="Example: assetlight policy show")
commands.add_typer(policy, name="policy")


@policy.command(epilog="Example: assetlight policy show --on 2026-03-31")
def show(
    on: Annotated[
        date | None,
        typer.Option("--on", parser=parse_day, metavar="DATE", help="The day asked about.", show_default="today"),
    ] = None,
    policy_dir: PolicyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every policy value and product in force on a day, with its source and the day it took force."""
    context = open_context(home, as_json=as_json, policy_dir=policy_dir)
    assessor = build(context.settings).assessor
    in_force = assessor.policy_on(on or assessor.today())
    facts = policy_facts(in_force)
    context.finish(facts, lambda console: show_policy(console, in_force, facts))


@policy.command(epilog="Example: assetlight policy diff --on 2024-06-30 --against 2018-06-30")
def diff(
    on: Annotated[
        date | None,
        typer.Option("--on", parser=parse_day, metavar="DATE", help="The day asked about.", show_default="today"),
    ] = None,
    against: Annotated[
        date | None,
        typer.Option(
            "--against", parser=parse_day, metavar="DATE", help="The day to compare with.", show_default="same day"
        ),
    ] = None,
    policy_dir: PolicyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what differs from another day, or (with --policy and no other day) from the defaults of the same day."""
    context = open_context(home, as_json=as_json, policy_dir=policy_dir)
    service = build(context.settings)
    day = on or service.assessor.today()
    after = service.policy_on(day)
    before = policy_on(day) if against is None else service.policy_on(against)
    found = differences(before, after)
    facts = {
        "on": after.on.isoformat(),
        "against": before.on.isoformat(),
        "overlays": [overlay.name for overlay in after.overlays],
        "differences": [{**asdict(item), "since": item.since.isoformat() if item.since else None} for item in found],
        "digest_before": before.digest,
        "digest_after": after.digest,
    }
    context.finish(facts, lambda console: show_differences(console, before, after, found))


@policy.command(epilog="Example: assetlight policy check --policy bank-policy --on 2024-06-30")
def check(
    on: Annotated[
        date | None,
        typer.Option("--on", parser=parse_day, metavar="DATE", help="The day asked about.", show_default="today"),
    ] = None,
    policy_dir: PolicyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read every file of the policy completely, and name values past their review date.

    A wrong file exits with 1, and so does a policy that compares with a population which the model in force lacks.
    """
    context = open_context(home, as_json=as_json, policy_dir=policy_dir)
    service = build(context.settings)
    checked = service.policy_on(on or service.assessor.today())
    _check_population(service, checked)
    facts = {
        "on": checked.on.isoformat(),
        "digest": checked.digest,
        "values": len(checked.parameters),
        "compared_with": checked.compared_with or TRAINING_AVERAGE,
        "products": sorted(checked.products),
        "overlays": [{"name": item.name, "replaces": replaced_by(item)} for item in checked.overlays],
        "overdue_reviews": [
            {"name": item.name, "owner": item.owner, "review_by": item.review_by.isoformat()}
            for item in checked.review_warnings
        ],
        "not_stated": [asdict(item) for item in checked.unstated],
    }
    context.finish(facts, lambda console: show_check(console, checked))


def _check_population(service: Service, checked: Policy) -> None:
    """Whether the model in force has whom the policy compares with, where there is a model."""
    if checked.compared_with is None:
        return
    try:
        bundle = service.bundles.current(checked.text(DEFAULT_PRODUCT))
    except BundleNotFound:
        return
    population_of(bundle, checked.compared_with)


def show_differences(console: Console, before: Policy, after: Policy, found: Sequence[Difference]) -> None:
    """Each difference in one row, with the first day and the reference of the new value."""
    laid = ", ".join(overlay.name for overlay in after.overlays) or "defaults"
    console.print(f"[bold]{before.on} -> {after.on}[/] ({laid}): {several(len(found), 'difference')}")
    for item in found:
        name = f"{item.name}.{item.key}" if item.key else item.name
        console.print(f"\n[bold cyan]{name}[/]  {item.before or '-'} -> [bold]{item.after or '-'}[/] {item.unit}")
        if item.since and item.reference:
            console.print(Padding(Text(f"from {item.since}: {item.reference}"), (0, 0, 0, 2)), style="dim")


def replaced_by(overlay: OverlayUsed) -> list[str]:
    """Everything that an overlay replaces or adds, what no computed amount depends on last."""
    return [*overlay.replaces, *(() if overlay.beside is None else overlay.beside.replaces)]


def show_check(console: Console, checked: Policy) -> None:
    """What was read, what a bank laid over it, and what is overdue."""
    console.print(
        f"policy of {checked.on}: {len(checked.parameters)} values, {len(checked.products)} products, all read"
    )
    for overlay in checked.overlays:
        console.print(f"{overlay.name} replaces {', '.join(replaced_by(overlay)) or 'nothing'}")
    show_unstated(console, checked.unstated)
    for warning in checked.review_warnings:
        console.print(f"[yellow]! {warning.en} / {warning.zh}[/]")
    console.print(f"policy digest {checked.digest}", style="dim")


def show_unstated(console: Console, items: Sequence[Unstated]) -> None:
    """Each value that the bank has not stated, and what that turns off."""
    for item in items:
        console.print(f"[yellow]! {item.name} is not stated / 未填报: {item.en} / {item.zh}. Owner: {item.owner}[/]")


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
        "not_stated": [asdict(item) for item in policy.unstated],
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
    show_unstated(console, policy.unstated)
    for warning in policy.review_warnings:
        console.print(f"[yellow]! {warning.en} / {warning.zh}[/]")
    console.print(f"policy digest {policy.digest}", style="dim")


def as_text(value: str | dict[str, str]) -> str:
    """A scalar, or a table of scalars in one line."""
    return value if isinstance(value, str) else "  ".join(f"{key} {item}" for key, item in value.items())
