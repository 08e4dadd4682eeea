"""`assetlight audit verify|replay|checkpoint`: whether the ledger is whole, and whether its decisions hold."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import Context, HomeOption, JsonOption, open_context
from service.cli.errors import BAD_INPUT
from service.cli.replay import replay_command
from service.errors import StoreUnusable
from service.ledger.checkpoints import checkpoint_text, read_checkpoint
from service.ledger.entry import moment_text
from service.ledger.findings import Finding
from service.ledger.verifying import verify
from service.store import Store
from service.store.append_only_guards import Unguarded, unguarded
from service.store.engine import reason
from service.store.schema import LEDGER, LEDGER_HEAD

MOST_SHOWN = 20

audit = typer.Typer(
    no_args_is_help=True,
    help="The ledger: whether it is whole, and whether its decisions hold.",
    epilog="Example: assetlight audit verify",
)
commands.add_typer(audit, name="audit")
audit.command(
    "replay",
    epilog="Example: assetlight audit replay 0190a0b0-0000-7000-8000-000000000001. Exit codes: 0 the same to the byte; "
    "5 it comes out differently.",
)(replay_command)


@audit.command(
    "verify",
    epilog="Example: assetlight audit verify --checkpoint monday.json. Exit codes: 0 whole; 1 something changed, is "
    "missing or out of order, or the database no longer refuses changes; 3 the database needs `assetlight db upgrade` "
    "first.",
)
def verify_command(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", metavar="FILE", help="A checkpoint that was kept elsewhere; repeat for several."),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", metavar="FILE", help="The key (PEM) by which the checkpoints must be signed."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every entry, every assessment and every stored input byte by byte, and name the first that is wrong.

    Applications and what belongs to them, records about models, API keys and subscriptions are compared with what the
    entries say: a row that was edited, removed or slipped in is named with table, row, column and both values.
    Finds what was changed, is missing or out of order. Only a checkpoint that lies elsewhere tells that the last
    entries were cut off, or that the whole chain was written anew. Says also which of the triggers by which the
    database refuses changes are missing, altered or switched off.

    Changes nothing: a database of an earlier release is refused until `assetlight db upgrade` was run.
    """
    context = open_context(home, as_json=as_json)
    checkpoints = [read_checkpoint(path, public_key) for path in checkpoint or []]
    store = build(context.settings).store_as_it_is()
    with progress_bar(context) as bar:
        task = bar.add_task("verifying", total=None)
        try:
            with store.snapshot() as connection:
                entries = connection.execute(select(func.count()).select_from(LEDGER)).scalar_one()
                walk = verify(
                    connection, checkpoints, progress=lambda done, of: bar.update(task, completed=done, total=of)
                )
                findings = list(islice(walk, MOST_SHOWN))
                gone = unguarded(connection)
        except SQLAlchemyError as refusal:
            raise unreadable(store, refusal) from None
    store.close()
    facts = {
        "database": store.shown,
        "whole": not findings,
        "entries": entries,
        "checkpoints": [one.sequence for one in checkpoints],
        "first": asdict(findings[0]) if findings else None,
        "findings": [asdict(one) for one in findings],
        "unguarded": [asdict(one) for one in gone],
    }

    def show(console: Console) -> None:
        show_findings(console, entries, findings)
        show_unguarded(console, gone)

    context.finish(facts, show)
    raise typer.Exit(BAD_INPUT if findings or gone else 0)


@audit.command("checkpoint", epilog="Example: assetlight audit checkpoint --out monday.json --key auditor.pem")
def checkpoint_command(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write; never over a file.", show_default="the screen"),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="An Ed25519 private key (PEM) to sign with.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down the last entry of the ledger, to be kept where nobody who can change the database can change it.

    `audit verify --checkpoint FILE` then tells whether entries were cut off or written anew.
    """
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    store = service.store_as_it_is()
    with store.reading() as connection:
        head = connection.execute(select(LEDGER_HEAD)).one()
    store.close()
    text = checkpoint_text(head.sequence, head.hash, moment_text(service.clock()), key)
    if out is not None:
        with out.open("xb") as file:
            file.write(text)
    facts = {"sequence": head.sequence, "hash": head.hash, "signed": key is not None, "file": out and str(out)}

    def show(console: Console) -> None:
        if out is None:
            console.print(Text(text.decode().rstrip()), soft_wrap=True)
        else:
            console.print(f"entry {head.sequence} {head.hash[:16]} is written down in {out}", soft_wrap=True)

    context.finish(facts, show)


def unreadable(store: Store, refusal: Exception) -> StoreUnusable:
    """The sentence about a database that cannot be read to its end."""
    return StoreUnusable(
        "the ledger cannot be read to its end: the database itself is damaged",
        where=store.shown,
        found=reason(refusal),
        advice="keep the database as it is for the investigation, and restore the last backup elsewhere",
    )


def progress_bar(context: Context) -> Progress:
    """A bar on standard error; silent where nobody watches."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=context.err,
        disable=context.json or not context.err.is_terminal,
        transient=True,
    )


def show_findings(console: Console, entries: int, findings: list[Finding]) -> None:
    """One line, and what is wrong, the first one first."""
    if not findings:
        console.print(f"[bold green]whole 完整[/]: {entries:,} entries, each as it was written")
        return
    first = findings[0]
    place = f"at entry {first.sequence:,}" if first.sequence else "in the file"
    console.print(f"[bold red]not whole 不完整[/]: the first {place}: {first.what}", soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD)
    for words in ("entry 条目", "subject 对象", "what 问题", "expected 应为", "found 实为"):
        table.add_column(words, overflow="fold")
    for one in findings:
        told = [one.subject, one.what, one.expected, one.found]
        table.add_row(str(one.sequence) if one.sequence else "-", *(Text(text or "") for text in told))
    console.print(table)


def show_unguarded(console: Console, gone: list[Unguarded]) -> None:
    """The triggers that do not guard what they should."""
    if not gone:
        return
    console.print(
        f"[bold red]not guarded 防改触发器失效[/]: {len(gone)} of the triggers by which the database refuses changes",
        soft_wrap=True,
    )
    for one in gone:
        console.print(f"  {one.trigger} on {one.table}: {one.what}", soft_wrap=True)
