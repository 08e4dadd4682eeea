"""The columns of scores that an allocation reads, whoever wrote them: each cast to its declared type, or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from models.allocation.terms import GROUPS
from models.errors import AssetlightError

TEXT, NUMBER, FEN, DAY = "text", "a number", "whole fen", "a day"
NEEDED = ("enterprise_id", "outcome", "pd", "grade", "limit_fen")
SCORES: Mapping[str, str] = {
    "enterprise_id": TEXT, "as_of": DAY, "outcome": TEXT, "pd": NUMBER, "grade": TEXT, "limit_fen": FEN,
    "product": TEXT, "data_origin": TEXT, "model_data_origin": TEXT, **dict.fromkeys(GROUPS, TEXT),
}  # fmt: skip
_TYPES = {TEXT: pa.string(), NUMBER: pa.float64(), FEN: pa.int64(), DAY: pa.date32()}
_Test = Callable[[pa.DataType], bool]
_TEXTS: tuple[_Test, ...] = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_NUMBERS: tuple[_Test, ...] = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
_TAKEN: Mapping[str, tuple[_Test, ...]] = {
    TEXT: _TEXTS, NUMBER: _NUMBERS, FEN: _NUMBERS, DAY: (pa.types.is_date, pa.types.is_timestamp, *_TEXTS),
}  # fmt: skip


class ScoresNotUsable(AssetlightError):
    """The table of scores lacks what an allocation needs."""


def as_scores(table: pa.Table) -> pa.Table:
    """The columns of SCORES that are there, as text, float64, int64 fen and days, whatever type holds them: dictionary
    and large text columns of pandas, decimals, timestamps at midnight. Other columns are left out.

    Raises ScoresNotUsable, with the column, what was expected and what came.
    """
    missing = [name for name in NEEDED if name not in table.column_names]
    if missing:
        raise ScoresNotUsable(
            "the scores lack columns", expected=", ".join(NEEDED), found=f"without {', '.join(missing)}"
        )
    twice = sorted({name for name in SCORES if table.column_names.count(name) > 1})
    if twice:
        raise ScoresNotUsable("the scores have a column twice", field=twice[0], expected="once", found=", ".join(twice))
    scores = pa.table({name: _cast(name, table[name]) for name in SCORES if name in table.column_names})
    if scores["enterprise_id"].null_count:
        raise ScoresNotUsable(
            "a score names no enterprise", field="enterprise_id", expected="an id in every row",
            found=f"{scores['enterprise_id'].null_count} rows without",
        )  # fmt: skip
    return scores


def _cast(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    meant, came = SCORES[name], column.type
    kind = came.value_type if pa.types.is_dictionary(came) else came
    wanted = _TYPES[meant]
    if not pa.types.is_null(kind) and not any(test(kind) for test in _TAKEN[meant]):
        raise _refused(name, str(came))
    try:
        if kind is not came:
            column = column.cast(kind)
        if meant == FEN and pa.types.is_floating(kind):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
        cast = column.cast(wanted)
        if pa.types.is_timestamp(kind) and (kind.tz or not _same(cast.cast(kind), column)):
            raise _refused(name, f"{came} with a time of day or a zone")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _refused(name, f"{came}: {error}") from None
    return cast


def _same(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    return bool(one.equals(other))


def _refused(name: str, found: str) -> ScoresNotUsable:
    return ScoresNotUsable(
        f"the column {name} of the scores is of another type",
        field=name,
        expected=f"{SCORES[name]} ({_TYPES[SCORES[name]]})",
        found=found,
    )
