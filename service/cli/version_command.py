"""`assetlight version`: which code this is and what it stands on."""

from __future__ import annotations

import platform
from importlib.metadata import version as installed_version

from rich.console import Console

from models import __version__
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, open_context

STANDS_ON = ("duckdb", "lightgbm", "pyarrow", "numpy", "pydantic", "fastapi", "sqlalchemy")


@commands.command(epilog="Example: assetlight version --json")
def version(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show the version of assetlight, of Python and of the libraries that decide results."""
    context = open_context(home, as_json=as_json)
    libraries = {name: installed_version(name) for name in STANDS_ON}
    facts = {"assetlight": __version__, "python": platform.python_version(), "libraries": libraries}

    def show(console: Console) -> None:
        console.print(f"[bold]assetlight {__version__}[/] on Python {facts['python']}")
        console.print(", ".join(f"{name} {number}" for name, number in libraries.items()), style="dim")

    context.finish(facts, show)
