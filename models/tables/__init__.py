"""Records in columns: how rows become records, which rows count on a day, and the digest that names them."""

from models.tables.accept import Accepted, accept, accept_rows
from models.tables.columns import (
    ColumnMap,
    ColumnsMissing,
    KindAmbiguous,
    KindNotRecognised,
    map_columns,
    rank_of,
    recognise,
)
from models.tables.digests import books_of, input_digests
from models.tables.objects import broken_row, sheet_of_objects, wire_fields
from models.tables.origins import record_origins
from models.tables.partners import NETWORK_KINDS, Books
from models.tables.point_in_time import (
    BANK_ZONE,
    ParquetFiles,
    Source,
    Tables,
    concatenated,
    empty_table,
    end_of_day,
    enterprises_of,
    instant_of,
    moments,
    origins,
    visible_rows_sql,
)
from models.tables.versions import Merged, merge_versions

__all__ = [
    "BANK_ZONE",
    "NETWORK_KINDS",
    "Accepted",
    "Books",
    "ColumnMap",
    "ColumnsMissing",
    "KindAmbiguous",
    "KindNotRecognised",
    "Merged",
    "ParquetFiles",
    "Source",
    "Tables",
    "accept",
    "accept_rows",
    "books_of",
    "broken_row",
    "concatenated",
    "empty_table",
    "end_of_day",
    "enterprises_of",
    "input_digests",
    "instant_of",
    "map_columns",
    "merge_versions",
    "moments",
    "origins",
    "rank_of",
    "recognise",
    "record_origins",
    "sheet_of_objects",
    "visible_rows_sql",
    "wire_fields",
]
