"""The canonical text of a row: one definition, written by row, by column and by an independent DuckDB query alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.records import KINDS
from models.records.kind import Field, RecordKind
from models.tables import Tables, input_digests, moments, record_origins, row_text, visible, visible_rows_sql
from models.tables.visible import visible_mask
from tests.record_rows import record_row

DAY = date(2024, 6, 1)
INSTANTS = [datetime(2024, 6, 1, 15, 59, 59, 999_999, tzinfo=UTC), datetime(2024, 6, 1, 16, tzinfo=UTC)]
NEAR = st.one_of(
    st.sampled_from(INSTANTS),
    st.integers(-4 * 10**11, 4 * 10**11).map(lambda us: INSTANTS[1] + timedelta(microseconds=us)),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    "choice": st.sampled_from(["sales", "有效", "a:b", ""]),
    "money": st.integers(-(2**63), 2**63 - 1),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(allow_nan=False),
    "flag": st.booleans(),
    "date": st.one_of(st.sampled_from([DAY, DAY + timedelta(days=1)]), st.dates(date(1, 1, 1), date(9999, 12, 31))),
    "timestamp": NEAR,
}


def value(field: Field) -> st.SearchStrategy[Any]:
    if field.name == "enterprise_id":
        return st.sampled_from(["A", "B", "企业"])
    return VALUES[field.type] if field.required else st.none() | VALUES[field.type]


@st.composite
def tables(draw: st.DrawFn) -> tuple[RecordKind, pa.Table]:
    """A few rows of any kind."""
    kind = draw(st.sampled_from(list(KINDS.values())))
    cells = {field.name: value(field) for field in kind.fields}
    times = {
        "known_at": NEAR,
        "superseded_at": st.none() | NEAR,
        "origin": st.sampled_from(["bank", "simulated", None]),
    }
    rows = draw(st.lists(st.fixed_dictionaries({**cells, **times}), max_size=5))
    return kind, pa.Table.from_pylist(rows, schema=kind.schema)


def by_duckdb(kind: RecordKind, rows: pa.Table) -> dict[str, str]:
    """The digests as one query says them, with no line in common with `models.tables`."""
    pieces = [f"'{kind.name}'"]
    for name, type_ in [(field.name, field.type) for field in kind.fields] + [("known_at", "timestamp")]:
        cell = f'r."{name}"'
        text = f"length({cell})::VARCHAR || ':' || {cell}" if type_ in ("text", "choice") else f"{cell}::VARCHAR"
        text = f"epoch_us({cell})::VARCHAR" if type_ == "timestamp" else text
        pieces.append(f"'{name}=' || coalesce({text}, '')")
    said = " || chr(31) || ".join([*pieces, "'origin=' || coalesce(r.origin, '')"])
    with duckdb.connect() as connection:
        connection.register("r", rows)
        connection.register("m", moments([DAY]))
        found = connection.sql(
            f"WITH said AS (SELECT r.enterprise_id AS e, sha256({said}) AS said FROM r, m WHERE "  # noqa: S608
            f"{visible_rows_sql(kind)}) SELECT e, sha256(string_agg(said, chr(10) ORDER BY said)) FROM said GROUP BY e"
        ).fetchall()
    return dict(found)


@settings(deadline=None, max_examples=60)
@given(tables(), st.integers(0, 6))
def test_three_ways_to_one_digest(case: tuple[RecordKind, pa.Table], few: int) -> None:
    """Written by row, by column, in pieces or by DuckDB, every kind's rows have the same digests to the bit."""
    kind, rows = case
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(row_text, "FEW_ROWS", few)
        patched.setattr(visible, "BATCH_ROWS", few + 1)
        found = input_digests(Tables({kind.name: rows}), DAY).to_pylist()
    assert {row["enterprise_id"]: row["input_sha256"] for row in found} == by_duckdb(kind, rows)


@settings(deadline=None, max_examples=60)
@given(tables())
def test_the_visible_rows_in_memory_are_those_of_the_rule(case: tuple[RecordKind, pa.Table]) -> None:
    """For every ordering of the dates the mask picks the rows that `visible_rows_sql` picks."""
    kind, rows = case
    numbered = rows.append_column("n", pa.array(range(len(rows))))
    with duckdb.connect() as connection:
        connection.register("r", numbered)
        connection.register("m", moments([DAY]))
        picked = connection.sql(f"SELECT n FROM r, m WHERE {visible_rows_sql(kind)} ORDER BY n").fetchall()  # noqa: S608
    assert numbered.filter(visible_mask(kind, rows, DAY)).column("n").to_pylist() == [n for (n,) in picked]


def test_a_row_in_words() -> None:
    """The text of a row is the documented one: kind, name=value, length before text, nothing for null."""
    kind = KINDS["headcount"]
    row = record_row(kind, enterprise_id="企业", known_at=datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    (text,) = row_text.row_texts(kind, pa.Table.from_pylist([row], schema=kind.schema))
    pieces = text.decode().split("\x1f")
    assert pieces[:2] == ["headcount", "enterprise_id=2:企业"]
    assert pieces[-2:] == ["known_at=1000000", "origin=test"]
    assert len(pieces) == len(kind.fields) + 3


@pytest.mark.parametrize("rows", [1, 1000])
def test_origins_in_memory_and_named(rows: int) -> None:
    """Origins of many rows are each enterprise's own, also where two share a table."""
    kind = KINDS["invoice"]
    table = pa.Table.from_pylist(
        [record_row(kind, enterprise_id=e, origin=o, invoice_no=str(n)) for n in range(rows) for e, o in ("Ax", "By")],
        schema=kind.schema,
    )
    found = record_origins(Tables({"invoice": table}), DAY).to_pylist()
    assert found == [{"enterprise_id": "A", "origins": ["x"]}, {"enterprise_id": "B", "origins": ["y"]}]


@settings(deadline=None, max_examples=40)
@given(tables(), st.integers(0, 6), st.lists(st.none() | st.text("ab:", max_size=3), min_size=5, max_size=5))
def test_a_column_of_a_later_version_is_told_only_where_it_has_a_value(
    case: tuple[RecordKind, pa.Table], few: int, values: list[str | None]
) -> None:
    """A row without the new column's value keeps the text, and so the digest, that it had before the column came."""
    kind, rows = case
    newer = replace(kind, fields=(*kind.fields, Field("brought_later", "text", "新", "new", required=False, since=2)))
    column = pa.array(values[: len(rows)], pa.string())
    table = pa.table(
        [column if name == "brought_later" else rows.column(name) for name in newer.schema.names], schema=newer.schema
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(row_text, "FEW_ROWS", few)
        before, after = row_text.row_texts(kind, rows), row_text.row_texts(newer, table)
    for text, now, said in zip(before, after, values, strict=False):
        added = b"" if said is None else f"\x1fbrought_later={len(said)}:{said}".encode()
        assert now.replace(added, b"", 1) == text
        assert (now == text) == (said is None)
