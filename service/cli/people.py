"""`assetlight people token|keys`: tokens for a laptop, keys for batch jobs."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from service.bootstrap import Service, build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, open_context
from service.errors import SettingNotUsable
from service.people import EVERYWHERE, Role
from service.people.development import WARNING_EN, WARNING_ZH, DevelopmentIssuer
from service.people.keys import ApiKey, KeyAsked

EVERY_ROLE = ", ".join(Role)
people = typer.Typer(
    no_args_is_help=True, help="Who may call the API.", epilog="Example: assetlight people token --role officer"
)
keys = typer.Typer(no_args_is_help=True, help="API keys for batch jobs.", epilog="Example: assetlight people keys list")
commands.add_typer(people, name="people")
people.add_typer(keys, name="keys")

RolesOption = Annotated[list[Role], typer.Option("--role", help=f"A role; again for another: {EVERY_ROLE}.")]
BranchesOption = Annotated[
    list[str] | None, typer.Option("--branch", help="A branch in reach; again for another; * is every branch.")
]
ParksOption = Annotated[list[str] | None, typer.Option("--park", help="Only cases of this park; again for another.")]


@people.command(epilog="Example: assetlight people token --role officer --name 'Li Hua' --branch hangzhou")
def token(  # noqa: PLR0913, PLR0917  # one option each
    roles: RolesOption,
    name: Annotated[str | None, typer.Option("--name", help="The person's name.", show_default="the role")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="The person's id.", show_default="dev: and the name")
    ] = None,
    branches: BranchesOption = None,
    parks: ParksOption = None,
    authority: Annotated[
        str | None,
        typer.Option(
            "--authority",
            help="An approver's level in the policy; as shipped: branch, department, head_office.",
            show_default="the lowest",
        ),
    ] = None,
    hours: Annotated[float, typer.Option("--hours", min=0.01, max=24 * 31, help="How long it is good for.")] = 12,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token of the development issuer: good on this data directory, while `serve --development-issuer` runs.

    Without --branch the person reaches every branch. The token alone goes to standard output.
    """
    context = open_context(home, as_json=as_json)
    if context.settings.issuer is not None:
        raise SettingNotUsable(
            "there is a real identity provider, so there is no development issuer",
            field="ASSETLIGHT_ISSUER",
            advice="get the token from the bank's identity provider",
        )
    named = name or roles[0].value
    now = build(context.settings).clock()
    text = DevelopmentIssuer(context.home).token(
        subject=subject or "dev:" + "-".join(named.casefold().split()),
        name=named,
        roles=roles,
        branches=branches or [EVERYWHERE],
        parks=parks or [],
        authority=authority,
        now=now,
        lifetime=timedelta(hours=hours),
    )
    context.err.print(f"[bold yellow]{WARNING_EN} {WARNING_ZH}[/]")
    facts = {
        "token": text,
        "name": named,
        "roles": list(roles),
        "expires_at": (now + timedelta(hours=hours)).isoformat(),
    }
    context.finish(facts, lambda _: print_plain(text))


@keys.command(
    epilog="Example: assetlight people keys create --name 'nightly scoring' --role service "
    "--route 'POST /v1/assessments' --days 90"
)
def create(
    name: Annotated[str, typer.Option("--name", help="What the key is for.")],
    roles: RolesOption,
    routes: Annotated[
        list[str] | None,
        typer.Option(
            "--route", help="The only route it opens, as in /docs; again for another. Default: all of its roles."
        ),
    ] = None,
    branches: BranchesOption = None,
    parks: ParksOption = None,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="After so many days it opens nothing.")] = 90,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key. It is shown once and kept only as a digest; without --branch it reaches no case."""
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    asked = KeyAsked(name, roles, timedelta(days=days), branches or [], routes or [], parks or [])
    key, text = service.api_keys.create(asked, service.clock(), service.operator)
    facts = {"key": text, **key_facts(service, key)}
    service.close()
    context.finish(facts, lambda console: show_created(console, text, facts))


@keys.command("list", epilog="Example: assetlight people keys list --json")
def list_keys(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show every key with its roles and state; never the key itself."""
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    found = [key_facts(service, key) for key in service.api_keys.every()]
    service.close()
    context.finish({"keys": found}, lambda console: show_keys(console, found))


@keys.command(epilog="Example: assetlight people keys revoke 3f9a1c2b7d80")
def revoke(
    key_id: Annotated[str, typer.Argument(help="The id, as `keys list` shows it.", metavar="ID")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close a key for good, from this moment on."""
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    facts = key_facts(service, service.api_keys.revoke(key_id, service.clock(), service.operator))
    service.close()
    context.finish(facts, lambda console: console.print(f"key {facts['id']} ({facts['name']}) is {facts['state']}"))


def key_facts(service: Service, key: ApiKey) -> dict[str, Any]:
    """What may be known of a key."""
    return {
        "id": key.id,
        "name": key.name,
        "state": key.state(service.clock()),
        **{part: list(getattr(key, part)) for part in ("roles", "routes", "branches", "parks")},
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat(),
        "revoked_at": None if key.revoked_at is None else key.revoked_at.isoformat(),
    }


def print_plain(text: str) -> None:
    """A text alone on its line, however long it is."""
    sys.stdout.write(text + "\n")


def show_created(console: Console, text: str, facts: dict[str, Any]) -> None:
    """The key, once."""
    console.print(f"key of [bold]{facts['name']}[/], good until {facts['expires_at'][:10]}; it is shown this once:")
    print_plain(text)
    console.print(f"[dim]send it as X-API-Key; close it with: assetlight people keys revoke {facts['id']}[/]")


def show_keys(console: Console, found: list[dict[str, Any]]) -> None:
    """A table of keys."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("id", "name", "state", "roles", "routes", "branches", "expires"):
        table.add_column(column, overflow="fold")
    for one in found:
        routes, branches = ", ".join(one["routes"]) or "all", ", ".join(one["branches"]) or "none"
        table.add_row(
            one["id"], one["name"], one["state"], ", ".join(one["roles"]), routes, branches, one["expires_at"][:10]
        )
    console.print(table if found else "No API key was ever made.")
