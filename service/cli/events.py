"""`assetlight events`: tell the bank's other systems what happened, and see what they could not be told."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, open_context
from service.outbox.deliveries import Delivery
from service.outbox.keeping import DEAD
from service.outbox.sending import Outcome
from service.outbox.signing import secret_text
from service.outbox.worker import Told, Worker

events = typer.Typer(
    no_args_is_help=True,
    help="What other systems are told: CloudEvents by signed webhook.",
    epilog="Example: assetlight events deliver",
)
subscriptions = typer.Typer(
    no_args_is_help=True, help="Who is told of what.", epilog="Example: assetlight events subscriptions list"
)
commands.add_typer(events, name="events")
events.add_typer(subscriptions, name="subscriptions")

EventArgument = Annotated[str, typer.Argument(help="The id, as `events dead` shows it.", metavar="ID")]
MostOption = Annotated[int, typer.Option("--limit", min=1, max=500, help="How many at most.")]
AfterOption = Annotated[int, typer.Option("--after", min=0, help="Only events after this number.")]


@subscriptions.command(
    epilog="Example: assetlight events subscriptions add https://erp.bank.example/hooks --name 'process engine' "
    "--type 'application.*' --type limit.changed"
)
def add(
    url: Annotated[str, typer.Argument(help="Where to: https, or http on this machine.", metavar="URL")],
    name: Annotated[str, typer.Option("--name", help="What system it is.")],
    types: Annotated[
        list[str] | None,
        typer.Option("--type", help="A type, application.* or *; again for another.", show_default="*"),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell a system of what happens from now on. The secret it verifies signatures with is shown this once."""
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    made = service.subscriptions.add(
        name=name, url=url, types=types or ["*"], actor=service.operator, at=service.clock()
    )
    facts = {**made.facts(), "secret": secret_text(service.subscriptions.secret(made))}
    service.close()

    def show(console: Console) -> None:
        console.print(f"[bold]{made.name}[/] is told of {', '.join(made.types)}; its id is {made.id}")
        console.print(f"secret (shown this once): [bold]{facts['secret']}[/]", soft_wrap=True)
        console.print("[dim]events go out while `assetlight events deliver` or `serve --deliver-events` runs[/]")

    context.finish(facts, show)


@subscriptions.command("list", epilog="Example: assetlight events subscriptions list --json")
def list_subscriptions(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show who is told of what; never a secret."""
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    found = [one.facts() for one in service.subscriptions.every()]
    service.close()

    def show(console: Console) -> None:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in ("id", "name", "types", "url"):
            table.add_column(column, overflow="fold")
        for one in found:
            table.add_row(one["id"], one["name"], ", ".join(one["types"]), one["url"])
        console.print(table if found else "No system is told of anything.")

    context.finish({"subscriptions": found}, show)


@subscriptions.command(epilog="Example: assetlight events subscriptions remove 018f2c1e-7a00-7000-8000-3d0c1f5a9b21")
def remove(
    subscription_id: Annotated[str, typer.Argument(help="The id, as the list shows it.", metavar="ID")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a subscription; what the system was not told yet, it is not told any more."""
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    service.subscriptions.remove(subscription_id, actor=service.operator, at=service.clock())
    service.close()
    context.finish({"removed": subscription_id}, lambda console: console.print(f"{subscription_id} is told no more"))


@events.command(epilog="Example: assetlight events deliver --once")
def deliver(
    once: Annotated[bool, typer.Option("--once", help="Send what is due now, then stop.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deliver events until Ctrl-C; attempts under way are finished. Several workers may run on one database.

    At least once, in order within one application; a repeated event has the same webhook-id. What is refused is tried
    again after 5 s, 10 s, ... up to 1 h, 60 times (25 to 51 hours), and is then a dead letter: see `events dead`.
    """
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    worker = service.event_worker()

    def said(one: Delivery, outcome: Outcome) -> None:
        if not context.json:
            result = "[green]delivered[/]" if outcome.problem is None else f"[yellow]not taken[/]: {outcome.problem}"
            context.err.print(f"{one.event_id} to {one.subscription_id[:13]}, attempt {one.attempts}: {result}")

    worker.each = said
    try:
        told = asyncio.run(worker.drain() if once else until_stopped(worker))
    finally:
        service.close()
    facts = {"delivered": told.delivered, "refused": told.refused, "dead": told.dead}
    context.finish(
        facts,
        lambda console: console.print(f"{told.delivered} delivered, {told.refused} not taken, {told.dead} now dead"),
    )


async def until_stopped(worker: Worker) -> Told:
    """Run a worker until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return await worker.run(stop)


@events.command("list", epilog="Example: assetlight events list --limit 20")
def list_events(
    after: AfterOption = 0, most: MostOption = 100, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Show events, oldest first, and how far each was told."""
    show_events(None, after, most, home, as_json)


@events.command(epilog="Example: assetlight events dead --json")
def dead(after: AfterOption = 0, most: MostOption = 100, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show dead letters: given up after 60 attempts; what happened to the same application later waits behind them."""
    show_events(DEAD, after, most, home, as_json)


@events.command(epilog="Example: assetlight events replay --all")
def replay(
    event_id: Annotated[str | None, typer.Argument(help="The id, as `events dead` shows it.", metavar="[ID]")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
    subscription: Annotated[str | None, typer.Option("--subscription", help="Only those of this subscription.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send dead letters again, from the first attempt on, with the ids they always had."""
    if (event_id is None) == (not everything):
        raise typer.BadParameter("name one event, or give --all")
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    changed = service.deliveries.replay(event_id, actor=service.operator, subscription_id=subscription)
    service.close()
    context.finish({"deliveries": changed}, lambda console: console.print(f"{changed} dead letters are sent again"))


@events.command(epilog="Example: assetlight events discard 2f0c6f0e-5d1b-5a0e-9b52-0a5a0c8c1d11")
def discard(event_id: EventArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Give a dead letter up for good, so that what waits behind it is told."""
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    changed = service.deliveries.discard(event_id, actor=service.operator)
    service.close()
    context.finish({"deliveries": changed}, lambda console: console.print(f"{changed} deliveries are given up"))


def show_events(state: str | None, after: int, most: int, home: Any, as_json: bool) -> None:  # noqa: ANN401
    """Events with their deliveries."""
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    found, counts = service.deliveries.listed(state, after=after, most=most), service.deliveries.counts()
    service.close()

    def show(console: Console) -> None:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in ("no.", "id", "type", "subject", "told"):
            table.add_column(column, overflow="fold")
        for one in found:
            told = [
                f"{d['state']} ({d['attempts']}){': ' + d['problem'] if d['problem'] else ''}"
                for d in one["deliveries"]
            ]
            table.add_row(str(one["sequence"]), one["id"], one["type"], one["subject"], "\n".join(told) or "nobody")
        console.print(table if found else "There is none.")
        console.print(", ".join(f"{number} {name}" for name, number in counts.items()), style="dim")

    context.finish({"events": found, "counts": counts}, show)
