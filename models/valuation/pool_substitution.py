"""Substitution in the pool (置换): assets leave only if what stays covers the exposure (DOMAIN.md 5, mechanics)."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.valuation.columns import register_numbers
from models.valuation.pool import value_pool
from models.valuation.pool_parameters import PoolParameters


def check_substitution(
    rows: pa.Table,
    releases: pa.Table,
    parameters: PoolParameters,
    *,
    as_of: date,
    facts: pa.Table | None = None,
    valuations: pa.Table | None = None,
) -> pa.Table:
    """Whether each enterprise may take out the assets named in `releases` (enterprise_id, register_no) at `as_of`.

    A replacement counts once it has entered the pool (`entered_on`), so release comes after the replacement is
    perfected. Columns: enterprise_id, pool_before_fen, pool_after_fen, exposure_fen, lacking_fen, allowed. Enterprises
    without a release are left out.
    """
    before = value_pool(rows, parameters, as_of=as_of, facts=facts, valuations=valuations).enterprises
    leaving = _named(rows, releases)
    after = value_pool(
        rows.filter(pc.invert(leaving)), parameters, as_of=as_of, facts=facts, valuations=valuations
    ).enterprises
    before = before.filter(pc.is_in(before.column("enterprise_id"), value_set=_ids(releases)))
    place = pc.index_in(before.column("enterprise_id"), value_set=after.column("enterprise_id").combine_chunks())
    index = np.asarray(pc.fill_null(place, -1).to_numpy(), np.int64)
    rest = np.append(after.column("pool_fen").to_numpy(), 0)[index]
    exposure = before.column("exposure_fen").to_numpy()
    lacking = np.maximum(exposure - rest, 0)
    return pa.table(
        {
            "enterprise_id": before.column("enterprise_id"),
            "pool_before_fen": before.column("pool_fen"),
            "pool_after_fen": rest,
            "exposure_fen": exposure,
            "lacking_fen": lacking,
            "allowed": lacking == 0,
        }
    )


def _ids(releases: pa.Table) -> pa.Array:
    return releases.column("enterprise_id").cast(pa.string()).combine_chunks()


def _named(rows: pa.Table, releases: pa.Table) -> pa.ChunkedArray:
    own = pc.binary_join_element_wise(
        rows.column("enterprise_id"), register_numbers(rows.column("register_no")), "\x1f"
    )
    out = pc.binary_join_element_wise(_ids(releases), register_numbers(releases.column("register_no")), "\x1f")
    return pc.is_in(own, value_set=out.combine_chunks() if isinstance(out, pa.ChunkedArray) else out)
