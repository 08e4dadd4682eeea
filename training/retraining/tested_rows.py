"""The tested rows of a sample as a stored bundle reads them, whichever source they came from."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.bundle import Bundle
from models.errors import AssetlightError
from models.features import CATALOGUE, compute_features
from models.lake import Lake
from models.prepared import own_schemas, read_own, read_prepared, table_of
from models.prepared.repeats import ONCE
from training.gathered import Gathered
from training.panel.command import days_of
from training.panel.features import panel_features
from training.panel.population import population
from training.running import Request, Rows, panel_request, table_asked_for


class RowsNotTheSame(AssetlightError):
    """The rows to compare on are not those that the challenger was tested on."""


class NotComparable(AssetlightError):
    """The model in force reads other columns than these rows can give it."""


def tested_rows(bundle: Bundle, gathered: Gathered, rows: Request, tested: NDArray[np.int64]) -> pa.Table:
    """enterprise_id and the bundle's features of the tested rows of the sample, missing values and all.

    Raises NotComparable where the rows' source cannot give what the bundle reads, RowsNotTheSame where it gives others.
    """
    _check_readable(bundle, rows)
    table = _SOURCES[rows.rows](bundle, gathered, rows).take(pa.array(tested))
    if table.column("enterprise_id").to_pylist() != gathered.sample.entity[tested].tolist():
        raise RowsNotTheSame("the features of the tested rows come in another order", found=f"{len(tested)} rows")
    return table.select(["enterprise_id", *bundle.features])


def _check_readable(bundle: Bundle, rows: Request) -> None:
    alone = bool(bundle.card.get("own_columns", {}).get("alone"))
    if rows.rows is Rows.TABLE and not alone:
        raise NotComparable(
            "the model in force scores stored records, and the challenger was tested on the rows of a prepared table",
            expected="a champion that was learned from such a table, or no champion in this scope",
            found=bundle.digest[:12],
            advice="Give the model of the table a scope (product) of its own",
        )
    if rows.rows is not Rows.TABLE and bundle.own_columns:
        raise NotComparable(
            "the model in force reads the bank's own columns, which these rows do not have",
            expected="a champion that reads the features of stored records alone",
            found=", ".join(bundle.own_columns),
            advice="Retrain from the table, or give the model of the records a scope (product) of its own",
        )


def _of_panel(_: Bundle, gathered: Gathered, rows: Request) -> pa.Table:
    """Every feature of the panel's rows, constant ones too: a champion may read what a challenger left out."""
    request = panel_request(rows)
    lake = Lake(request.home)
    people = population(
        lake.tables(), days_of(lake, request), horizon_months=request.horizon_months, until=request.known_until
    )
    del gathered
    return panel_features(lake, people, features=CATALOGUE, neighbourhood=True, cache=request.home / "panels")


def _of_labels(bundle: Bundle, gathered: Gathered, rows: Request) -> pa.Table:
    lake = Lake(rows.home)
    features = tuple(item for item in CATALOGUE if item.name in bundle.features)
    table = compute_features(lake.tables(neighbourhood=True), gathered.as_of, features=features)
    place = {name: row for row, name in enumerate(table.column("enterprise_id").to_pylist())}
    return table.take(pa.array([place[name] for name in gathered.sample.entity.tolist()], pa.int64()))


def _of_table(bundle: Bundle, _: Gathered, rows: Request) -> pa.Table:
    """The rows that have an outcome, read by the schema that the bundle was learned with."""
    path, schema = table_asked_for(rows)
    own, outcome = read_own([path], bundle.card)[0], read_prepared(path, schema).outcome
    own = own.once() if schema.repeats == ONCE else own
    if outcome is None:
        raise ValueError("a schema with a label gives outcomes")
    return table_of(own, own_schemas(bundle.card)[0]).filter(pa.array(~np.isnan(outcome)))


_SOURCES = {Rows.PANEL: _of_panel, Rows.LABELS: _of_labels, Rows.TABLE: _of_table}
