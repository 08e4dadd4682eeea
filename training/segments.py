"""Segments of enterprises for a validator: size, sector, region, stage and core enterprise, from what is on file.

They are looked at and never learned from, so the latest statement about an enterprise serves every one of its rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.tables import Tables

Texts = NDArray[np.str_]
KINDS_READ = ("enterprise", "anchor_programme")
STAGES = ((3, "< 3 years"), (7, "3-7 years"))  # since the firm was founded; older ones are of the last stage
OLDER = ">= 7 years"
NO_ANCHOR = "none"
_ENTERPRISE = """
SELECT enterprise_id, coalesce(size_class, '') AS size, coalesce(left(industry_code, 1), '') AS sector,
  coalesce(CASE WHEN regexp_full_match(region, '[0-9]{4,}') THEN left(region, 2) ELSE region END, '') AS region,
  founded_on
FROM enterprise WHERE superseded_at IS NULL
QUALIFY row_number() OVER (PARTITION BY enterprise_id ORDER BY stated_on DESC, known_at DESC) = 1
"""
_ANCHOR = """
SELECT enterprise_id, min(anchor_id) AS anchor FROM anchor_programme
WHERE superseded_at IS NULL AND role = 'supplier' GROUP BY enterprise_id
"""


def segments_of(tables: Tables, entity: Texts, day: NDArray[np.datetime64] | None) -> dict[str, Texts]:
    """The segments of each row, "" where nothing is on file. A kind that no feed delivers gives no segment."""
    found: dict[str, Texts] = {}
    with duckdb.connect() as connection:
        tables.attach(connection)
        if "enterprise" in tables.by_kind:
            rows = connection.sql(_ENTERPRISE).to_arrow_table()
            for name in ("size", "sector", "region"):
                found[name] = _looked_up(rows, name, entity, "")
            if day is not None:
                found["stage"] = _stage(rows, entity, day)
        if "anchor_programme" in tables.by_kind:
            found["anchor"] = _looked_up(connection.sql(_ANCHOR).to_arrow_table(), "anchor", entity, NO_ANCHOR)
    return {name: values for name, values in found.items() if (values != "").any()}


def _looked_up(rows: pa.Table, name: str, entity: Texts, otherwise: str) -> Texts:
    known: Mapping[str, str] = dict(
        zip(rows.column("enterprise_id").to_pylist(), rows.column(name).to_pylist(), strict=True)
    )
    return np.array([known.get(one, otherwise) for one in entity.tolist()], dtype=np.str_)


def _stage(rows: pa.Table, entity: Texts, day: NDArray[np.datetime64]) -> Texts:
    founded = rows.column("founded_on").to_numpy(zero_copy_only=False).astype("datetime64[D]")
    place = {name: at for at, name in enumerate(rows.column("enterprise_id").to_pylist())}
    stages = []
    for one, today in zip(entity.tolist(), day.astype("datetime64[D]"), strict=True):
        since = founded[place[one]] if one in place else np.datetime64("NaT")
        if np.isnat(since):
            stages.append("")
            continue
        years = float((today - since).astype(np.int64)) / 365.25
        stages.append(next((name for limit, name in STAGES if years < limit), OLDER))
    return np.array(stages, dtype=np.str_)
