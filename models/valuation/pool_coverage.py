"""Coverage of the pool's exposure: warn, call, block; and whether assets may be released (DOMAIN.md 5, mechanics)."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa

from models.valuation.pool_parameters import PoolParameters
from models.valuation.rates import Int64, of_up, share

LEVELS = ("block", "call", "warn", "normal", "no_exposure")


def coverage_columns(pool: Int64, exposure: Int64, parameters: PoolParameters) -> dict[str, pa.Array]:
    """Columns `coverage` (null without exposure), `coverage_level`, `margin_call_fen`, `margin_call_days`.

    Below a level means pool < level × exposure, the product rounded up to the fen. The call asks for what restores
    call coverage, within `cure_days`; at block no new draw is allowed until it is paid.
    """
    used = exposure > 0
    wanted = [of_up(exposure, share(level)) for level in _levels(parameters)]
    level = np.select([~used, pool < wanted[0], pool < wanted[1], pool < wanted[2]], [4, 0, 1, 2], 3)
    called = used & (pool < wanted[1])
    ratio = np.divide(pool, exposure, out=np.zeros(len(pool)), where=used)
    return {
        "coverage": pa.array(ratio, mask=~used),
        "coverage_level": pa.array(np.array(LEVELS, object)[level], pa.string()),
        "margin_call_fen": pa.array(np.where(called, wanted[1] - pool, 0)),
        "margin_call_days": pa.array(np.where(called, parameters.cure_days, 0), mask=~called),
    }


def _levels(parameters: PoolParameters) -> tuple[Decimal, Decimal, Decimal]:
    return (parameters.block_coverage, parameters.call_coverage, parameters.warn_coverage)
