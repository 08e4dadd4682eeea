"""The tables that a bundle asks for where it was learned from a bank's own columns, by what its card says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.errors import AssetlightError
from models.prepared.repeats import KEEP
from models.prepared.rows import PreparedRows, read_prepared
from models.prepared.schema import Schema


class NoOwnColumns(AssetlightError):
    """The tables that were given are not those that the model was learned from."""


def own_schemas(card: Mapping[str, Any]) -> tuple[Schema, ...]:
    """The schemas of the own tables that a model was learned from, by its card; none for most models."""
    return tuple(Schema.from_dict(stored) for stored in card.get("own_columns", {}).get("tables", ()))


def read_own(paths: Sequence[Path], card: Mapping[str, Any]) -> tuple[PreparedRows, ...]:
    """Read the tables to be scored by the schemas that the card holds; label and weight are not asked for, and a row
    that is there twice is scored twice.

    Raises NoOwnColumns where their number differs, and what `read_prepared` raises.
    """
    schemas = own_schemas(card)
    if len(paths) != len(schemas) or not schemas:
        raise NoOwnColumns(
            "the model was learned from another number of own tables",
            expected=f"{len(schemas)}: {', '.join(schema.origin for schema in schemas)}" if schemas else "no table",
            found=f"{len(paths)}: {', '.join(path.name for path in paths)}",
            advice="Name the tables in the order of training, or leave --table out",
        )
    alone = bool(card["own_columns"].get("alone"))
    bare = [replace(schema, label=None, weight=None, segments=(), repeats=KEEP) for schema in schemas]
    if alone:
        bare = [replace(schema, day=None, known_at=None) for schema in bare]
    return tuple(read_prepared(path, schema) for path, schema in zip(paths, bare, strict=True))
