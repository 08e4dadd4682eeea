"""`assetlight serve`: the API on this machine."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from service import serving
from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, open_context


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
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the API until Ctrl-C. Prints its address first; the log goes to standard error."""
    context = open_context(home, as_json=as_json, host=host, port=port)
    service = build(context.settings)
    _ = service.store  # a database of another form is refused here, with the command to run, not at the first request
    with serving.bind(context.settings.host, context.settings.port) as listening:
        base = serving.address(listening)
        facts: dict[str, Any] = {"address": base, "documentation": f"{base}/docs", "home": str(context.home)}
        context.finish(facts, lambda console: show_address(console, base))
        serving.run(service, listening)


def show_address(console: Console, base: str) -> None:
    """Where the API is and how to stop it."""
    console.print(f"assetlight serves at [bold cyan]{base}[/]   documentation: [cyan]{base}/docs[/]")
    console.print("Ctrl-C stops it.", style="dim")
