"""What an enterprise belongs to on a day: industry, region, park, core enterprise. For concentration and its bounds."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from models.lake import Lake
from models.records import KINDS
from models.tables import Tables, empty_table, moments, visible_rows_sql

GROUPING_KINDS = ("enterprise", "anchor_programme")


def groups_of(lake: Lake, as_of: date) -> pa.Table:
    """The groups of every stored enterprise: see `groups_in`."""
    return groups_in(lake.tables(kinds=list(GROUPING_KINDS)), as_of)


def groups_in(stored: Tables, as_of: date) -> pa.Table:
    """enterprise_id, industry, region, park, core_enterprise: text, null where the records do not say.

    Industry is the two-digit division of GB/T 4754 (or the section letter where no more is known). The core enterprise
    is that of the programme joined first among those not left; ties by its id.
    """
    enterprise, programme = (KINDS[name] for name in GROUPING_KINDS)
    tables = Tables({kind.name: stored.by_kind.get(kind.name, empty_table(kind)) for kind in (enterprise, programme)})
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        tables.attach(connection)
        connection.register("m", moments([as_of]))
        return connection.sql(f"""
            WITH told AS (
                SELECT r.enterprise_id, r.region, r.park,
                    coalesce(nullif(regexp_extract(r.industry_code, '[0-9]{{2}}'), ''), r.industry_code) AS industry
                FROM {enterprise.name} r, m WHERE {visible_rows_sql(enterprise)}
                QUALIFY row_number() OVER (
                    PARTITION BY r.enterprise_id ORDER BY r.known_at DESC, r.industry_code, r.region, r.park
                ) = 1
            ), chained AS (
                SELECT r.enterprise_id, r.anchor_id AS core_enterprise
                FROM {programme.name} r, m
                WHERE {visible_rows_sql(programme)} AND (r.left_on IS NULL OR r.left_on > m.as_of)
                QUALIFY row_number() OVER (PARTITION BY r.enterprise_id ORDER BY r.joined_on, r.anchor_id) = 1
            )
            SELECT enterprise_id, industry, region, park, core_enterprise
            FROM told FULL JOIN chained USING (enterprise_id) ORDER BY enterprise_id
        """).to_arrow_table()  # noqa: S608  (names of the record kinds, never input)
