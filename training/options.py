"""Options that the commands of training share with those of the service, in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="ASSETLIGHT_HOME",
        help="Directory in which the data lies (made when needed).",
        show_default="./var",
        metavar="DIRECTORY",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print exactly one JSON object on standard output and nothing else there.")
]
