"""A bank's own table: read by its schema, checked value by value, joined by the day on which it was known."""

from models.prepared.errors import (
    ColumnNotInFile,
    EntityDayRepeated,
    MissingCodeNotDeclared,
    OutcomeNotUnderstood,
    RowNotWhole,
    RowsRepeated,
    RowWithoutKey,
    SchemaNotUsable,
    ValueNotOfItsType,
    WhenKnownNotSaid,
)
from models.prepared.join import known_by
from models.prepared.needed import NoOwnColumns, own_schemas, read_own
from models.prepared.repeats import named
from models.prepared.rows import PreparedRows, read_prepared, table_of
from models.prepared.schema import CATEGORY, FLAG, NUMBER, OTHER, LabelColumn, OwnColumn, Schema, read_schema

__all__ = [
    "CATEGORY",
    "FLAG",
    "NUMBER",
    "OTHER",
    "ColumnNotInFile",
    "EntityDayRepeated",
    "LabelColumn",
    "MissingCodeNotDeclared",
    "NoOwnColumns",
    "OutcomeNotUnderstood",
    "OwnColumn",
    "PreparedRows",
    "RowNotWhole",
    "RowWithoutKey",
    "RowsRepeated",
    "Schema",
    "SchemaNotUsable",
    "ValueNotOfItsType",
    "WhenKnownNotSaid",
    "known_by",
    "named",
    "own_schemas",
    "read_own",
    "read_prepared",
    "read_schema",
    "table_of",
]
