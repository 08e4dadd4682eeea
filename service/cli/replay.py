"""`assetlight replay`: whether a kept decision would be made again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.decision import parse
from service.api.explanations import kept_records
from service.bootstrap import Service, build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, open_context
from service.cli.errors import REPLAY_DIFFERS
from service.cli.words import several
from service.errors import AssessmentNotFound
from service.replaying import MOST_SHOWN, Replay, read_decision, replay

WORDS = {"data": "数据 data", "model": "模型 model", "policy": "政策 policy", "code": "程序 code"}


@commands.command(
    "replay",
    epilog="Example: assetlight replay decision.json. Exit codes: 0 the same to the byte; 5 it comes out differently.",
)
def replay_command(
    decision: Annotated[
        str,
        typer.Argument(
            metavar="DECISION",
            help="A file with a decision record (assetlight explain --json, or an answer of the API), or the id of a "
            "kept assessment.",
        ),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a decision again and say whether it is the same to the byte.

    Where it is not: which of data, model, policy and code changed, and the fields that differ. Nothing is kept.
    """
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    made = replayed(service, decision)
    context.finish(made.facts(), lambda console: show_replay(console, made))
    raise typer.Exit(0 if made.matched else REPLAY_DIFFERS)


def replayed(service: Service, named: str) -> Replay:
    """The replay of what a person named. Raises AssessmentNotFound, DecisionUnreadable, DecisionAltered."""
    path = Path(named)
    assessment: str | None = named
    if path.is_file():
        record, assessment = read_decision(path)
        if assessment is None:
            return replay(service.assessor, record, None)
    try:
        kept = service.assessments.get(str(assessment))
    except AssessmentNotFound:
        if path.is_file():
            return replay(service.assessor, record, None)
        raise
    return replay(service.assessor, parse(kept.decision), kept_records(kept))


def show_replay(console: Console, made: Replay) -> None:
    """One line, and a table of what differs."""
    about = f"{made.kept.enterprise_id}, {made.kept.as_of}, {made.kept.decision_id[:16]}"
    if made.matched:
        console.print(f"[bold green]matched 一致[/]: {about} is made again to the byte")
        return
    changed = ", ".join(WORDS[name] for name in made.changed)
    differences = made.differences
    console.print(
        f"[bold red]differs 不一致[/]: {about}; changed 变化: {changed}; {several(len(differences), 'field')} 字段"
    )
    table = Table(box=box.SIMPLE_HEAD)
    for words in ("field 字段", "kept 原", "now 现"):
        table.add_column(words, overflow="fold")
    for one in differences[:MOST_SHOWN]:
        table.add_row(Text(one.field), Text(str(one.kept)), Text(str(one.now)))
    console.print(table)
