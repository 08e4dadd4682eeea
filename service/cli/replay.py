"""`assetlight audit replay`, and `assetlight replay` for short: whether a kept decision would be made again."""

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
from service.applications.rows import of_assessment as of_application
from service.applications.rows import read
from service.bootstrap import Service, build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, open_context
from service.cli.errors import REPLAY_DIFFERS
from service.cli.words import several
from service.errors import AssessmentNotFound
from service.inputs import evidence_of
from service.replaying import MOST_SHOWN, Verdict, judge, read_decision
from service.store import Assessment

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
            help="The id of a kept assessment or of an application (its present assessment), or a file with a decision "
            "record (assetlight explain --json, or an answer of the API).",
        ),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a decision again from the inputs that were kept with it, and say whether it is the same to the byte.

    Then answer the same question with the records, the model and the policy that are there now: which of data, model,
    policy and code changed since, and the fields that differ. The ledger says who asked.
    """
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    made = replayed(service, decision)
    context.finish(made.facts(), lambda console: show_replay(console, made))
    raise typer.Exit(0 if made.matched else REPLAY_DIFFERS)


def replayed(service: Service, named: str) -> Verdict:
    """The replay of what a person named. Raises AssessmentNotFound, DecisionUnreadable, DecisionAltered."""
    path = Path(named)
    if not path.is_file():
        return of_assessment(service, service.assessments.get(assessment_named(service, named)))
    record, assessment = read_decision(path)
    kept = known(service, assessment, record.decision_id)
    return judge(service.assessor, record, None, None) if kept is None else of_assessment(service, kept)


def assessment_named(service: Service, named: str) -> str:
    """The assessment of that id, or the present one of the application of that id."""
    with service.store.reading() as connection:
        application = read(connection, named)
    return named if application is None else application.assessment_id


def known(service: Service, assessment: str | None, decision_id: str) -> Assessment | None:
    """The kept assessment of a decision in a file, if it was made here."""
    try:
        kept = service.assessments.get(assessment) if assessment else service.assessments.named(decision_id)
    except AssessmentNotFound:
        return None
    return kept if kept is not None and kept.decision_id == decision_id else None


def of_assessment(service: Service, kept: Assessment) -> Verdict:
    """The replay of a kept assessment."""
    service.recorder.accessed(kept.id, "replay", service.operator, service.clock())
    with service.store.reading() as connection:
        made_for = of_application(connection, kept.id)
    evidence = evidence_of(service.store, kept.id)
    own_line = None if made_for is None else made_for.id
    return judge(service.assessor, parse(kept.decision), kept_records(kept), evidence, own_line)


def show_replay(console: Console, made: Verdict) -> None:
    """One line, what changed since, and a table of what differs."""
    kept = made.main.kept
    about = f"{kept.enterprise_id}, {kept.as_of}, {kept.decision_id[:16]}"
    inputs = "the inputs that were kept with it" if made.from_kept is not None else "the records that are stored now"
    fields = several(len(made.told.differences), "field")
    changed = ", ".join(WORDS[name] for name in made.changed)
    if made.matched:
        console.print(f"[bold green]matched 一致[/]: {about} is made again to the byte from {inputs}")
        if changed:
            console.print(f"changed since 此后变化: {changed}; answered today, {fields} 字段 differ")
    else:
        console.print(f"[bold red]differs 不一致[/]: {about}; changed 变化: {changed}; {fields} 字段")
    if made.told.obstacle is not None:
        console.print(Text(made.told.obstacle))
    differences = made.told.differences
    if not differences:
        return
    table = Table(box=box.SIMPLE_HEAD)
    for words in ("field 字段", "kept 原", "again 重算"):
        table.add_column(words, overflow="fold")
    for one in differences[:MOST_SHOWN]:
        table.add_row(Text(one.field), Text(str(one.kept)), Text(str(one.now)))
    console.print(table)
