"""`assetlight db upgrade|status|current|backup|restore|purge`: the form of the database, its copy, the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import URL, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from service.bootstrap import build
from service.cli.app import commands
from service.cli.audit import progress_bar
from service.cli.context import Context, HomeOption, JsonOption, open_context
from service.cli.errors import MISSING_PREREQUISITE
from service.errors import LedgerNotWhole
from service.ledger.verifying import verify
from service.operations.backup_keys import (
    ENDING,
    SETTING,
    attachments_missing,
    keys_needed,
    put_keys,
    read_keys,
    require_keys,
    require_room,
    take_keys,
)
from service.store import address_of, form_of, shown
from service.store.backup import (
    BackupUnreadable,
    back_up,
    file_of,
    refuse_overwriting,
    require_folder,
    restore,
    sha256_of,
)
from service.store.engine import open_engine, reason
from service.store.migrating import ahead
from service.store.schema import LEDGER_HEAD

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


@db.command("backup", epilog="Example: assetlight db backup /backups/2026-11-23.sqlite3")
def backup_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the copy; never over a file.")],
    keys: Annotated[
        Path | None,
        typer.Option("--keys", metavar="FILE", help="Where to write the keys.", show_default="FILE.keys"),
    ] = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Take no keys: they are kept elsewhere.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the SQLite store while the service runs, and verify the copy, decisions and their inputs included.

    The keys that seal records about models and sign events are not in the database: they go into FILE.keys, readable
    by its owner alone, to be kept apart from the copy. A backup whose keys are missing is refused.
    Records, models, results and policy of your own lie in files: the answer names what else belongs to a backup.
    """
    context = open_context(home, as_json=as_json)
    address = address_of(context.settings.store_url)
    if without_keys and keys is not None:
        raise typer.BadParameter("--keys and --without-keys exclude each other")
    target = keys or file.with_name(file.name + ENDING)
    file_of(address)
    require_folder(file)
    with opened(context) as engine, engine.connect() as connection:
        needed = keys_needed(connection, context.settings)
    if not without_keys:
        require_keys(needed)
        refuse_overwriting(target)
        require_folder(target)
    found: dict[str, Any] = {}
    back_up(address, file, partial(checked, context, found))
    taken = [] if without_keys else take_keys(context.home, target)
    facts = {"file": str(file), "bytes": file.stat().st_size, "sha256": sha256_of(file), **found}
    facts |= {"keys": [asdict(one) for one in needed], "keys_taken": taken, "keys_file": str(target) if taken else None}
    facts["also"] = [str(path) for path in beside(context)]

    def show(console: Console) -> None:
        console.print(f"{file}: {facts['bytes']:,} bytes, {words_of(found)}", soft_wrap=True)
        console.print(f"SHA-256 {facts['sha256']}", soft_wrap=True)
        if taken:
            words = "secret, keep it apart from the copy 密钥须与备份分开保管"
            console.print(f"{target}: {', '.join(taken)}; {words}", soft_wrap=True)
        for one in needed:
            if one.name not in taken:
                place = one.kept_in or "nowhere here"
                console.print(
                    f"[bold yellow]not in it 未包含[/]: {one.name} ({one.needed_by}), {place}", soft_wrap=True
                )
        console.print(f"also to be kept 另需备份: {', '.join(facts['also']) or '-'}", soft_wrap=True)

    context.finish(facts, show)


@db.command(
    "restore",
    epilog="Example: assetlight db restore /backups/2026-11-23.sqlite3 --home ./new. Exit codes: 0 all is there; 3 it "
    "is restored, and what is missing is named.",
)
def restore_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy made by `assetlight db backup`.")],
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys", metavar="FILE", help="The keys of that backup.", show_default="FILE.keys, if it is there"
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a copy and put it in the place of a store that is not there; one that is there is never overwritten.

    The keys of the backup are put where they belong. What is missing then is named: keys that the database needs, and
    attachments of cases.
    """
    context = open_context(home, as_json=as_json)
    address = address_of(context.settings.store_url)
    beside_it = file.with_name(file.name + ENDING)
    given = read_keys(keys) if keys is not None else read_keys(beside_it) if beside_it.is_file() else {}
    require_room(context.home, given)
    found: dict[str, Any] = {}
    restore(file, address, partial(checked, context, found))
    put = put_keys(context.home, given)
    with opened(context) as engine, engine.connect() as connection:
        needed = keys_needed(connection, context.settings)
        files = attachments_missing(connection, context.settings.attachments)
    lacking = [one for one in needed if one.state != "right"]
    facts = {"file": str(file), "database": shown(address), **found, "also": [str(path) for path in beside(context)]}
    facts |= {"keys": [asdict(one) for one in needed], "keys_put": put, "attachments_missing": files}

    def show(console: Console) -> None:
        console.print(f"{facts['database']}: restored from {file}, {words_of(found)}", soft_wrap=True)
        if put:
            console.print(f"keys 密钥: {', '.join(put)}", soft_wrap=True)
        for one in lacking:
            words = f"{one.name} or {SETTING[one.name]} ({one.needed_by})"
            console.print(f"[bold red]{one.state} {MISSING_ZH[one.state]}[/]: {words}", soft_wrap=True)
        if files:
            console.print(f"[bold red]missing 缺失[/]: {files:,} attachments of cases", soft_wrap=True)
        console.print("restore beside it 另需恢复: lake/, bundles/, attachments/ (from their own backups)")

    context.finish(facts, show)
    raise typer.Exit(MISSING_PREREQUISITE if lacking or files else 0)


@db.command("purge", epilog="Example: assetlight db purge --dry-run")
def purge_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove answers to repeated requests and events that everybody was told of, once their time is over.

    Times: ASSETLIGHT_KEEP_ANSWERS_DAYS and ASSETLIGHT_KEEP_EVENTS_DAYS. A server does it by itself every hour.
    Decisions, their inputs, cases and the ledger are never touched; the ledger has an entry of what was removed.
    """
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    removed = service.retention.due() if dry_run else service.retention.purge(service.operator)
    service.close()
    facts = {"dry_run": dry_run, **vars(removed)}

    def show(console: Console) -> None:
        did = "would be removed 将清除" if dry_run else "removed 已清除"
        console.print(f"{did}: {removed.answers:,} answers of before {removed.answers_before[:10]}", soft_wrap=True)
        told = f"{removed.events:,} events ({removed.deliveries:,} deliveries) of before {removed.events_before[:10]}"
        console.print(f"{did}: {told}", soft_wrap=True)

    context.finish(facts, show)


def checked(context: Context, found: dict[str, Any], address: URL) -> None:
    """The check of a copy: a form that this release knows, and a whole ledger. Raises LedgerNotWhole, DatabaseAhead."""
    engine = open_engine(address, pooled=False)
    try:
        form = form_of(engine)
        if form.ahead:
            raise ahead(form, engine)
        found.update(step=form.current, verified=form.ready)
        if not form.ready:
            return
        with progress_bar(context) as bar, engine.connect() as connection:
            task = bar.add_task("verifying", total=None)
            walk = verify(connection, progress=lambda done, of: bar.update(task, completed=done, total=of))
            first = next(walk, None)
            found["entries"] = connection.execute(select(LEDGER_HEAD.c.sequence)).scalar_one_or_none()
    except SQLAlchemyError as refusal:
        raise BackupUnreadable("the copy cannot be read to its end", found=reason(refusal)) from None
    finally:
        engine.dispose()
    if first is not None:
        raise LedgerNotWhole(
            "the ledger is not whole, so the copy is not trusted",
            where=f"entry {first.sequence}",
            expected=first.expected,
            found=f"{first.what}{'' if first.found is None else ': ' + first.found}",
            advice="run `assetlight audit verify` on the store",
        )


def words_of(found: dict[str, Any]) -> str:
    """What was checked, for a person."""
    if not found["verified"]:
        return f"step {found['step']} of an earlier release: not verified"
    return f"verified: {found['entries']:,} entries"


MISSING_ZH = {"missing": "缺失", "another": "不符"}
KEPT_BESIDE = (  # folders of the data directory
    "lake", "bundles", "validations", "attachments", "received", "results", "quarantine",
)  # fmt: skip


def beside(context: Context) -> list[Path]:
    """What else belongs to a backup: records, models, files of cases, results and the bank's own policy."""
    settings = context.settings
    own = [settings.home / name for name in KEPT_BESIDE]
    return [path for path in (*own, settings.policy_dir) if path is not None and path.exists()]
