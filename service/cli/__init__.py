"""The `assetlight` command line: one file per command, named in `service.cli.app.OWN_COMMANDS`."""

from __future__ import annotations

from service.cli.app import commands
from service.cli.context import Context

__all__ = ["Context", "commands", "main"]


def main() -> None:
    """The console script: run one command and leave with its exit code."""
    commands(prog_name="assetlight")
