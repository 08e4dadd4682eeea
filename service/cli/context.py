"""What every command shares: the wording of its options, where it prints, and how its result leaves it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from models.records.identifier import normal_identifier
from service.errors import DayNotUnderstood
from service.settings import Settings, read_settings

HomeOption = Annotated[
    Path | None,
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


PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        envvar="ASSETLIGHT_POLICY_DIR",
        help="The bank's own policy folder (parameters/, products/), laid over the defaults.",
        show_default="the defaults alone",
        metavar="DIRECTORY",
    ),
]


def parse_day(text: str | date) -> date:
    """An ISO day; slashes are understood too."""
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat("-".join(part.zfill(2) for part in text.strip().replace("/", "-").split("-")))
    except ValueError:
        raise DayNotUnderstood("not a day", expected="a day such as 2020-02-29", found=text) from None


AsOfOption = Annotated[
    date,
    typer.Option(
        "--as-of",
        parser=parse_day,
        metavar="DATE",
        help="The day of the assessment: only what the bank knew by its end counts, e.g. 2020-02-29.",
    ),
]


def parse_enterprise(text: str) -> str:
    """An enterprise's id by the rule of imported ones, so that the stored one is found."""
    found = normal_identifier(text)
    if not found:
        raise typer.BadParameter("an enterprise's id is visible text")
    return found


@dataclass(frozen=True)
class Context:
    """Where a command finds its data and where its words go."""

    home: Path
    json: bool
    settings: Settings
    out: Console = field(default_factory=lambda: Console(highlight=False))
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def finish(self, facts: Mapping[str, Any], show: Callable[[Console], None]) -> None:
        """The result of the command, once: as one JSON object, or shown to a person."""
        if self.json:
            sys.stdout.write(json.dumps(facts, ensure_ascii=False, default=str) + "\n")
        else:
            show(self.out)
        sys.stdout.flush()


def open_context(home: Path | None, *, as_json: bool = False, **settings: Any) -> Context:  # noqa: ANN401
    """The context of one command, from its options and the environment."""
    read = read_settings(home=home, **settings)
    return Context(home=read.home, json=as_json, settings=read)
