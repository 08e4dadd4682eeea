"""Rows of receivables, loans, statements and other evidence of the limit, as the record tables hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from models.limits import measure
from models.policy import Policy, load_policy
from models.positions import Rows, read_positions
from models.records import KINDS
from models.tables import Tables

AS_OF = date(2024, 6, 30)
WAN = 1_000_000  # fen in 10,000 yuan
_LEARNED = datetime(2024, 1, 1, tzinfo=UTC)


def table(kind: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows of one kind, of enterprise E unless they say otherwise; columns left out are null."""
    full = [{"enterprise_id": "E", "known_at": _LEARNED, "origin": "test", **row} for row in rows]
    schema = KINDS[kind].schema
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in full], schema=schema)


def tables(**rows: Iterable[Mapping[str, Any]]) -> Tables:
    """Tables by kind from rows."""
    return Tables({kind: table(kind, found) for kind, found in rows.items()})


def claim(number: str, debtor: str, wan: float, **changes: Any) -> dict[str, Any]:
    """A fresh, confirmed, registered receivable of so many 万元, due in a month."""
    row = {
        "receivable_no": number,
        "debtor_id": debtor,
        "arisen_on": date(2024, 5, 31),
        "due_on": date(2024, 7, 31),
        "face_fen": round(wan * WAN),
        "confirmed": True,
        "pledged_elsewhere": False,
        "registered_no": f"ZD{number}",
    }
    return {**row, **changes}


def old_claim(number: str, debtor: str, wan: float, **changes: Any) -> dict[str, Any]:
    """A receivable that is more than 90 days old."""
    return claim(number, debtor, wan, **{"arisen_on": date(2024, 3, 1), "due_on": date(2024, 5, 1), **changes})


def policy_with(tmp_path: Path, values: Mapping[str, str], day: date = AS_OF) -> Policy:
    """The shipped policy with some scalar values replaced, as a bank's overlay would."""
    for name, value in values.items():
        source = Path("models/policy/parameters") / f"{name.replace('.', '/')}.yaml"
        head, _, _ = source.read_text(encoding="utf-8").rpartition("    value:")
        target = tmp_path / "overlay" / "parameters" / f"{name.replace('.', '/')}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{head}    value: {value}\n", encoding="utf-8")
    return load_policy(day, [tmp_path / "overlay"] if values else [])


def facts_of(found: Tables, policy: Policy, *enterprises: str, day: date = AS_OF) -> dict[str, list[float]]:
    """The facts that the record tables give each enterprise."""
    ids = pa.array(enterprises or ("E",), pa.string())
    return {name: column.tolist() for name, column in measure(read_positions(found, day, ids), policy).items()}


def anchor_rows(rows: Sequence[Mapping[str, Any]]) -> Rows:
    """Anchors as the evidence stage hands them over, all of the first enterprise; None is not known."""
    names = sorted({name for row in rows for name in row} - {"anchor_id"})
    return Rows(
        row=np.zeros(len(rows), dtype=np.int64),
        numbers={
            name: np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=np.float64)
            for name in names
        },
        texts={
            "anchor_id": pa.array([str(row.get("anchor_id", place)) for place, row in enumerate(rows)], pa.string())
        },
    )
