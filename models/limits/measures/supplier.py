"""The supplier limit by core enterprise, on what it settled. DOMAIN 1.4.

    by anchor: min( settled_12m / 12 * min(contract days, 90) / 30 * ratio * k_tenure * k_pay * k_perf,
                    share cap * what the anchor owes, sublimit )

A later payment lowers k_pay and what was settled and never lengthens the term, so it cannot raise the limit. What is
not known takes its prudent value: no delay record reads the worst band, no payables nothing, no fulfilment the weakest.
Receivables on the same anchor are the same sales: the larger of the two counts, so the overlap is measured beside.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.limits.arithmetic import FenColumn, FloatColumn, Mask, fen_column, product_over
from models.limits.measures.receivables import Debtors, by_enterprise
from models.policy import Policy
from models.positions import Rows
from models.valuation.rates import of, share

_PERCENT = 100  # the ratio and the three factors count to the percent, rounded down
_MONTHS_BY_DAYS = 12 * 30


def supplier_limits(
    anchors: Rows, size: int, policy: Policy, *, debtors: Debtors | None, fulfilment: tuple[FenColumn, Mask] | None
) -> Mapping[str, FloatColumn]:
    """`supplier_fen`, what of it receivables on the same anchors carry, what is missing; NaN without a programme."""
    settled, has_settled = fen_column(anchors.numbers["settled_12m_fen"], "settled_12m_fen")
    delay = anchors.numbers["delay_p75_days"]
    gross, available = _at_debtors(anchors, debtors)
    payables, stated = fen_column(anchors.numbers["payables_fen"], "payables_fen")
    owed = np.where(stated, payables, np.maximum(gross, 0))
    days = np.nan_to_num(anchors.numbers["contract_days"], nan=policy.whole("supplier.days_when_unknown"))
    term = np.clip(days, 0, policy.whole("supplier.longest_days")).astype(np.int64)
    factors = (
        np.full(len(anchors), _percent(policy.number("supplier.ratio")))
        * _banded(policy, "tenure_months", "tenure_factor", np.nan_to_num(anchors.numbers["tenure_months"]))
        * _banded(policy, "delay_days", "delay_factor", np.nan_to_num(delay, nan=np.inf))
        * _performance(policy, anchors, fulfilment)
    )
    flow = product_over(settled, term * factors, _MONTHS_BY_DAYS * _PERCENT**4)
    sublimit, own = fen_column(anchors.numbers["sublimit_fen"], "sublimit_fen")
    most = np.where(own, sublimit, policy.fen("supplier.sublimit"))
    each = np.minimum(np.minimum(flow, of(owed, share(policy.number("supplier.share_cap")))), most)
    seen = np.zeros(size, dtype=np.bool_)
    seen[anchors.row] = True
    silent = has_settled & (settled > 0) & (np.isnan(delay) | (~stated & (gross < 0)))
    columns = {
        "supplier_fen": each,
        "supplier_overlap_fen": np.minimum(each, available),
        "supplier_settled_12m_fen": settled,
        "supplier_without_payments": (~has_settled).astype(np.int64),
        "supplier_without_report": silent.astype(np.int64),
    }
    return {name: np.where(seen, by_enterprise(anchors.row, values, size), np.nan) for name, values in columns.items()}


def _percent(value: Decimal) -> int:
    return int(value * _PERCENT)


def _banded(policy: Policy, bounds: str, factors: str, values: FloatColumn) -> npt.NDArray[np.int64]:
    """The factor, in percent, of the first band whose upper bound is not below the value."""
    uppers = np.array([float(bound) for bound in policy.table(f"supplier.{bounds}")])
    table = np.array([_percent(factor) for factor in policy.table(f"supplier.{factors}")], dtype=np.int64)
    result: npt.NDArray[np.int64] = table[np.minimum(np.searchsorted(uppers, values, side="left"), len(table) - 1)]
    return result


def _performance(policy: Policy, anchors: Rows, fulfilment: tuple[FenColumn, Mask] | None) -> npt.NDArray[np.int64]:
    """The factor, in percent, of the first band whose lower bound the fulfilment reaches; the lowest where unknown."""
    table = np.array([_percent(factor) for factor in policy.table("supplier.fulfilment_factor")], dtype=np.int64)
    band = np.full(len(anchors), len(table) - 1)
    if fulfilment is not None:
        rate, known = fulfilment
        for place in reversed(range(len(table))):
            lower = int(policy.table("supplier.fulfilment")[place] * 10**9)
            band = np.where(known[anchors.row] & (rate[anchors.row] >= lower), place, band)
    result: npt.NDArray[np.int64] = table[band]
    return result


def _at_debtors(anchors: Rows, debtors: Debtors | None) -> tuple[FenColumn, FenColumn]:
    """What each anchor owes by the receivables on file (-1 where none is), and what the base lends on it."""
    nothing = np.zeros(len(anchors), dtype=np.int64)
    if debtors is None:
        return nothing - 1, nothing
    keys = _keys(debtors.row, debtors.debtor_id)
    place = pc.fill_null(pc.index_in(_keys(anchors.row, anchors.texts["anchor_id"]), value_set=keys), -1).to_numpy()
    found = place >= 0
    if not len(keys):
        return nothing - 1, nothing
    return np.where(found, debtors.gross[place], -1), np.where(found, debtors.available[place], 0)


def _keys(row: npt.NDArray[np.int64], party: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(pc.cast(pa.array(row), pa.string()), party, " ")
