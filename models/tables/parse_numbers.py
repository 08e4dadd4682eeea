"""Columns of numbers: money to exact fen, plain numbers, whole numbers.

Text is parsed once per distinct spelling. What is plainly a number goes the fast way; the rest is tidied first (width,
currency, separators, brackets) and then has to be plainly a number.
"""

from __future__ import annotations

from decimal import Decimal
from math import ceil, floor

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.errors import MoneyNotExact
from models.money import FEN_PER_YUAN, LARGEST_FEN, fen_from_yuan
from models.records.kind import Field
from models.tables.parse_text import Failures, as_mask, text_of, trimmed, where_true
from models.tables.problems import (
    BELOW_FEN,
    NOT_FINITE,
    NOT_MONEY,
    NOT_NUMBER,
    NOT_WHOLE,
    TOO_BIG,
    TOO_LARGE,
    TOO_SMALL,
    Mask,
    Reason,
)

PLAIN = r"^[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?$"
GROUPED = r"^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$"
NOT_A_FINITE_WORD = r"(?i)^[+-]?(nan|inf|infinity)$"
# A double near 1e11 yuan still tells a tenth of a fen apart; beyond it the text is read as a decimal.
EXACT_BY_FLOAT_YUAN = 1e11
FLOAT_NOISE_FEN = 1e-6  # what adding doubles in a spreadsheet leaves behind: 943.4000000001

Floats = npt.NDArray[np.float64]


def tidy_numbers(text: pa.Array) -> pa.Array:
    """Numbers as people write them, as numbers: full width, ¥, 元, 1,234.50, (1,234.50), the minus sign U+2212."""
    text = pc.utf8_normalize(text, form="NFKC")
    for pattern, plain in (
        ("−", "-"),
        (r"^\((.*)\)$", r"-\1"),
        (r"(?i)^([+-]?)\s*(?:人民币|rmb|cny|¥)\s*([+-]?)", r"\1\2"),
        (r"(?i)\s*(?:元|yuan|rmb|cny)$", ""),
    ):
        text = pc.replace_substring_regex(text, pattern, plain)
    text = pc.utf8_trim_whitespace(text)
    grouped = pc.match_substring_regex(text, GROUPED)
    return pc.if_else(grouped, pc.replace_substring(text, ",", ""), text)


def numbers_of(text: pa.Array) -> tuple[pa.Array, Mask, Mask]:
    """Text -> (tidied text, where it is plainly a number, where it says NaN or infinity)."""
    plain = as_mask(pc.match_substring_regex(text, PLAIN))
    rest = ~plain & as_mask(pc.is_valid(text))
    if rest.any():
        positions = np.flatnonzero(rest)
        tidied = tidy_numbers(text.take(pa.array(positions)))
        text = pc.replace_with_mask(text, pa.array(rest), tidied)
        plain |= as_mask(pc.match_substring_regex(text, PLAIN))
    return text, plain, as_mask(pc.match_substring_regex(text, NOT_A_FINITE_WORD)) & ~plain


def floats_of(text: pa.Array, plain: Mask) -> Floats:
    """The nearest double of each plain number; 0 where there is none."""
    floats: Floats = pc.if_else(pa.array(plain), text, pa.scalar("0")).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return floats


def by_spelling(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Distinct trimmed spellings, and for each row which one (null stays null)."""
    words = trimmed(column).dictionary_encode()
    return words.dictionary, words.indices


def back(values: pa.Array, failures: Failures, indices: pa.Array) -> tuple[pa.Array, Failures]:
    """Results per spelling as results per row."""
    spread = [(reason, as_mask(pa.array(mask).take(indices))) for reason, mask in failures if mask.any()]
    return values.take(indices), spread


def parse_money(column: pa.Array, declared: Field, fen_per: int = FEN_PER_YUAN) -> tuple[pa.Array, Failures]:
    """Yuan, or a unit of `fen_per` fen, -> exact fen (int64)."""
    kind = column.type
    if pa.types.is_floating(kind):
        numbers = column.cast(pa.float64())
        values, failures = fen_of(pc.fill_null(numbers, 0.0).to_numpy(zero_copy_only=False), numbers, fen_per)
        values = pc.if_else(pc.is_null(numbers), pa.scalar(None, pa.int64()), values)
    elif pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        whole = column.cast(pa.int64())
        large = as_mask(pc.or_(pc.greater(whole, LARGEST_FEN // fen_per), pc.less(whole, -(LARGEST_FEN // fen_per))))
        values, failures = pc.multiply(where_true(~large, whole), fen_per), [(TOO_LARGE, large)]
    elif pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        values, failures = pa.nulls(len(column), pa.int64()), [(NOT_MONEY, as_mask(pc.is_valid(column)))]
    else:
        text, failures = text_of(column)
        spellings, indices = by_spelling(text)
        tidied, plain, not_finite = numbers_of(spellings)
        fen, more = fen_of(floats_of(tidied, plain), tidied, fen_per)
        found = pc.if_else(pa.array(plain), fen, pa.scalar(None, pa.int64()))
        more += [(NOT_FINITE, not_finite), (NOT_MONEY, ~plain & ~not_finite)]
        values, spread = back(found, more, indices)
        failures = [*failures, *spread]
    return in_range(values, declared, failures)


def fen_of(units: Floats, source: pa.Array, fen_per: int) -> tuple[pa.Array, Failures]:
    """Doubles of a unit -> fen: exactly where the double proves it, else by decimal arithmetic on `source`."""
    finite = np.isfinite(units)
    bound = EXACT_BY_FLOAT_YUAN * FEN_PER_YUAN / fen_per
    small = np.where(finite & (np.abs(units) <= bound), units, 0.0)
    fen = np.rint(small * fen_per)
    exact = (fen / fen_per == small) | (np.abs(small * fen_per - fen) <= FLOAT_NOISE_FEN)
    result = fen.astype(np.int64)
    too_large = finite & (np.abs(units) * fen_per > LARGEST_FEN)
    for position in np.flatnonzero(finite & ~too_large & (np.abs(units) > bound)):
        raw = source[int(position)].as_py()
        try:
            amount = Decimal(raw if isinstance(raw, str) else repr(raw))
            result[position] = fen_from_yuan(amount * fen_per / FEN_PER_YUAN)
        except MoneyNotExact:
            exact[position] = False
    bad = ~finite | too_large | ~exact
    failures: Failures = [(NOT_FINITE, ~finite), (TOO_LARGE, too_large), (BELOW_FEN, finite & ~too_large & ~exact)]
    return pa.array(result, mask=bad), failures


def parse_number(column: pa.Array, declared: Field) -> tuple[pa.Array, Failures]:
    """A finite double; `13%` is 0.13."""
    values, failures = doubles_of(column)
    return in_range(values, declared, failures)


def parse_integer(column: pa.Array, declared: Field) -> tuple[pa.Array, Failures]:
    """A whole number; `12.0` is 12."""
    if pa.types.is_integer(column.type):
        return in_range(column.cast(pa.int64()), declared, [])
    values, failures = doubles_of(column)
    numbers = pc.fill_null(values, 0.0).to_numpy(zero_copy_only=False)
    broken = (np.trunc(numbers) != numbers) | (np.abs(numbers) >= 2**53)
    whole = pa.array(np.where(broken, 0, numbers).astype(np.int64), mask=broken | as_mask(pc.is_null(values)))
    return in_range(whole, declared, [*failures, (NOT_WHOLE, broken)])


def doubles_of(column: pa.Array) -> tuple[pa.Array, Failures]:
    """Any column of numbers as finite doubles."""
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        return pa.nulls(len(column), pa.float64()), [(NOT_NUMBER, as_mask(pc.is_valid(column)))]
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        numbers = column.cast(pa.float64())
        wild = ~np.isfinite(pc.fill_null(numbers, 0.0).to_numpy(zero_copy_only=False))
        return pc.if_else(pa.array(wild), pa.scalar(None, pa.float64()), numbers), [(NOT_FINITE, wild)]
    text, failures = text_of(column)
    spellings, indices = by_spelling(text)
    percent = as_mask(pc.match_substring_regex(spellings, r"[%％]$"))
    tidied, plain, not_finite = numbers_of(pc.replace_substring_regex(spellings, r"\s*[%％]$", ""))
    numbers = floats_of(tidied, plain) / np.where(percent, 100.0, 1.0)
    wild = plain & ~np.isfinite(numbers)
    found = pa.array(numbers, mask=~plain | wild)
    values, spread = back(found, [(NOT_FINITE, not_finite | wild), (NOT_NUMBER, ~plain & ~not_finite)], indices)
    return values, [*failures, *spread]


def in_range(values: pa.Array, declared: Field, failures: Failures) -> tuple[pa.Array, Failures]:
    """Hold the values (in the stored unit) against the field's minimum and maximum."""
    found: list[tuple[Reason, Mask]] = list(failures)
    whole = pa.types.is_integer(values.type)  # compared as such: a double cannot hold every int64
    for bound, nearest, outside, reason in (
        (declared.minimum, ceil, pc.less, TOO_SMALL),
        (declared.maximum, floor, pc.greater, TOO_BIG),
    ):
        if bound is not None:
            limit = pa.scalar(nearest(bound), pa.int64()) if whole else pa.scalar(bound, pa.float64())
            wrong = as_mask(outside(values, limit))
            if wrong.any():
                values = pc.if_else(pa.array(wrong), pa.scalar(None, values.type), values)
                found.append((reason, wrong))
    return values, found
