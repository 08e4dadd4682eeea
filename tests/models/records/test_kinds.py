"""The contracts of all record kinds: complete, unambiguous, stable, and each with a valid example."""

from __future__ import annotations

import itertools
import re
import unicodedata

import duckdb
import pyarrow as pa
import pytest

from models.records import KINDS
from models.records.kind import UNKNOWN_WORDS, Field, RecordKind

EVERY_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def header_form(word: str) -> str:
    """A header as a recogniser may compare it: width, case, blanks and underscores do not matter."""
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", word).casefold())


def headers(field: Field) -> set[str]:
    """Every header of a field, in comparable form."""
    return {header_form(word) for word in (field.name, field.key, field.zh, field.en, *field.aliases)}


@EVERY_KIND
def test_every_kind_and_field_has_words_in_both_languages(kind: RecordKind) -> None:
    """A kind and each of its fields carry a Chinese and an English word, a meaning and checks in both languages."""
    assert kind.meaning.strip()
    assert CHINESE.search(kind.zh)
    assert not CHINESE.search(kind.en)
    for field in kind.fields:
        assert CHINESE.search(field.zh), field.name
        assert field.en, field.name
        assert not CHINESE.search(field.en), field.name
    for check in kind.checks:
        assert CHINESE.search(check.zh)
        assert not CHINESE.search(check.en)


@EVERY_KIND
def test_a_header_names_one_field_of_a_kind(kind: RecordKind) -> None:
    """No header word of a kind stands for two of its fields, however it is spaced or capitalised."""
    for one, other in itertools.combinations(kind.fields, 2):
        assert not headers(one) & headers(other), (one.name, other.name)


@EVERY_KIND
def test_natural_key_and_occurred_are_required_fields(kind: RecordKind) -> None:
    """A row can always be identified and dated: key fields and the day it happened exist and are never null."""
    assert kind.natural_key[0] == "enterprise_id"
    for name in (*kind.natural_key, kind.occurred):
        assert kind.field(name).required, name
    assert kind.field(kind.occurred).type in ("date", "timestamp")
    assert kind.field("enterprise_id").type == "text"


@EVERY_KIND
def test_field_types_fit_their_names_and_bounds(kind: RecordKind) -> None:
    """Money ends in _fen and nothing else does, choices have spellings, and only numbers have bounds."""
    for field in kind.fields:
        assert (field.type == "money") == field.name.endswith("_fen"), field.name
        assert (field.type == "choice") == (field.choices is not None), field.name
        if field.minimum is not None or field.maximum is not None:
            assert field.type in ("money", "number", "integer"), field.name
        if field.planned:
            assert field.type in ("date", "timestamp"), field.name
        if field.filled_from:
            assert field.filled_from == "known_at" or kind.field(field.filled_from).type == field.type
        for spelling in field.choices or {}:
            assert spelling == spelling.strip().casefold(), field.name


@EVERY_KIND
def test_names_are_plain_sql(kind: RecordKind) -> None:
    """The kind and its columns can be written in SQL without quotes."""
    with duckdb.connect() as connection:
        connection.register(kind.name, kind.schema.empty_table())
        connection.execute(f"SELECT {', '.join(kind.schema.names)} FROM {kind.name}")  # noqa: S608


@EVERY_KIND
def test_checks_are_predicates_over_own_columns(kind: RecordKind) -> None:
    """Each check is a boolean SQL expression over the fields it says it speaks about, and codes are unique."""
    assert len({check.code for check in kind.checks}) == len(kind.checks)
    for check in kind.checks:
        with duckdb.connect() as connection:
            connection.register("rows", pa.schema([kind.schema.field(f) for f in check.fields]).empty_table())
            found = connection.sql(f"SELECT {check.sql} AS verdict FROM rows")  # noqa: S608
            assert str(found.types[0]) == "BOOLEAN", check.code


def test_check_codes_are_unique_between_kinds() -> None:
    """A code names one rule in the whole product."""
    codes = [check.code for kind in KINDS.values() for check in kind.checks]
    assert len(codes) == len(set(codes))


def test_the_registry_names_each_kind_as_the_kind_does() -> None:
    """KINDS is keyed by the kinds' own names."""
    assert all(name == kind.name for name, kind in KINDS.items())


def accepts(kind: RecordKind, header: set[str]) -> bool:
    """Whether a header has every required column of the kind and no column the kind does not know."""
    known = [headers(field) for field in kind.fields]
    return all(any(h in words for words in known) for h in header) and all(
        words & header
        for field, words in zip(kind.fields, known, strict=True)
        if field.required and not field.filled_from
    )


@EVERY_KIND
@pytest.mark.parametrize("only_required", [False, True], ids=["all", "required"])
@pytest.mark.parametrize("language", ["zh", "en", "key"])
def test_no_header_fits_two_kinds(kind: RecordKind, language: str, *, only_required: bool) -> None:
    """The header of one kind, whole or required columns only, is the header of no other kind."""
    fields = [f for f in kind.fields if not only_required or (f.required and not f.filled_from)]
    header = {header_form(getattr(field, language)) for field in fields}
    assert [other.name for other in KINDS.values() if accepts(other, header)] == [kind.name]


def test_a_table_without_optional_columns_conforms() -> None:
    """Missing optional columns become null; a missing required or an unknown column is named."""
    kind = KINDS["tax_grade"]
    full = kind.schema.empty_table()
    assert kind.conformed(full.drop_columns(["score"])).schema.equals(kind.schema)
    with pytest.raises(KeyError, match="needs the column published_on"):
        kind.conformed(full.drop_columns(["published_on"]))
    with pytest.raises(KeyError, match="has no column rating"):
        kind.conformed(full.append_column("rating", pa.array([], pa.string())))


@EVERY_KIND
def test_no_choice_is_a_word_for_unknown(kind: RecordKind) -> None:
    """What means that nothing is known is never an accepted value."""
    unknown = {word.casefold() for word in UNKNOWN_WORDS}
    for field in kind.fields:
        assert not unknown & set(field.choices or {}), field.name
