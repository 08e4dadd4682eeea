"""`assetlight db upgrade|status|current`: the form of the database, and the way to the form of this release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from sqlalchemy import Engine

from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import Context, HomeOption, JsonOption, open_context
from service.cli.errors import MISSING_PREREQUISITE
from service.store import address_of, form_of, shown
from service.store.engine import open_engine

db = typer.Typer(
    no_args_is_help=True,
    help="The database: SQLite in the data directory, or PostgreSQL by ASSETLIGHT_DATABASE_URL.",
    epilog="Example: assetlight db status",
)
commands.add_typer(db, name="db")


@contextmanager
def opened(context: Context) -> Iterator[Engine]:
    """The database of the settings, whatever its form."""
    engine = open_engine(address_of(context.settings.store_url))
    try:
        yield engine
    finally:
        engine.dispose()


@db.command("upgrade", epilog="Example: ASSETLIGHT_DATABASE_URL=postgresql://user@host/bank assetlight db upgrade")
def upgrade_command(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Bring the database to the form of this release: all pending steps or none. Loses no row; may be run again."""
    context = open_context(home, as_json=as_json)
    taken = build(context.settings).upgrade_store()
    with opened(context) as engine:
        facts = {"database": shown(engine.url), "taken": list(taken), "current": form_of(engine).current}

    def show(console: Console) -> None:
        steps = f"took {len(taken)} steps: {', '.join(taken)}" if taken else "nothing to do"
        console.print(f"{facts['database']}: {steps}; now at step {facts['current']}", soft_wrap=True)

    context.finish(facts, show)


@db.command(
    "status",
    epilog="Example: assetlight db status. Exit codes: 0 this release can use it; 3 `assetlight db upgrade` must run "
    "first; 1 a newer release made it.",
)
def status_command(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show which database is used, the step it is at, the one this release needs, and what is pending."""
    context = open_context(home, as_json=as_json)
    with opened(context) as engine:
        form = form_of(engine)
        facts: dict[str, Any] = {
            "database": shown(engine.url),
            "kind": engine.dialect.name,
            "server": ".".join(str(part) for part in engine.dialect.server_version_info or ()),
            "current": form.current,
            "needed": form.head,
            "pending": list(form.pending),
            "state": "ready" if form.ready else "ahead" if form.ahead else "behind",
        }
    words = {
        "ready": "[green]ready 就绪[/]",
        "behind": "[bold red]behind 落后[/]: run `assetlight db upgrade`",
        "ahead": "[bold red]ahead 超前[/]: a newer release made it; install that release",
    }

    def show(console: Console) -> None:
        console.print(f"{facts['database']}  ({facts['kind']} {facts['server']})", soft_wrap=True)
        console.print(f"step {facts['current'] or '-'} of {facts['needed']}: {words[facts['state']]}")

    context.finish(facts, show)
    raise typer.Exit({"ready": 0, "behind": MISSING_PREREQUISITE, "ahead": 1}[facts["state"]])


@db.command("current", epilog="Example: assetlight db current")
def current_command(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Print the step that the database is at, and nothing else."""
    context = open_context(home, as_json=as_json)
    with opened(context) as engine:
        current = form_of(engine).current
    context.finish({"current": current}, lambda console: console.print(current or "-"))
