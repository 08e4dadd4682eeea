"""The pool, IP rights and data assets as facts of the limit, from the valuation stage. DOMAIN 3 to 5."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.limits.arithmetic import FloatColumn
from models.valuation.stage import AssetValues


def asset_facts(values: AssetValues, enterprises: pa.Array) -> Mapping[str, FloatColumn]:
    """`pool_fen`, `ip_*`, `data_*` of each of `enterprises`; NaN where it has no asset of the kind on file.

    Uplifts count at the low end of the range; the high end says what better evidence could be worth.
    """
    facts: dict[str, FloatColumn] = {}
    if values.pool is not None:
        table = values.pool.enterprises
        facts["pool_fen"] = _placed(table, "pool_fen", enterprises)
        facts["pool_gross_fen"] = _placed(table, "gross_fen", enterprises)
        facts["pool_open"] = _placed(table, "pending", enterprises)
    for prefix, valuation in (("ip", values.ip), ("data", values.data)):
        if valuation is not None:
            table = valuation.enterprises
            for end in ("low", "high"):
                facts[f"{prefix}_lending_{end}_fen"] = _placed(table, f"lending_{end}_fen", enterprises)
            facts[f"{prefix}_refer"] = _placed(table, "refer", enterprises)
    return facts


def _placed(table: pa.Table, name: str, enterprises: pa.Array) -> FloatColumn:
    """A column by enterprise at the places of `enterprises`; a list counts its entries."""
    column = table.column(name).combine_chunks()
    if pa.types.is_list(column.type):
        column = pc.list_value_length(column)
    place = pc.index_in(enterprises, value_set=table.column("enterprise_id").combine_chunks())
    found = column.take(place).cast(pa.float64())
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.float64)
