"""Training's commands: the `assetlight` command line finds them through the entry points `assetlight.commands`."""

from __future__ import annotations

import typer

from training.simulate.command import simulate
from training.train_command import train

commands = typer.Typer(no_args_is_help=True)
commands.command("simulate")(simulate)
commands.command("train")(train)
