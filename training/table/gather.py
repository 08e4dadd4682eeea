"""A prepared table with its label column as the rows to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import AssetlightError
from models.prepared import PreparedRows, Schema, SchemaNotUsable, named, read_prepared
from models.prepared.repeats import KEEP, ONCE
from training.gathered import TABLE, Gathered
from training.leakage import Finding
from training.outcomes import check_outcomes
from training.sample import Matrix, Sample, Words
from training.selection import NoFeatures, refuse_leaking_name
from training.split import last_share

OWN = "own"  # the family of columns that name no feed
CONSTANT = "没有取值或取值相同 / without a value, or the same for every row"
NOT_CHECKED: Words = {
    "zh": "该表未说明取值何时获知：无法检查特征是否包含时点之后的信息。",
    "en": "The table does not say when its values were known: whether they look past the day could not be checked.",
}
NO_WINDOW: Words = {
    "zh": "标签没有观察期：学习日的结果可能在检验日之后才知道。",
    "en": "The label has no outcome window: what is learned from may have become known after the days tested on.",
}


class DayNotKnown(AssetlightError):
    """Neither the table nor the command says which day the rows are about."""


def gather_table(
    path: Path,
    schema: Schema,
    *,
    as_of: date | None = None,
    names: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
) -> Gathered:
    """The rows of the table that have an outcome. `names`: only these columns; none: all. `as_of`: where it has no day.

    Raises what `read_prepared` raises, SchemaNotUsable without a label, NoFeatures, FeatureWouldLeak, DayNotKnown,
    OneClassOnly, TooFewDefaults.
    """
    if schema.label is None:
        raise SchemaNotUsable(
            "the schema names no label",
            where=path.name,
            field="label",
            advice="Add label: COLUMN, or pass --label COLUMN",
        )
    everything = read_prepared(path, replace(schema, repeats=KEEP) if schema.repeats == ONCE else schema)
    repeated = int(everything.repeated.sum())
    rows = everything.once() if schema.repeats == ONCE else everything
    outcome = rows.outcome
    if outcome is None:
        raise ValueError("a schema with a label gives outcomes")
    labelled = ~np.isnan(outcome)
    check_outcomes(outcome[labelled])
    wanted = [column.name for column in schema.columns if column.name not in without]
    wanted = [name for name in wanted if not names or name in names]
    learned = schema.with_levels(rows.levels())
    sample = _sample(rows, learned, wanted, labelled)
    last = max(sample.days) if sample.days else as_of
    if last is None:
        raise DayNotKnown(
            "nothing says which day the rows are about", expected="a day column in the schema, or --as-of",
            advice="Pass --as-of with the day on which the values stood",
        )  # fmt: skip
    findings = (repeated_keys(rows),) if rows.known_at is None else (known_after_day(rows, last), repeated_keys(rows))
    limits = [NOT_CHECKED] if rows.known_at is None else []
    limits += [NO_WINDOW] if len(sample.days) > 1 and not sample.horizon_months else []
    return Gathered(
        source=TABLE,
        title={"zh": "违约概率模型（自备数据表）", "en": "Default probability, from a prepared table"},
        sample=sample,
        as_of=last,
        facts={
            "table_sha256": rows.sha256,
            "columns_ignored": list(rows.ignored),
            "without_outcome": int((~labelled).sum()),
            "repeated_rows": {"rule": schema.repeats, "rows": repeated},
            "label_column": schema.label.column,
        },
        findings=findings,
        limits=tuple(limits),
        test_from=last_share(sample),
        own_columns={"alone": True, "tables": [learned.as_dict()]},
    )


def known_after_day(rows: PreparedRows, last: date) -> Finding:
    """Rows whose values were known only after the day that they are about."""
    day = rows.day if rows.day is not None else np.full(len(rows), np.datetime64(last, "D"))
    late = rows.known_at > day if rows.known_at is not None else np.zeros(len(rows), dtype=bool)
    first = int(late.argmax())
    return Finding(
        "known_after_day",
        not late.any(),
        "部分行的取值在其时点之后才获知",
        "some rows hold values that were known only after their day",
        f"{int(late.sum())} rows, such as {rows.entity[first]} on {day[first]}" if late.any() else "",
    )


def repeated_keys(rows: PreparedRows) -> Finding:
    """Rows of one entity on one day: right where it has several loans or invoices that day, else a mistake."""
    day = np.zeros(len(rows), dtype=np.int64) if rows.day is None else rows.day.astype("datetime64[D]").astype(np.int64)
    entity = np.unique(rows.entity, return_inverse=True)[1]
    _, first, times = np.unique(np.column_stack([entity, day]), axis=0, return_index=True, return_counts=True)
    later = np.ones(len(rows), dtype=bool)
    later[first] = False
    lines = np.sort(rows.lines[later]).tolist()
    on = "" if rows.day is None else " and day"
    return Finding(
        "repeated_keys",
        not lines,
        "同一企业同一时点有多行：若为多笔业务则正常，否则请核对",
        f"several rows have the same entity{on}: right where they are different loans, else to be looked into",
        f"{len(lines)} rows beside the first of {int((times > 1).sum())} keys: {named(lines)}" if lines else "",
        blocking=False,
    )


def described(schema: Schema, names: list[str], feed: str | None = None) -> dict[str, Any]:
    """What a sample says of own columns. `feed`: of columns that name none."""
    columns = [schema.column(name) for name in names]
    return {
        "names": tuple(names),
        "directions": tuple(column.direction for column in columns),
        "words": tuple({"zh": column.zh or column.name, "en": column.en or column.name} for column in columns),
        "feeds": tuple(column.feed or feed for column in columns),
        "units": tuple(column.unit for column in columns),
        "kinds": tuple(column.type for column in columns),
        "families": tuple(column.feed or OWN for column in columns),
        "levels": {column.name: column.levels for column in columns if column.levels},
    }


def telling(matrix: Matrix, names: list[str]) -> tuple[list[str], dict[str, str]]:
    """The columns that differ between rows, and the others with the reason. Raises NoFeatures, FeatureWouldLeak."""
    left_out: dict[str, str] = {}
    for place, name in enumerate(names):
        refuse_leaking_name(name)
        known = matrix[~np.isnan(matrix[:, place]), place]
        if not len(known) or (known == known[0]).all():
            left_out[name] = CONSTANT
    kept = [name for name in names if name not in left_out]
    if not kept:
        raise NoFeatures("no column of the table differs between its rows", found=", ".join(names))
    return kept, left_out


def _sample(rows: PreparedRows, schema: Schema, wanted: list[str], labelled: NDArray[np.bool_]) -> Sample:
    matrix = rows.matrix(wanted, schema)[labelled]
    kept, left_out = telling(matrix, wanted)
    label = schema.label
    return Sample(
        matrix=np.ascontiguousarray(matrix[:, [wanted.index(name) for name in kept]]),
        outcome=np.zeros(0) if rows.outcome is None else rows.outcome[labelled],
        entity=rows.entity[labelled],
        day=None if rows.day is None else rows.day[labelled],
        weight=np.empty(0) if rows.weight is None else rows.weight[labelled],
        segments=_segments(rows, labelled),
        data_origin=(rows.origin,),
        label_origin=f"{rows.origin}, column {label.column if label else ''}",
        horizon_months=label.horizon_months if label else None,
        left_out=left_out,
        **_bar(rows, schema, labelled),
        **described(schema, kept),
    )


def _segments(rows: PreparedRows, labelled: NDArray[np.bool_]) -> Mapping[str, NDArray[np.str_]]:
    return {name: values[labelled] for name, values in rows.segments.items()}


def _bar(rows: PreparedRows, schema: Schema, labelled: NDArray[np.bool_]) -> dict[str, Any]:
    if schema.bar is None:
        return {}
    column = schema.column(schema.bar)
    values = rows.matrix([schema.bar], schema)[labelled, 0] * (column.direction or 1)
    known = values[~np.isnan(values)]
    middle = float(np.median(known)) if len(known) else 0.0
    words = {"zh": f"仅用{column.zh or column.name}", "en": f"{column.en or column.name} alone"}
    return {"bar": np.where(np.isnan(values), middle, values), "bar_words": words}
