"""Rules over several columns of a row (`RecordKind.checks`), by DuckDB."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from models.records.kind import Check, RecordKind
from models.records.shared_fields import ENTERPRISE_CODE
from models.tables.columns import ColumnMap
from models.tables.engine import session
from models.tables.problems import Mask, Problem, Reason

LONGEST_READ = 200  # characters of a rule that a person would read


def rules_of(kind: RecordKind) -> tuple[Check, ...]:
    """The rules of the kind and the one that all kinds share; the enterprise's own record states its code apart."""
    return kind.checks if "uscc" in kind.schema.names else (*kind.checks, ENTERPRISE_CODE)


def expected(check: Check) -> str:
    """What was expected: the rule itself, where it can be read."""
    return f"the rule {check.sql}" if len(check.sql) <= LONGEST_READ else "a code that passes GB 32100-2015"


def broken_checks(columns: ColumnMap, rows: pa.Table, sound: Mask) -> list[Problem]:
    """The rows, otherwise sound, that break a rule of their kind."""
    kind = columns.kind
    if not sound.any():
        return []
    problems = []
    positions = np.flatnonzero(sound)
    checked = rows if len(positions) == len(sound) else rows.filter(pa.array(sound))
    checked = checked.append_column("row_position", pa.array(positions))
    with session() as connection:
        connection.register("checked", checked)
        for check in rules_of(kind):
            broken = connection.sql(
                f"SELECT row_position FROM checked WHERE NOT coalesce(({check.sql}), true) ORDER BY 1"  # noqa: S608
            ).to_arrow_table()
            if len(broken):
                at = tuple(columns.positions[name] for name in check.fields if name in columns.positions)
                found = broken.column(0).to_numpy().astype(np.int64)
                problems.append(
                    Problem(Reason(check.code, check.zh, check.en), found, check.fields[0], at, expected(check))
                )
    return problems
