"""Columns of days and instants, in the bank's calendar (UTC+8).

Understood: 2017/7/18, 2017-07-18, 2017.7.18, 20170718, 2017年7月18日, each with a time of day and an offset or without;
Excel serials (1900 system). Two-digit years and day-first orders are refused: they can be read in two ways.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.records.kind import Field
from models.tables.parse_numbers import back, by_spelling
from models.tables.parse_text import Failures, as_mask, text_of
from models.tables.problems import NO_SUCH_DAY, NOT_DATE, Mask

FULL = (
    r"^(?P<y>[0-9]{4})\s*[-/.年]\s*(?P<m>[0-9]{1,2})\s*[-/.月]\s*(?P<d>[0-9]{1,2})\s*日?"
    r"(?:[T\s]*(?P<h>[0-9]{1,2})[:时](?P<n>[0-9]{1,2})(?:[:分](?P<s>[0-9]{1,2})(?P<f>\.[0-9]{1,9})?秒?|分)?)?"
    r"\s*(?P<z>[Zz]|[+-][0-9]{2}:?[0-9]{2})?$"
)
COMPACT = r"^([0-9]{4})([0-9]{2})([0-9]{2})$"
SERIAL = r"^[0-9]{5}(\.[0-9]+)?$"
SERIAL_OF_1970 = 25_569
FIRST_YEAR, LAST_YEAR = 1900, 2200  # outside it a year is a slip of the pen
BANK_OFFSET_S = 8 * 3600  # the bank's zone has had no other offset since 1991
DAY_S = 86_400

Seconds = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


def parse_date(column: pa.Array, declared: Field) -> tuple[pa.Array, Failures]:  # noqa: ARG001
    """The day (date32); a time of day is dropped, after moving it to the bank's calendar if it has an offset."""
    micros, valid, failures = instants_of(column)
    days = np.floor_divide(micros + BANK_OFFSET_S * 1_000_000, DAY_S * 1_000_000)
    return pa.array(days.astype(np.int32), pa.int32(), mask=~valid).cast(pa.date32()), failures


def parse_timestamp(column: pa.Array, declared: Field) -> tuple[pa.Array, Failures]:  # noqa: ARG001
    """The instant (UTC); without an offset it is the bank's wall clock, a bare day is its first instant."""
    micros, valid, failures = instants_of(column)
    return pa.array(micros, pa.int64(), mask=~valid).cast(pa.timestamp("us", tz="UTC")), failures


def instants_of(column: pa.Array) -> tuple[Longs, Mask, Failures]:
    """Microseconds since 1970 UTC, where there are any, and what was wrong elsewhere."""
    kind = column.type
    present = as_mask(pc.is_valid(column))
    if pa.types.is_date(kind):
        days = numbers(column.cast(pa.date32()).cast(pa.int32()))
        return within_years(days * DAY_S * 1_000_000 - BANK_OFFSET_S * 1_000_000, present, present)
    if pa.types.is_timestamp(kind):
        micros = numbers(column.cast(pa.timestamp("us", tz=kind.tz), safe=False).cast(pa.int64()))
        return within_years(micros - (0 if kind.tz else BANK_OFFSET_S * 1_000_000), present, present)
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, kind)).cast(pa.float64())
        column = text_of(column)[0] if present.any() else column.cast(pa.string())
        lost = present & ~as_mask(pc.is_valid(column))
    elif pa.types.is_boolean(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind) or pa.types.is_nested(kind):
        return np.zeros(len(column), np.int64), np.zeros(len(column), bool), [(NOT_DATE, present)]
    else:
        column = text_of(column)[0]
        lost = np.zeros(len(column), bool)
    spellings, indices = by_spelling(column)
    micros, valid, failures = instants_of_text(spellings)
    values, spread = back(pa.array(micros, mask=~valid), failures, indices)
    return numbers(values), as_mask(pc.is_valid(values)), [*spread, *([(NOT_DATE, lost)] if lost.any() else [])]


def instants_of_text(text: pa.Array) -> tuple[Longs, Mask, Failures]:
    """Instants of distinct spellings."""
    text = pc.utf8_normalize(text, form="NFKC")
    text = pc.replace_substring_regex(text, COMPACT, r"\1-\2-\3")
    parts = pc.extract_regex(text, FULL)
    dated = as_mask(pc.is_valid(parts))
    fields = {name: pc.struct_field(parts, name) for name in "ymdhnsfz"}
    year, month, day, hour, minute, second = (whole(fields[name]) for name in "ymdhns")
    first = (year - 1970).astype("M8[Y]").astype("M8[M]") + (np.clip(month, 1, 12) - 1).astype("m8[M]")
    midnight = first.astype("M8[D]") + (day - 1).astype("m8[D]")
    possible = (month >= 1) & (month <= 12) & (day >= 1) & (midnight.astype("M8[M]") == first)
    possible &= (hour < 24) & (minute < 60) & (second < 60)
    micros = midnight.astype(np.int64) * DAY_S + hour * 3600 + minute * 60 + second
    micros = (
        micros * 1_000_000 + np.rint(decimal(fields["f"]) * 1e6).astype(np.int64) - offset_s(fields["z"]) * 1_000_000
    )
    serial = as_mask(pc.match_substring_regex(text, SERIAL))
    if serial.any():
        days = decimal(pc.if_else(pa.array(serial), text, pa.scalar("0")))
        wall = np.rint((days - SERIAL_OF_1970) * DAY_S * 1000).astype(np.int64) * 1000
        micros = np.where(serial, wall - BANK_OFFSET_S * 1_000_000, micros)
    readable = dated | serial
    result, valid, failures = within_years(micros, readable & (possible | serial), readable)
    return result, valid, [*failures, (NOT_DATE, ~readable)]


def within_years(micros: Longs, possible: Mask, readable: Mask) -> tuple[Longs, Mask, Failures]:
    """Keep instants of plausible years; a readable date that is none is no such day."""
    low, high = (np.datetime64(f"{year}-01-01", "us").astype(np.int64) for year in (FIRST_YEAR, LAST_YEAR))
    valid = possible & (micros >= low - BANK_OFFSET_S * 1_000_000) & (micros < high)
    return np.where(valid, micros, 0), valid, [(NO_SUCH_DAY, readable & ~valid)]


def numbers(values: pa.Array) -> Longs:
    """An integer Arrow column as numpy; null is 0."""
    found: Longs = pc.fill_null(values, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def whole(text: pa.Array) -> Longs:
    """Digits as integers; absent is 0."""
    return numbers(pc.if_else(pc.equal(pc.fill_null(text, ""), ""), "0", text).cast(pa.int64()))


def decimal(text: pa.Array) -> Seconds:
    """Decimal text as doubles; absent is 0."""
    filled = pc.if_else(pc.equal(pc.fill_null(text, ""), ""), "0", text)
    found: Seconds = pc.replace_substring_regex(filled, r"^\.", "0.").cast(pa.float64()).to_numpy(zero_copy_only=False)
    return found


def offset_s(text: pa.Array) -> Longs:
    """Seconds east of UTC; no offset is the bank's own."""
    filled = pc.if_else(pc.equal(pc.fill_null(text, ""), ""), "+08:00", text)
    filled = pc.replace_substring_regex(pc.replace_substring_regex(filled, "^[Zz]$", "+00:00"), ":", "")
    sign = np.where(as_mask(pc.starts_with(filled, "-")), -1, 1)
    digits = whole(pc.utf8_slice_codeunits(filled, 1))
    seconds: Longs = sign * (digits // 100 * 3600 + digits % 100 * 60)
    return seconds
