"""A prepared table is read by its schema, and everything that does not fit is refused in a sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import AssetlightError
from models.prepared import (
    OTHER,
    ColumnNotInFile,
    MissingCodeNotDeclared,
    OutcomeNotUnderstood,
    OwnColumn,
    PreparedRows,
    RowWithoutKey,
    Schema,
    SchemaNotUsable,
    ValueNotOfItsType,
    WhenKnownNotSaid,
    known_by,
    read_prepared,
    read_schema,
)

HEAD = 'schema_version: "1"\nentity: firm\n'
FULL = """
schema_version: "1"
origin: bureau
entity: firm
day: as_of
known_at: learned
label: {column: bad, yes: [Y], no: [N], horizon_months: 12}
weight: w
segments: [sector]
bar: score
columns:
  - {name: score, header: 征信分, type: number, direction: -1, words: {zh: 征信分, en: score}, missing: ["-999"]}
  - {name: listed, type: flag, direction: up}
  - {name: branch, type: category, missing: ["?"], feed: bureau}
"""
ROWS = """firm,as_of,learned,bad,w,sector,征信分,listed,branch,note
a,2020-01-31,2020-01-05,Y,1,C,612,是,north,x
b,2020-01-31,2020-01-31,N,2.5,I,-999,0,?,y
a,2020-04-30,2020/03/01,,1,C,,no,south,z
"""


def read(tmp_path: Path, schema: str = FULL, rows: str = ROWS) -> PreparedRows:
    (tmp_path / "t.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "s.yaml").write_text(schema, encoding="utf-8")
    return read_prepared(tmp_path / "t.csv", read_schema(tmp_path / "s.yaml"))


def test_a_table_is_read_as_its_schema_says(tmp_path: Path) -> None:
    """Headers, codes, flags, levels, days, weights, segments and outcome; what is not named is only counted."""
    rows = read(tmp_path)
    assert rows.entity.tolist() == ["a", "b", "a"]
    np.testing.assert_array_equal(rows.numbers["score"], [612, np.nan, np.nan])
    assert rows.numbers["listed"].tolist() == [1, 0, 0]
    assert rows.categories["branch"].tolist() == ["north", "", "south"]
    assert rows.outcome is not None
    np.testing.assert_array_equal(rows.outcome, [1, 0, np.nan])
    assert rows.weight is not None
    assert rows.weight.tolist() == [1, 2.5, 1]
    assert rows.known_at is not None
    assert rows.known_at[2] == np.datetime64("2020-03-01")
    assert (rows.ignored, rows.origin, rows.segments["sector"].tolist()) == (("note",), "bureau", ["C", "I", "C"])


def test_a_schema_survives_the_model_card(tmp_path: Path) -> None:
    """What the card stores makes the same schema again, levels included."""
    schema = read(tmp_path).schema.with_levels({"branch": ("north", OTHER)})
    assert Schema.from_dict(schema.as_dict()) == schema


def test_parquet_with_its_types_gives_the_same_rows(tmp_path: Path) -> None:
    """Numbers, booleans, days and nulls as the file has them."""
    table = pa.table(
        {
            "firm": ["a", "b"],
            "learned": [date(2020, 1, 5), date(2020, 2, 1)],
            "score": [612.0, None],
            "listed": [True, False],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    schema = Schema("firm", (OwnColumn("score", "number"), OwnColumn("listed", "flag")), known_at="learned")
    rows = read_prepared(tmp_path / "t.parquet", schema)
    np.testing.assert_array_equal(rows.matrix(["score", "listed"], schema), [[612, 1], [np.nan, 0]])


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (("name: listed, type: flag", "name: listed, type: number"), ValueNotOfItsType, "listed is not a number"),
        (("name: listed, type: flag", "name: listed, header: liste, type: flag"), ColumnNotInFile, "perhaps listed"),
        (("name: listed, type: flag", "name: listed, type: date"), SchemaNotUsable, "no type that is known"),
        (("missing: [\"?\"]", "direction: 1"), SchemaNotUsable, "its levels have no order"),
        (("missing: [\"-999\"]", "missing: []"), None, ""),
        (("direction: up", "direction: sideways"), SchemaNotUsable, "direction is not understood"),
        (("direction: up", "dirction: up"), SchemaNotUsable, "perhaps direction"),
        (("entity: firm", "entity: company"), ColumnNotInFile, "no column company"),
        (("entity: firm\n", ""), SchemaNotUsable, "does not say its entity"),
        (("name: listed", "name: listed, header: bad"), SchemaNotUsable, "is also the label"),
        (("name: listed", "name: score"), SchemaNotUsable, "listed twice"),
        (("name: listed", "name: 2 words"), SchemaNotUsable, "not a plain word"),
        (("yes: [Y]", "yes: [X]"), OutcomeNotUnderstood, "neither default nor no default"),
        (("bar: score", "bar: branches"), SchemaNotUsable, "not one of the columns"),
        (('"1"', '"7"'), SchemaNotUsable, "version this release does not know"),
        (("weight: w", "weight: 征信分"), SchemaNotUsable, "is also the weight"),
        (("day: as_of", "day: sector"), RowWithoutKey, "not understood"),
    ],
)  # fmt: skip
def test_a_schema_that_does_not_fit_is_refused(
    tmp_path: Path, change: tuple[str, str], error: type[AssetlightError] | None, words: str
) -> None:
    """Each refusal names the column or key and what was expected; a single odd value is no missing code."""
    schema = FULL.replace(*change, 1)
    assert schema != FULL
    if error is None:
        assert read(tmp_path, schema).numbers["score"][1] == -999
        return
    with pytest.raises(error, match=words):
        read(tmp_path, schema)


@pytest.mark.parametrize("code", ["-999", "-1", "99999"])
def test_a_missing_code_that_is_not_declared_is_refused(tmp_path: Path, code: str) -> None:
    """A number that repeats apart from all others; declared as missing or as genuine it passes."""
    rows = "firm,age\n" + "".join(f"f{number},{code if number % 5 == 0 else number}\n" for number in range(60))
    plain = HEAD + "columns: [{name: age, type: number}]\n"
    with pytest.raises(MissingCodeNotDeclared, match="a code for missing"):
        read(tmp_path, plain, rows)
    declared = read(tmp_path, plain.replace("number}", f'number, missing: ["{code}"]}}'), rows)
    assert np.isnan(declared.numbers["age"]).sum() == 12
    genuine = read(tmp_path, plain.replace("number}", f'number, genuine: ["{code}"]}}'), rows)
    assert (genuine.numbers["age"] == float(code)).sum() == 12


def test_rare_and_unseen_levels_are_others_and_missing_is_missing(tmp_path: Path) -> None:
    """Levels are ranked by frequency, never by outcome."""
    names = ["big"] * 30 + ["small"] * 12 + ["rare"] * 3 + [""] * 5
    rows = "firm,branch\n" + "".join(f"f{place},{name}\n" for place, name in enumerate(names))
    found = read(tmp_path, HEAD + "columns: [{name: branch, type: category}]\n", rows)
    schema = found.schema.with_levels(found.levels())
    assert schema.column("branch").levels == ("big", "small", OTHER)
    column = found.matrix(["branch"], schema)[:, 0]
    assert [column[0], column[30], column[42]] == [0, 1, 2]
    assert np.isnan(column[-5:]).all()


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 20), st.integers(0, 20)),
        min_size=1, max_size=25, unique_by=lambda entry: (entry[0], max(entry[1:]), entry[1]),
    )
)  # fmt: skip
def test_the_join_takes_the_latest_row_known_by_the_day(entries: list[tuple[str, int, int]]) -> None:
    """Against a plain search: never a row of another entity, never one that was known or happened later."""
    start = np.datetime64("2020-01-01")
    rows = PreparedRows(
        schema=Schema("firm", (OwnColumn("x", "number"),), day="day", known_at="known_at"),
        entity=np.array([name for name, _, _ in entries]),
        numbers={"x": np.arange(len(entries), dtype=float)},
        categories={},
        day=np.array([start + day for _, day, _ in entries], dtype="datetime64[D]"),
        known_at=np.array([start + known for _, _, known in entries], dtype="datetime64[D]"),
        outcome=None,
        weight=None,
        segments={},
        ignored=(),
        origin="test",
        sha256="",
        lines=np.arange(2, len(entries) + 2),
        repeated=np.zeros(len(entries), dtype=bool),
    )
    asked = [(name, day) for name in "abcd" for day in (0, 7, 20)]
    found = known_by(
        rows,
        np.array([name for name, _ in asked]),
        np.array([start + day for _, day in asked], dtype="datetime64[D]"),
    )
    for (name, day), place in zip(asked, found.tolist(), strict=True):
        known = [
            (max(entry[1], entry[2]), entry[1], number)
            for number, entry in enumerate(entries)
            if entry[0] == name and max(entry[1], entry[2]) <= day
        ]
        assert place == (max(known)[2] if known else -1)


def test_a_join_without_a_day_of_knowledge_is_refused(tmp_path: Path) -> None:
    """Nothing is joined by guess."""
    rows = read(tmp_path, FULL.replace("known_at: learned\n", ""))
    with pytest.raises(WhenKnownNotSaid, match="from which day on"):
        known_by(rows, np.array(["a"]), np.array(["2021-01-01"], dtype="datetime64[D]"))
