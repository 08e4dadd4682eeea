"""Own columns beside the features: joined to the rows of labels or of the panel as they were known on each day."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from models.errors import AssetlightError
from models.features import CATALOGUE
from models.prepared import PreparedRows, known_by
from training.gathered import Gathered, Subset
from training.sample import Matrix, Sample
from training.table.gather import described, telling


class ColumnNamedLikeAFeature(AssetlightError):
    """An own column has the name of a feature of the catalogue, or of another own column."""


def join_own(gathered: Gathered, rows: PreparedRows) -> Gathered:
    """The sample with the columns of one own table; entities of which nothing was known by the day have none.

    Where no row was known the whole table counts as a feed that is not connected. The figures of the model without the
    own columns stand beside. Raises ColumnNamedLikeAFeature, WhenKnownNotSaid, NoFeatures, FeatureWouldLeak.
    """
    sample = gathered.sample
    names = [column.name for column in rows.schema.columns]
    taken = {feature.name for feature in CATALOGUE} | set(sample.names)
    clash = [name for name in names if name in taken]
    if clash:
        raise ColumnNamedLikeAFeature(
            "an own column has a name that is taken", field=clash[0], found=", ".join(clash),
            advice="Rename it in the schema, and say under `header:` what the file calls it",
        )  # fmt: skip
    day = np.full(len(sample), np.datetime64(gathered.as_of, "D")) if sample.day is None else sample.day
    place = known_by(rows, sample.entity, day)
    schema = rows.schema.with_levels(rows.levels())
    matrix = rows.matrix(names, schema)[np.maximum(place, 0)]
    matrix[place < 0] = np.nan
    kept, left_out = telling(matrix, names)
    joined = _beside(sample, matrix[:, [names.index(name) for name in kept]], described(schema, kept, rows.origin))
    joined = replace(
        joined,
        left_out={**sample.left_out, **left_out},
        data_origin=tuple(sorted({*sample.data_origin, rows.origin})),
    )
    before = gathered.own_columns.get("tables", [])
    found = {
        "origin": rows.origin,
        "table_sha256": rows.sha256,
        "columns_ignored": list(rows.ignored),
        "rows_with_values": round(float((place >= 0).mean()), 6),
    }
    return replace(
        gathered,
        sample=joined,
        facts={**gathered.facts, "own_tables": [*gathered.facts.get("own_tables", []), found]},
        subsets=(
            *gathered.subsets,
            Subset(
                f"without_{rows.origin}",
                {"zh": f"剔除自备数据 {rows.origin}", "en": f"without the own columns of {rows.origin}"},
                tuple(name for name in joined.names if name not in kept),
            ),
        ),
        own_columns={"alone": False, "tables": [*before, schema.as_dict()]},
    )


def _beside(sample: Sample, matrix: Matrix, columns: dict[str, Any]) -> Sample:
    parts = ("names", "directions", "words", "feeds", "units", "kinds", "families")
    longer: dict[str, Any] = {part: (*getattr(sample, part), *columns[part]) for part in parts}
    levels = {**sample.levels, **columns["levels"]}
    return replace(sample, matrix=np.column_stack([sample.matrix, matrix]), levels=levels, **longer)
