"""Columns of words: text, choices, yes or no. An empty cell is null and no problem; whoever requires it says so."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.records.identifier import PLAIN, identifies, normal_identifier
from models.records.kind import UNKNOWN_WORDS, Field
from models.tables.problems import DIGITS_LOST, INVISIBLE, NOT_CHOICE, NOT_FLAG, NOT_TEXT, TOO_LONG, Mask, Reason

LONGEST_TEXT = 4_000  # characters; the opinion of an expert fits, a file pasted into a cell does not
EXACT_FLOAT = 2**53  # a code beyond it, stored as a number, has lost digits
NOTHING = pa.array(("", *UNKNOWN_WORDS), pa.string())
YES = ("是", "true", "yes", "y", "t", "1", "有")
NO = ("否", "false", "no", "n", "f", "0", "无")

Failures = list[tuple[Reason, Mask]]


def as_mask(values: pa.Array) -> Mask:
    """A boolean Arrow column as numpy; null is False."""
    found: Mask = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return found


def where_true(mask: Mask, values: pa.Array) -> pa.Array:
    """The values where the mask holds, null elsewhere."""
    return pc.if_else(pa.array(mask), values, pa.scalar(None, values.type))


def trimmed(column: pa.Array) -> pa.Array:
    """Text without blanks at its ends (full-width blanks too); empty, and what means unknown, becomes null."""
    text = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.is_in(text, NOTHING), pa.scalar(None, pa.string()), text)


def normal_word(word: str) -> str:
    """A word without what varies: width, case, blanks at the ends."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


def text_of(column: pa.Array) -> tuple[pa.Array, Failures]:
    """Any column as trimmed text: whole numbers without `.0`, dates as ISO."""
    kind = column.type
    if pa.types.is_string(kind):
        return trimmed(column), []
    if pa.types.is_null(kind):
        return pa.nulls(len(column), pa.string()), []
    if pa.types.is_floating(kind):
        numbers = column.cast(pa.float64())
        flat = pc.fill_null(numbers, 0.0).to_numpy(zero_copy_only=False)
        whole = np.isfinite(flat) & (np.trunc(flat) == flat) & (np.abs(flat) < EXACT_FLOAT)
        lost = np.isfinite(flat) & (np.abs(flat) >= EXACT_FLOAT)
        integers = pa.array(np.where(whole, flat, 0).astype(np.int64)).cast(pa.string())
        text = pc.if_else(pa.array(whole), integers, numbers.cast(pa.string()))
        return where_true(~lost & as_mask(pc.is_valid(column)), text), [(DIGITS_LOST, lost)]
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        return pa.nulls(len(column), pa.string()), [(NOT_TEXT, as_mask(pc.is_valid(column)))]
    return column.cast(pa.string()), []


def identifiers_of(column: pa.Array) -> tuple[pa.Array, Failures]:
    """Text as `normal_identifier` writes it. Most ids are plain ASCII, so only the others are looked at, each once."""
    text, failures = text_of(column)
    odd = ~as_mask(pc.fill_null(pc.match_substring_regex(text, PLAIN), True))
    if not odd.any():
        return text, failures
    words = text.filter(pa.array(odd)).dictionary_encode()
    normal = [None if word is None else normal_identifier(word) for word in words.dictionary.to_pylist()]
    kept = trimmed(pa.array(normal, pa.string())).take(words.indices)
    invisible = np.zeros(len(text), bool)
    invisible[odd] = as_mask(pc.is_null(pa.array(normal, pa.string()).take(words.indices)))
    return pc.replace_with_mask(text, pa.array(odd), kept), [*failures, (INVISIBLE, invisible)]


def parse_text(column: pa.Array, declared: Field) -> tuple[pa.Array, Failures]:
    """Trimmed text, at most `maximum` characters (or LONGEST_TEXT); what identifies, by the rule of identifiers."""
    text, failures = identifiers_of(column) if identifies(declared.name) else text_of(column)
    long = as_mask(pc.greater(pc.utf8_length(text), int(declared.maximum or LONGEST_TEXT)))
    return (where_true(~long, text) if long.any() else text), [*failures, (TOO_LONG, long)]


def parse_choice(column: pa.Array, declared: Field) -> tuple[pa.Array, Failures]:
    """The stored value of each accepted spelling."""
    accepted = {normal_word(spelling): stored for spelling, stored in (declared.choices or {}).items()}
    text, failures = text_of(column)
    words = text.dictionary_encode()
    stored = pa.array(
        [None if word is None else accepted.get(normal_word(word)) for word in words.dictionary.to_pylist()],
        pa.string(),
    )
    values = stored.take(words.indices)
    unknown = as_mask(pc.and_(pc.is_valid(text), pc.is_null(values)))
    return values, [*failures, (NOT_CHOICE, unknown)]


def parse_flag(column: pa.Array, declared: Field) -> tuple[pa.Array, Failures]:  # noqa: ARG001
    """True or false from yes and no in either language."""
    if pa.types.is_boolean(column.type):
        return column, []
    accepted = {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}
    text, failures = text_of(column)
    words = text.dictionary_encode()
    stored = pa.array(
        [None if word is None else accepted.get(normal_word(word)) for word in words.dictionary.to_pylist()],
        pa.bool_(),
    )
    values = stored.take(words.indices)
    unknown = as_mask(pc.and_(pc.is_valid(text), pc.is_null(values)))
    return values, [*failures, (NOT_FLAG, unknown)]
