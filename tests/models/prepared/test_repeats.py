"""A header, a row or a key that is in a table twice is refused or counted, with its rows, and never taken silently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.prepared import (
    EntityDayRepeated,
    OwnColumn,
    PreparedRows,
    RowNotWhole,
    RowsRepeated,
    Schema,
    known_by,
    read_prepared,
)
from models.prepared.repeats import KEEP, ONCE, REFUSE, repeats_of
from models.sheets import HeaderRepeated, Sheet

SCHEMA = Schema("firm", (OwnColumn("score", "number"), OwnColumn("branch", "category")), known_at="learned")
ROWS = """firm,learned,score,branch,loan
a,2020-01-05,1,x,1
b,2020-01-31,2,y,2
"""


def read(folder: Path, rows: str = ROWS, repeats: str = REFUSE) -> PreparedRows:
    path = folder / "t.csv"
    path.write_text(rows, encoding="utf-8")
    return read_prepared(path, Schema(SCHEMA.entity, SCHEMA.columns, known_at="learned", repeats=repeats))


@pytest.mark.parametrize("header", ["score", "firm", "learned"])
def test_a_header_twice_is_refused_with_its_columns(tmp_path: Path, header: str) -> None:
    """Which of the two is meant would be a guess."""
    rows = ROWS.replace("loan", header)
    with pytest.raises(HeaderRepeated, match=rf"row 1, columns \d, 5.*'{header}'"):
        read(tmp_path, rows)


def test_a_header_twice_that_nobody_reads_is_no_fault(tmp_path: Path) -> None:
    """Columns that the schema does not name are not read."""
    rows = ROWS.replace("loan", "note,note").replace("x,1", "x,1,1").replace("y,2", "y,2,2")
    assert len(read(tmp_path, rows)) == 2


def test_a_header_twice_in_parquet_and_workbook_is_refused(tmp_path: Path) -> None:
    """Whatever the file is."""
    table = pa.Table.from_arrays(
        [pa.array(["a"]), pa.array(["2020-01-05"]), pa.array([1.0]), pa.array(["x"]), pa.array([2.0])],
        names=["firm", "learned", "score", "branch", "score"],
    )
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(HeaderRepeated, match="columns 3, 5"):
        read_prepared(tmp_path / "t.parquet", SCHEMA)


def test_a_row_that_does_not_fit_is_refused_with_its_number(tmp_path: Path) -> None:
    """A cell more would shift a value into another column; leaving the row out would hide it."""
    with pytest.raises(RowNotWhole, match=r"row 3.*5 cells.*6 cells"):
        read(tmp_path, ROWS.replace("y,2", "y,2,9"))


TWICE = ROWS + "a,2020-01-05,1,x,1\nc,2020-01-31,3,y,3\na,2020-01-05,1,x,1\n"


def test_rows_twice_are_refused_with_their_numbers(tmp_path: Path) -> None:
    """The third and the fifth row of the table repeat the first."""
    with pytest.raises(RowsRepeated, match=r"2 rows repeat.*rows 4, 6.*repeats: once"):
        read(tmp_path, TWICE)


def test_rows_twice_count_once_or_are_kept_as_the_schema_says(tmp_path: Path) -> None:
    """`once` leaves the later ones out, `keep` marks them."""
    once = read(tmp_path, TWICE, ONCE)
    assert (once.entity.tolist(), once.lines.tolist()) == (["a", "b", "c"], [2, 3, 5])
    np.testing.assert_array_equal(once.numbers["score"], [1, 2, 3])
    kept = read(tmp_path, TWICE, KEEP)
    assert kept.lines[kept.repeated].tolist() == [4, 6]


def test_rows_that_differ_in_a_column_that_is_not_read_are_no_repeats(tmp_path: Path) -> None:
    """Two loans that look alike to the model are two loans."""
    assert len(read(tmp_path, ROWS + "a,2020-01-05,1,x,7\n")) == 3


@given(st.lists(st.tuples(st.sampled_from(["1", "2", None]), st.sampled_from(["x", ""])), min_size=1, max_size=12))
def test_repeats_are_what_a_plain_loop_finds(cells: list[tuple[str | None, str]]) -> None:
    """Against the obvious way, with nulls, and over pieces of one file."""
    seen: set[tuple[str | None, str]] = set()
    expected = [row in seen or bool(seen.add(row)) for row in cells]  # type: ignore[func-returns-value]
    half = len(cells) // 2
    pieces = [
        Sheet(
            "t", None, ("one", "other"),
            (pa.array([row[0] for row in part], pa.string()), pa.array([row[1] for row in part], pa.string())),
            np.arange(len(part)),
        )
        for part in (cells[:half], cells[half:])
    ]  # fmt: skip
    assert repeats_of(pieces).tolist() == expected


def test_numbers_of_two_pieces_are_the_same_whether_whole_or_not() -> None:
    """A file in pieces gives 1 as an integer in one and as 1.0 in another."""
    pieces = [Sheet("t", None, ("n",), (column,), np.arange(1)) for column in (pa.array([1]), pa.array([1.0]))]
    assert repeats_of(pieces).tolist() == [False, True]


def asked(rows: PreparedRows, entity: str, day: str) -> int:
    return int(known_by(rows, np.array([entity]), np.array([day], dtype="datetime64[D]"))[0])


def test_one_entity_and_day_with_two_values_is_refused_with_both_rows(tmp_path: Path) -> None:
    """Which of them counts would be a guess; the rows are named as a person counts them."""
    rows = read(tmp_path, ROWS + "a,2020-01-05,7,x,3\n")
    with pytest.raises(EntityDayRepeated, match=r"rows 2 and 4.*'a, 1 such pairs'"):
        asked(rows, "b", "2020-02-01")


def test_one_entity_and_day_with_the_same_values_is_no_guess(tmp_path: Path) -> None:
    """Two loans of one borrower with the same bureau score."""
    rows = read(tmp_path, ROWS + "a,2020-01-05,1,x,3\n")
    assert asked(rows, "a", "2020-02-01") in (0, 2)


def test_of_two_statements_learned_on_one_day_the_later_counts(tmp_path: Path) -> None:
    """Two quarters delivered together: the row about the later day, wherever it stands in the file."""
    text = "firm,about,learned,score\na,2019-12-31,2020-01-05,2\na,2019-09-30,2020-01-05,1\n"
    (tmp_path / "t.csv").write_text(text)
    schema = Schema("firm", (OwnColumn("score", "number"),), day="about", known_at="learned")
    assert asked(read_prepared(tmp_path / "t.csv", schema), "a", "2020-02-01") == 0
