"""The schema of a table that a bank prepared itself: which column is what, in which unit, and what missing looks like.

A small YAML file (docs/training.md has one with every key). Nothing is guessed: a column that the schema does not name
is not read, and what the schema says of a column is checked against every value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from models.policy.errors import PolicyFileInvalid
from models.policy.yaml_text import TextTree, read_yaml_text
from models.prepared.errors import SchemaNotUsable
from models.prepared.repeats import KEEP, ONCE, REFUSE

SCHEMA_VERSION = "1"
NUMBER, FLAG, CATEGORY = "number", "flag", "category"
TYPES = (NUMBER, FLAG, CATEGORY)
OTHER = "(other)"  # the level of every rare or unseen value of a category
_NAME = re.compile(r"^[^\W\d]\w*$")
_DIRECTIONS = {"1": 1, "+1": 1, "up": 1, "-1": -1, "down": -1, "0": 0, "": 0}
_TOP = (
    "schema_version", "origin", "entity", "day", "known_at", "label", "weight", "segments", "bar", "repeats", "columns",
)  # fmt: skip
_LABEL = ("column", "yes", "no", "horizon_months")


@dataclass(frozen=True)
class OwnColumn:
    """One column. `direction`: 1 a larger value raises risk, -1 lowers it, 0 not known; a category has none."""

    name: str
    type: str
    header: str = ""  # in the file, where it is not the name
    unit: str = ""
    direction: int = 0
    zh: str = ""
    en: str = ""
    missing: tuple[str, ...] = ()  # codes that mean: no value
    genuine: tuple[str, ...] = ()  # numbers that look like such codes and are not
    feed: str | None = None  # columns of one feed are missing together where it is not connected
    levels: tuple[str, ...] = ()  # of a category, once it was learned from: the most frequent first, OTHER last

    @property
    def where(self) -> str:
        """The header under which the file has it."""
        return self.header or self.name


@dataclass(frozen=True)
class LabelColumn:
    """The outcome. `yes`, `no`: the values that mean default and no default; none: the usual words for both."""

    column: str
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    horizon_months: int | None = None  # the outcome is of so many months after the day; None: the table does not say


@dataclass(frozen=True)
class Schema:
    """What the columns of a prepared table are."""

    entity: str
    columns: tuple[OwnColumn, ...]
    origin: str = "own table"
    day: str | None = None  # column of the day that a row is about
    known_at: str | None = None  # column of the day from which on the row was known
    label: LabelColumn | None = None
    weight: str | None = None
    segments: tuple[str, ...] = ()  # columns that name a segment: sector, region
    bar: str | None = None  # a column that alone orders risk; what a model is held against
    repeats: str = REFUSE  # rows that are in the file twice: refuse them, count them once, or keep them

    def __post_init__(self) -> None:
        _check(self)

    def column(self, name: str) -> OwnColumn:
        """The column of a name; KeyError if there is none."""
        return {column.name: column for column in self.columns}[name]

    def with_levels(self, levels: Mapping[str, tuple[str, ...]]) -> Schema:
        """The schema with the levels that were learned from."""
        return replace(
            self, columns=tuple(replace(each, levels=levels.get(each.name, each.levels)) for each in self.columns)
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON values, for a model card: what a later table must look like."""
        found = asdict(self)
        found["columns"] = [
            {key: list(value) if isinstance(value, tuple) else value for key, value in column.items()}
            for column in found["columns"]
        ]
        found["segments"] = list(self.segments)
        if self.repeats == REFUSE:
            del found["repeats"]  # as cards had it before repeats were spoken about
        if self.label is not None:
            found["label"] = {**found["label"], "yes": list(self.label.yes), "no": list(self.label.no)}
        return found

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Schema:
        """The schema that `as_dict` stored."""
        label = stored.get("label")
        return cls(
            **{
                **stored,
                "columns": tuple(OwnColumn(**_tuples(column)) for column in stored["columns"]),
                "segments": tuple(stored.get("segments", ())),
                "label": None if label is None else LabelColumn(**_tuples(label)),
            }
        )


def read_schema(path: Path) -> Schema:
    """The schema in a YAML file. Raises SchemaNotUsable."""
    try:
        tree = read_yaml_text(path, path.name)
    except PolicyFileInvalid as error:
        raise SchemaNotUsable(error.problem, where=error.where, expected=error.expected, found=error.found) from None
    except OSError as error:
        raise SchemaNotUsable("the schema file cannot be read", where=str(path), found=error.strerror) from None
    return _schema(tree, path.name)


def _schema(tree: Mapping[str, TextTree], file: str) -> Schema:
    _known(tree, _TOP, file, "")
    version = tree.get("schema_version")
    if version != SCHEMA_VERSION:
        raise SchemaNotUsable(
            "the schema has a version this release does not know",
            where=file, field="schema_version", expected=f'"{SCHEMA_VERSION}"', found=version,
        )  # fmt: skip
    listed = tree.get("columns")
    if not isinstance(listed, list) or not listed:
        raise SchemaNotUsable(
            "the schema lists no columns", where=file, field="columns", expected="a list, one entry a column"
        )
    segments = tree.get("segments", [])
    return Schema(
        entity=_text(tree, "entity", file, needed=True),
        columns=tuple(_column(entry, file, place) for place, entry in enumerate(listed, start=1)),
        origin=_text(tree, "origin", file) or "own table",
        day=_text(tree, "day", file) or None,
        known_at=_text(tree, "known_at", file) or None,
        label=_label(tree.get("label"), file),
        weight=_text(tree, "weight", file) or None,
        segments=tuple(str(each) for each in segments) if isinstance(segments, list) else (str(segments),),
        bar=_text(tree, "bar", file) or None,
        repeats=_text(tree, "repeats", file) or REFUSE,
    )


def _label(entry: TextTree | None, file: str) -> LabelColumn | None:
    if entry is None or entry == "":
        return None
    if isinstance(entry, str):
        return LabelColumn(entry)
    if not isinstance(entry, dict):
        raise SchemaNotUsable("the label is not a column", where=file, field="label", expected="column, yes, no")
    _known(entry, _LABEL, file, "label")
    months = _text(entry, "horizon_months", file)
    if months and not months.isdigit():
        raise SchemaNotUsable(
            "the horizon is not a number of months", where=file, field="label.horizon_months", expected="12",
            found=months,
        )  # fmt: skip
    return LabelColumn(
        _text(entry, "column", file, needed=True), _texts(entry, "yes"), _texts(entry, "no"),
        int(months) if months and int(months) else None,
    )  # fmt: skip


def _column(entry: TextTree, file: str, place: int) -> OwnColumn:
    if not isinstance(entry, dict):
        raise SchemaNotUsable(
            f"column {place} is not an entry", where=file, field="columns", expected="name and type", found=entry
        )
    allowed = tuple(each.name for each in fields(OwnColumn) if each.name not in ("levels", "zh", "en"))
    _known(entry, (*allowed, "words"), file, f"column {place}")
    name = _text(entry, "name", file, needed=True)
    words = entry.get("words", {})
    words = words if isinstance(words, dict) else {"zh": str(words), "en": str(words)}
    _known(words, ("zh", "en"), file, f"words of {name}")
    sign = _text(entry, "direction", file)
    if sign not in _DIRECTIONS:
        raise SchemaNotUsable(
            "a direction is not understood", where=file, field=name, expected="1 (or up), -1 (or down), 0", found=sign
        )
    return OwnColumn(
        name=name,
        type=_text(entry, "type", file, needed=True),
        header=_text(entry, "header", file),
        unit=_text(entry, "unit", file),
        direction=_DIRECTIONS[sign],
        zh=str(words.get("zh", "")),
        en=str(words.get("en", "")),
        missing=_texts(entry, "missing"),
        genuine=_texts(entry, "genuine"),
        feed=_text(entry, "feed", file) or None,
    )


def _check(schema: Schema) -> None:
    names = [column.name for column in schema.columns]
    keys = {schema.entity: "the entity", schema.day: "the day", schema.known_at: "the day it was known"}
    keys |= {schema.label.column: "the label"} if schema.label else {}
    keys |= {schema.weight: "the weight"}
    for column in schema.columns:
        if not _NAME.match(column.name):
            raise SchemaNotUsable(
                "a column's name is not a plain word", field=column.name, expected="letters, digits and _",
                advice="Give it a plain name, and say under `header:` what the file calls it",
            )  # fmt: skip
        if column.type not in TYPES:
            raise SchemaNotUsable(
                "a column has no type that is known", field=column.name, expected=", ".join(TYPES), found=column.type
            )
        if column.type == CATEGORY and column.direction:
            raise SchemaNotUsable(
                "a category has a direction, but its levels have no order", field=column.name, expected="direction 0",
                found=column.direction, advice="Give its levels as numbers in their order and call it a number",
            )  # fmt: skip
        if column.where in keys:
            raise SchemaNotUsable(
                f"a column to learn from is also {keys[column.where]}", field=column.name, found=column.where,
                advice="Take it out of `columns`: a model that sees it knows what it is asked for",
            )  # fmt: skip
    if schema.repeats not in (KEEP, ONCE, REFUSE):
        raise SchemaNotUsable(
            "what to do with rows that are in the file twice is not understood",
            field="repeats", expected=f"{REFUSE}, {ONCE} or {KEEP}", found=schema.repeats,
        )  # fmt: skip
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SchemaNotUsable("a column is listed twice", field=repeated[0], found=", ".join(repeated))
    if schema.bar is not None and schema.bar not in names:
        raise SchemaNotUsable("the bar is not one of the columns", field="bar", found=schema.bar)


def _known(tree: Mapping[str, Any], allowed: tuple[str, ...], file: str, place: str) -> None:
    for key in tree:
        if key not in allowed:
            near = get_close_matches(key, allowed, n=1)
            raise SchemaNotUsable(
                f"the schema has a key that means nothing: {key}" + (f" (in {place})" if place else ""),
                where=file, field=key, expected=f"perhaps {near[0]}" if near else ", ".join(allowed), found=key,
            )  # fmt: skip


def _text(tree: Mapping[str, TextTree], key: str, file: str, *, needed: bool = False) -> str:
    found = tree.get(key, "")
    if not isinstance(found, str):
        raise SchemaNotUsable("one value was expected, not several", where=file, field=key, found=found)
    if needed and not found:
        raise SchemaNotUsable(f"the schema does not say its {key}", where=file, field=key, expected=f"{key}: ...")
    return found


def _texts(tree: Mapping[str, TextTree], key: str) -> tuple[str, ...]:
    found = tree.get(key, [])
    return tuple(str(each) for each in found) if isinstance(found, list) else (str(found),) if found else ()


def _tuples(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()}
