"""What a person would call a mistake of copying: a header twice, a broken row, a row twice, a key twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.prepared.errors import RowNotWhole, RowsRepeated
from models.sheets import HeaderRepeated, Sheet

Flags = NDArray[np.bool_]
KEEP, ONCE, REFUSE = "keep", "once", "refuse"  # what a schema says of rows that are in the file twice
MOST_NAMED = 5  # row numbers in a sentence


def check_whole(pieces: Sequence[Sheet], headers: Iterable[str]) -> None:
    """Every header that is read is there once, and every row fits under them. Raises HeaderRepeated, RowNotWhole."""
    first = pieces[0]
    repeated = [header for header in dict.fromkeys(headers) if first.headers.count(header) > 1]
    if repeated:
        places = [str(place) for place, header in enumerate(first.headers, start=1) if header == repeated[0]]
        raise HeaderRepeated(
            "two columns have the same header, so that it is not clear which is meant",
            where=f"{first.where}, row {first.header_row}, columns {', '.join(places)}",
            field=repeated[0],
            expected="it once",
            found=repeated[0],
            advice="Rename or remove one of them",
        )
    broken = [row for piece in pieces for row in piece.ragged]
    if broken:
        row = broken[0]
        raise RowNotWhole(
            f"{len(broken)} rows do not fit under the headers"
            if len(broken) > 1
            else "a row does not fit under the headers",
            where=f"{first.where}, {named([each.row for each in broken])}",
            expected=row.defect[3] if row.defect else f"{row.expected} cells",
            found=row.defect[2] if row.defect else f"{row.found} cells: {row.text[:80]}",
        )


def repeats_of(pieces: Sequence[Sheet]) -> Flags:
    """Of each row whether an earlier one has the same cells in every column of the file, also in those not read."""
    count = sum(len(piece) for piece in pieces)
    group = np.zeros(count, dtype=np.int64)
    for place in range(len(pieces[0].headers)):
        texts = pa.chunked_array([_as_text(piece.columns[place]) for piece in pieces])
        codes = texts.dictionary_encode().unify_dictionaries().combine_chunks()
        code = codes.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
        group = np.unique(group * (int(code.max(initial=0)) + 1) + code, return_inverse=True)[1]
        if int(group.max(initial=-1)) + 1 == count:
            return np.zeros(count, dtype=bool)
    first = np.unique(group, return_index=True)[1]
    repeated = np.ones(count, dtype=bool)
    repeated[first] = False
    return repeated


def check_repeats(repeated: Flags, rows: NDArray[np.int64], rule: str, where: str) -> None:
    """Refuse repeats that nobody has spoken about. Raises RowsRepeated."""
    if rule == REFUSE and repeated.any():
        raise RowsRepeated(
            f"{int(repeated.sum())} rows repeat an earlier row in every column",
            where=f"{where}, {named(rows[repeated].tolist())}",
            field="repeats",
            expected="each row once, or a schema that says whether repeats count",
            advice="If they are copies, add `repeats: once` to the schema; if they are loans that only look alike, "
            "`repeats: keep`, or the column that tells them apart",
        )


def named(rows: Sequence[int]) -> str:
    """Row numbers as a person reads them.

    >>> named([4, 9]), named([4]), named([1, 2, 3, 4, 5, 6, 7])
    ('rows 4, 9', 'row 4', 'rows 1, 2, 3, 4, 5 and 2 more')
    """
    shown = ", ".join(str(row) for row in rows[:MOST_NAMED])
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {shown}{more}"


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_floating(column.type):  # another piece of the file may have the same numbers as integers
        texts = [None if value is None else repr(value).removesuffix(".0") for value in column.to_pylist()]
        return pa.array(texts, pa.string())
    return column.cast(pa.string())
