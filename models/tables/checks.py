"""Rules over several columns of a row (`RecordKind.checks`), by DuckDB."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from models.tables.columns import ColumnMap
from models.tables.engine import session
from models.tables.problems import Mask, Problem, Reason


def broken_checks(columns: ColumnMap, rows: pa.Table, sound: Mask) -> list[Problem]:
    """The rows, otherwise sound, that break a rule of their kind."""
    kind = columns.kind
    if not kind.checks or not sound.any():
        return []
    problems = []
    positions = np.flatnonzero(sound)
    checked = rows if len(positions) == len(sound) else rows.filter(pa.array(sound))
    checked = checked.append_column("row_position", pa.array(positions))
    with session() as connection:
        connection.register("checked", checked)
        for check in kind.checks:
            broken = connection.sql(
                f"SELECT row_position FROM checked WHERE NOT coalesce(({check.sql}), true) ORDER BY 1"  # noqa: S608
            ).to_arrow_table()
            if len(broken):
                at = tuple(columns.positions[name] for name in check.fields if name in columns.positions)
                found = broken.column(0).to_numpy().astype(np.int64)
                problems.append(
                    Problem(Reason(check.code, check.zh, check.en), found, check.fields[0], at, f"the rule {check.sql}")
                )
    return problems
