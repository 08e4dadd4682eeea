"""The `assetlight` command line: one file per command, named in `service.cli.app.OWN_COMMANDS`."""

from __future__ import annotations

import sys
from io import TextIOWrapper

from service.cli.app import commands
from service.cli.context import Context

__all__ = ["Context", "commands", "main"]


def main() -> None:
    """The console script: run one command and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a character must not stop the work
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    commands(prog_name="assetlight")
