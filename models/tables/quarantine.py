"""The rows that were not accepted, as a table a person can work through: where, what, why, and the row itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.records.kind import RecordKind
from models.sheets import RaggedRow, Sheet
from models.tables.problems import RAGGED, Problem

# file, sheet; row as a spreadsheet shows it; kind; the field and the header(s) above the value; the value as it came;
# the reasons (several are joined); what was expected.
QUARANTINE_COLUMNS = (
    "file", "sheet", "row", "kind", "field", "column", "value", "code", "reason_zh", "reason_en", "expected",
)  # fmt: skip
LONGEST_VALUE = 32_767  # a spreadsheet cell holds no more
CELL_PREFIX = "原:"
WHOLE_ROW = f"{CELL_PREFIX}整行"  # the row as it came, where its cells could not be laid under the columns

SCHEMA = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in QUARANTINE_COLUMNS])


def quarantine_rows(sheet: Sheet, kind: RecordKind, problems: Sequence[Problem]) -> pa.Table:
    """One line per row that has a problem: its first problem in full, the reasons of all of them."""
    pieces = []
    if problems:
        pieces.append(lines_of(sheet, kind, problems))
    if sheet.ragged:
        pieces.append(ragged_lines(sheet, kind))
    if not pieces:
        return SCHEMA.empty_table()
    table = pa.concat_tables(pieces, promote_options="default")
    return table.sort_by("row") if len(pieces) > 1 else table


def lines_of(sheet: Sheet, kind: RecordKind, problems: Sequence[Problem]) -> pa.Table:
    """The lines of rows with problems, in row order."""
    rows = np.concatenate([problem.rows for problem in problems])
    which = np.repeat(np.arange(len(problems)), [len(problem.rows) for problem in problems])
    order = np.lexsort((which, rows))
    rows, which = rows[order], which[order]
    distinct, first = np.unique(rows, return_index=True)
    leading = which[first]
    values = pa.nulls(len(distinct), pa.string())
    for number in np.unique(leading):
        mask = leading == number
        shown = shown_value(sheet, problems[number], distinct[mask])
        values = pc.replace_with_mask(values, pa.array(mask), shown)
    long = pa.table({"row": rows, **{name: of_problem(problems, which, name) for name in ("zh", "en", "code")}})
    joined = long.group_by("row", use_threads=False).aggregate([(name, "list") for name in ("zh", "en", "code")])

    def all_of(name: str, separator: str) -> pa.Array:
        return pc.binary_join(joined.column(f"{name}_list"), separator).combine_chunks()

    headers = [
        "/".join(sheet.headers[at] for at in problem.columns) or kind.field(problem.field).zh for problem in problems
    ]
    size = len(distinct)
    cells = pa.array(distinct)
    return pa.table(
        {
            "file": pa.repeat(sheet.file, size),
            "sheet": pa.repeat(pa.scalar(sheet.name, pa.string()), size),
            "row": pa.array(sheet.rows[distinct]),
            "kind": pa.repeat(kind.name, size),
            "field": pa.array([problem.field for problem in problems]).take(pa.array(leading)),
            "column": pa.array(headers, pa.string()).take(pa.array(leading)),
            "value": values,
            "code": all_of("code", ";"),
            "reason_zh": all_of("zh", "；"),
            "reason_en": all_of("en", "; "),
            "expected": pa.array([problem.expected for problem in problems]).take(pa.array(leading)),
            **{
                CELL_PREFIX + header: as_shown(sheet.columns[at].take(cells))
                for at, header in enumerate(sheet.headers)
                if header
            },
        }
    )


def of_problem(problems: Sequence[Problem], which: np.ndarray[tuple[int], np.dtype[np.int64]], name: str) -> pa.Array:
    """One property of the reason of each numbered problem."""
    return pa.array([getattr(problem.reason, name) for problem in problems], pa.string()).take(pa.array(which))


def shown_value(sheet: Sheet, problem: Problem, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
    """The cells that a problem speaks about; several as `header=cell`."""
    cells = [as_shown(sheet.columns[at].take(pa.array(rows))).fill_null("") for at in problem.columns]
    if not cells:
        return pa.nulls(len(rows), pa.string())
    if len(cells) == 1:
        return cells[0]
    named = [
        pc.binary_join_element_wise(sheet.headers[at], cell, "=")
        for at, cell in zip(problem.columns, cells, strict=True)
    ]
    return pc.binary_join_element_wise(*named, "; ")


def as_shown(cells: pa.Array) -> pa.Array:
    """Cells as text, untrimmed, cut where no spreadsheet could hold more."""
    if pa.types.is_nested(cells.type):
        return pa.array([None if cell is None else str(cell) for cell in cells.to_pylist()], pa.string())
    if pa.types.is_binary(cells.type):
        return pa.array([None if cell is None else repr(cell) for cell in cells.to_pylist()], pa.string())
    text = cells.cast(pa.string())
    return pc.utf8_slice_codeunits(text, 0, LONGEST_VALUE)


def ragged_lines(sheet: Sheet, kind: RecordKind) -> pa.Table:
    """Rows that could not be laid under the columns: the value is the cell at fault, or the whole row."""
    rows = sheet.ragged
    size = len(rows)
    texts = [row.text.rstrip("\r\n")[:LONGEST_VALUE] for row in rows]
    fields = pa.array([row.field for row in rows], pa.string())
    values = [text if row.field is None else row.value for row, text in zip(rows, texts, strict=True)]
    return pa.table(
        {
            "file": pa.repeat(sheet.file, size),
            "sheet": pa.repeat(pa.scalar(sheet.name, pa.string()), size),
            "row": pa.array([row.row for row in rows], pa.int64()),
            "kind": pa.repeat(kind.name, size),
            "field": fields,
            "column": fields,
            "value": pa.array([None if value is None else value[:LONGEST_VALUE] for value in values], pa.string()),
            **{
                name: pa.array([(row.defect or cells_differ(row))[at] for row in rows], pa.string())
                for at, name in enumerate(("code", "reason_zh", "reason_en", "expected"))
            },
            **({WHOLE_ROW: pa.array(texts, pa.string())} if fields.null_count < size else {}),
        }
    )


def cells_differ(row: RaggedRow) -> tuple[str, str, str, str]:
    """The defect of a row with more or fewer cells than the header."""
    return (
        RAGGED.code,
        f"{RAGGED.zh}（应为 {row.expected} 个，实为 {row.found} 个）",
        f"{RAGGED.en} (expected {row.expected}, found {row.found})",
        f"{row.expected} cells",
    )
