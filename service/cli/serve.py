"""`assetlight serve`: the API on this machine."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from service import serving
from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, open_context
from service.people.development import WARNING_EN, WARNING_ZH
from service.settings import Settings

DEVELOPMENT = "development issuer"
NOBODY = "API keys only"


@commands.command(epilog="Example: assetlight serve --port 8080")
def serve(
    host: Annotated[
        str | None,
        typer.Option("--host", envvar="ASSETLIGHT_HOST", help="Address to listen on.", show_default="127.0.0.1"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", envvar="ASSETLIGHT_PORT", min=0, max=65535, help="Port; 0 takes a free one.", show_default="8000"
        ),
    ] = None,
    development_issuer: Annotated[
        bool,
        typer.Option(
            "--development-issuer",
            envvar="ASSETLIGHT_DEVELOPMENT_ISSUER",
            help="Take tokens of `assetlight people token`: on a laptop only.",
        ),
    ] = False,
    deliver_events: Annotated[
        bool,
        typer.Option(
            "--deliver-events",
            envvar="ASSETLIGHT_DELIVER_EVENTS",
            help="Deliver events to subscribed systems too, as `assetlight events deliver` does.",
        ),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the API until Ctrl-C. Prints its address first; the log goes to standard error."""
    context = open_context(
        home,
        as_json=as_json,
        host=host,
        port=port,
        development_issuer=development_issuer or None,
        deliver_events=deliver_events or None,
    )
    serving.refuse_development_beyond_loopback(context.settings)
    service = build(context.settings)
    _ = service.store  # a database of another form is refused here, with the command to run, not at the first request
    with serving.bind(context.settings.host, context.settings.port) as listening:
        base = serving.address(listening)
        facts: dict[str, Any] = {
            "address": base,
            "documentation": f"{base}/docs",
            "home": str(context.home),
            "people": who_is_let_in(context.settings),
        }
        context.finish(facts, lambda console: show_address(console, facts))
        serving.run(service, listening)


def who_is_let_in(settings: Settings) -> str:
    """Whose tokens are taken, in a word: an issuer, the development issuer, or nobody's."""
    return DEVELOPMENT if settings.development_issuer else settings.issuer or NOBODY


def show_address(console: Console, facts: dict[str, Any]) -> None:
    """Where the API is, who may come in, and how to stop it."""
    base, who = facts["address"], facts["people"]
    console.print(f"assetlight serves at [bold cyan]{base}[/]   documentation: [cyan]{base}/docs[/]")
    if who == DEVELOPMENT:
        console.print(f"[bold white on red] {WARNING_EN} [/]\n[bold white on red] {WARNING_ZH} [/]")
        console.print(f"a token: assetlight people token --role officer --home {facts['home']}", soft_wrap=True)
    elif who == NOBODY:
        console.print(
            "[yellow]No identity provider is set up: only API keys are let in.[/] Set ASSETLIGHT_ISSUER, "
            "ASSETLIGHT_AUDIENCE and ASSETLIGHT_JWKS_URL, or on a laptop: assetlight serve --development-issuer"
        )
    console.print("Ctrl-C stops it.", style="dim")
