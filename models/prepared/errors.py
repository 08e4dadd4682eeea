"""What can be wrong with a bank's own table, its schema, or the two together."""

from __future__ import annotations

from models.errors import AssetlightError


class SchemaNotUsable(AssetlightError):
    """The schema file does not say what a schema must say."""


class ColumnNotInFile(AssetlightError):
    """The schema names a column that the file does not have."""


class ValueNotOfItsType(AssetlightError):
    """A value cannot be read as the type that the schema gives its column."""


class MissingCodeNotDeclared(AssetlightError):
    """A number repeats far from all others, as codes for a missing value do, and the schema does not say what it is."""


class RowWithoutKey(AssetlightError):
    """A row has no entity or no day where the schema says it has one."""


class WhenKnownNotSaid(AssetlightError):
    """Values are to be joined by day, but nothing says from which day on they were known."""


class OutcomeNotUnderstood(AssetlightError):
    """A value of the label column is neither default nor no default."""


class RowNotWhole(AssetlightError):
    """A row cannot be laid under the columns: more or fewer cells than the header, or a line that is no record."""


class RowsRepeated(AssetlightError):
    """Rows repeat an earlier row in every column, and the schema does not say whether they count."""


class EntityDayRepeated(AssetlightError):
    """Two rows of one entity count from the same day and say different things."""
