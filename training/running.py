"""One training run: rows from whichever source, the one road, the bundle in its place, and what a person sees of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from models.features import CATALOGUE, Feature
from models.lake import Lake
from models.prepared import LabelColumn, Schema, read_prepared, read_schema
from training.dataset import assemble
from training.gathered import LABELS, PANEL, TABLE, Gathered
from training.labels import read_labels
from training.panel.command import PanelRequest
from training.panel.command import gather as gather_panel
from training.pipeline import train
from training.plan import Plan
from training.publishing import Publication, end_as_json, publish
from training.selection import choose_features, split_names
from training.showing import show
from training.table.gather import gather_table
from training.table.own_columns import join_own
from training.table.rejected import with_rejected
from training.validation.reporting import Reporting, report_on

GATHERING = "features / 计算特征"


class Rows(Enum):
    """Where the rows come from."""

    LABELS = LABELS
    PANEL = PANEL
    TABLE = TABLE


@dataclass(frozen=True)
class Request:
    """Which rows a person asked for."""

    rows: Rows
    home: Path
    labels: Path | None = None
    label_origin: str | None = None
    as_of: date | None = None
    to: date | None = None
    every_months: int = 3
    known_until: date | None = None
    horizon_months: int = 12
    features: str = ""
    without: str = ""
    table: Path | None = None  # the rows themselves
    label_column: str | None = None  # of the table, instead of the schema's
    own: tuple[Path, ...] = ()  # tables whose columns stand beside the features
    schemas: tuple[Path, ...] = ()  # of the table, or of each own table in turn
    rejected: Path | None = None  # applicants without outcome, read by the schema of the table


def run(
    request: Request,
    plan: Plan,
    *,
    out: Path | None = None,
    force: bool = False,
    as_json: bool = False,
    reporting: Reporting | None = None,
) -> Publication:
    """Gather, train, publish, validate, and say how good the model is. `reporting` None: no report."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), console=console, disable=as_json or not console.is_terminal, transient=True,
    ) as bar:  # fmt: skip
        tasks = {GATHERING: bar.add_task(GATHERING, total=None)}

        def progress(words: str, done: int, total: int) -> None:
            if words not in tasks:
                tasks[words] = bar.add_task(words, total=total)
            bar.update(tasks[words], completed=done, total=total)

        gathered = gather(request, lambda done, total: progress(GATHERING, done, total))
        trained = train(gathered, plan, progress)
        made = publish(trained.bundle, request.home, out=out, force=force)
        written = reporting and report_on(trained, request.home, made.directory, reporting, progress)
    if as_json:
        end_as_json(trained.bundle, made, report=written.as_dict() if written else None)
    else:
        show(trained.bundle, made)
        for line in written.lines() if written else ():
            Console(soft_wrap=True).print(line)
    return made


def gather(request: Request, progress: Callable[[int, int], None] = lambda *_: None) -> Gathered:
    """The rows, whichever source they come from, with the bank's own columns beside them."""
    if request.rows is Rows.TABLE:
        return _from_table(request)
    chosen = choose_features(CATALOGUE, split_names(request.features), split_names(request.without))
    if request.rows is Rows.PANEL:
        gathered = gather_panel(panel_request(request), chosen, progress)
    else:
        gathered = _from_labels(request, chosen)
    for path, schema in zip(request.own, request.schemas, strict=True):
        gathered = join_own(gathered, read_prepared(path, read_schema(schema)))
    return gathered


def _from_labels(request: Request, chosen: Sequence[Feature]) -> Gathered:
    if request.labels is None or request.as_of is None:
        raise ValueError("labels on one day need the file and the day")
    lake = Lake(request.home)
    labels = read_labels(request.labels, request.label_origin)
    return assemble(
        lake.tables(neighbourhood=True), labels, request.as_of, chosen, horizon_months=request.horizon_months, lake=lake
    )


def _from_table(request: Request) -> Gathered:
    table, schema = table_asked_for(request)
    names, without = split_names(request.features), split_names(request.without)
    gathered = gather_table(table, schema, as_of=request.as_of, names=names, without=without)
    return gathered if request.rejected is None else with_rejected(gathered, request.rejected, schema)


def panel_request(request: Request) -> PanelRequest:
    """The days of the loan records that a person asked for."""
    return PanelRequest(
        request.home, request.as_of, request.to, request.every_months, request.known_until, request.horizon_months
    )


def table_asked_for(request: Request) -> tuple[Path, Schema]:
    """The prepared table and its schema, with the label column that was asked for instead of the schema's."""
    if request.table is None or len(request.schemas) != 1:
        raise ValueError("a prepared table needs its schema")
    schema = read_schema(request.schemas[0])
    if request.label_column is not None:
        given = schema.label or LabelColumn(request.label_column)
        schema = replace(schema, label=replace(given, column=request.label_column))
    return request.table, schema
