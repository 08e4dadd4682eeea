"""Invoices that add up to the sales and purchases of the economy, month by month, to the fen.

The number of an enterprise's invoices, their sizes, void and red-letter rates and the concentration of its
counterparties follow `calibration`. Void invoices come on top of the sum (they do not count), red-letter ones are made
good by the others of the same month, so that valid net amounts equal what was sold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.records.invoice import INVOICE, PURCHASE, SALES, VALID, VOID
from training.simulate import calibration

Whole = npt.NDArray[np.int64]
ORIGIN = "simulated"
_MICROSECONDS_PER_DAY = 86_400_000_000


@dataclass(frozen=True)
class Side:
    """How one direction of invoices is shaped."""

    direction: str
    prefix: str  # of the counterparty codes
    size_log_sd: float
    void_beta: tuple[float, float]
    counterparties_median: float
    counterparties_log_sd: float
    count_factor: float


OUTPUT = Side(
    SALES, "B", calibration.SALES_SIZE_LOG_SD, calibration.VOID_RATE_BETA,
    calibration.CUSTOMERS_MEDIAN, calibration.CUSTOMERS_LOG_SD, 1.0,
)  # fmt: skip
INPUT = Side(
    PURCHASE, "S", calibration.PURCHASE_SIZE_LOG_SD, calibration.PURCHASE_VOID_RATE_BETA,
    calibration.SUPPLIERS_MEDIAN, calibration.SUPPLIERS_LOG_SD, 1.1,
)  # fmt: skip


def month_starts(start: date, months: int) -> npt.NDArray[np.datetime64]:
    """First days of so many months and of the one after, as datetime64[D]."""
    first = np.datetime64(start, "M")
    return (first + np.arange(months + 1)).astype("datetime64[D]")


def _day_weights(starts: npt.NDArray[np.datetime64]) -> npt.NDArray[np.float64]:
    """Weight of every calendar day from the first month to the last."""
    days = np.arange(starts[0], starts[-1])
    weekday = (days.astype(np.int64) + 3) % 7
    day_of_month = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    weights = np.array(calibration.DAY_WEIGHTS, dtype=np.float64)[day_of_month]
    return np.asarray(np.where(weekday >= 5, weights * calibration.WEEKEND_WEIGHT, weights), dtype=np.float64)


def _choose_days(rng: np.random.Generator, month: Whole, starts: npt.NDArray[np.datetime64]) -> Whole:
    """A day for each invoice, as days since 1970, within its month."""
    cumulative = np.concatenate([[0.0], np.cumsum(_day_weights(starts))])
    edges = (starts - starts[0]).astype(np.int64)
    low, high = cumulative[edges[month]], cumulative[edges[month + 1]]
    at = low + rng.random(len(month)) * (high - low)
    place = np.clip(np.searchsorted(cumulative, at, side="right") - 1, edges[month], edges[month + 1] - 1)
    return np.asarray(place + starts[0].astype(np.int64), dtype=np.int64)


def split_exactly(total: Whole, cell: Whole, weight: npt.NDArray[np.float64]) -> Whole:
    """Whole parts of `total[cell]` in proportion to `weight`, adding up exactly; `cell` is sorted and complete."""
    sums = np.bincount(cell, weights=weight, minlength=len(total))
    part = np.floor(total[cell] * (weight / sums[cell])).astype(np.int64)
    rest = total - np.bincount(cell, weights=part, minlength=len(total)).astype(np.int64)
    part[np.flatnonzero(np.diff(cell, prepend=-1))] += rest[cell[np.flatnonzero(np.diff(cell, prepend=-1))]]
    return part


def _choose_counterparties(rng: np.random.Generator, enterprise: Whole, side: Side, enterprises: int) -> Whole:
    """The rank of the counterparty within the enterprise's own list; low ranks get most of the trade."""
    known = np.clip(
        side.counterparties_median * np.exp(rng.normal(0, side.counterparties_log_sd, enterprises)), 1, 3000
    )
    unequal = np.clip(rng.normal(calibration.CONCENTRATION_MEAN, calibration.CONCENTRATION_SD, enterprises), 0.05, 2.5)
    power = 1 - np.where(np.abs(unequal - 1) < 0.02, 0.98, unequal)
    # Inverse of the continuous Zipf law on [1, known + 1).
    top = (known + 1)[enterprise]
    exponent = power[enterprise]
    draw = rng.random(len(enterprise))
    rank = (1 + draw * (top**exponent - 1)) ** (1 / exponent)
    return np.asarray(np.clip(np.floor(rank).astype(np.int64) - 1, 0, top.astype(np.int64)), dtype=np.int64)


def invoices(
    amounts: Whole, tax_rate: npt.NDArray[np.float64], ids: pa.Array, side: Side, start: date, rng: np.random.Generator
) -> pa.Table:
    """The invoices of one direction in the schema of the record kind, sorted by enterprise and day.

    `amounts` is months x enterprises, fen net of tax. A month with an amount has at least one valid invoice.
    """
    months, enterprises = int(amounts.shape[0]), int(amounts.shape[1])
    starts = month_starts(start, months)
    mean: npt.NDArray[np.float64] = np.asarray(amounts, dtype=np.float64).mean(axis=0)
    monthly = mean / 100
    size = np.log(np.maximum(monthly, 1) / (calibration.ANNUAL_SALES_MEDIAN_YUAN / 12))
    usual = calibration.SALES_INVOICES_PER_MONTH_MEDIAN * side.count_factor * 0.6
    usual_count = np.clip(usual * np.exp(0.45 * size + rng.normal(0, 0.6, enterprises)), 0.5, 400)
    relative = amounts / np.maximum(1, mean)
    total = amounts.T.ravel()  # cell = enterprise * months + month
    count = rng.poisson((usual_count * np.sqrt(relative)).T.ravel())
    count = np.where(total > 0, np.maximum(count, 1), 0)

    void_rate = rng.beta(side.void_beta[0], side.void_beta[1], enterprises)
    red_rate = rng.beta(calibration.RED_RATE_BETA[0], calibration.RED_RATE_BETA[1], enterprises)
    owner_of_cell = np.arange(len(total)) // months
    void_count = rng.binomial(count, np.minimum(0.6, void_rate / (1 - np.minimum(0.5, void_rate)))[owner_of_cell])
    red_count = rng.binomial(np.maximum(0, count - 1), red_rate[owner_of_cell])
    zero_count = rng.binomial(count, calibration.ZERO_TOTAL_RATE if side.direction == SALES else 0.0)
    kinds = np.stack([count, red_count, void_count, zero_count], axis=1)
    cell = np.repeat(np.arange(len(total)), kinds.sum(axis=1))
    kind = np.repeat(np.tile(np.arange(4), len(total)), kinds.ravel())

    weight = np.exp(side.size_log_sd * rng.normal(size=len(cell)))
    mean_amount = (total / np.maximum(1, count))[cell]
    amount = np.zeros(len(cell), dtype=np.int64)
    red, void, valid = kind == 1, kind == 2, kind == 0
    amount[red] = -np.rint(mean_amount[red] * np.minimum(weight[red], 1.5)).astype(np.int64)
    amount[void] = np.rint(mean_amount[void] * np.minimum(weight[void], 6)).astype(np.int64)
    owed = total - np.bincount(cell, weights=amount * red, minlength=len(total)).astype(np.int64)
    busy, place = np.unique(cell[valid], return_inverse=True)
    amount[valid] = split_exactly(owed[busy], place, weight[valid])

    enterprise = cell // months
    issued = _choose_days(rng, cell % months, starts)
    order = np.lexsort((issued, enterprise))
    enterprise, issued, amount, kind = enterprise[order], issued[order], amount[order], kind[order]
    rank = _choose_counterparties(rng, enterprise, side, enterprises)
    tax = np.rint(amount * tax_rate[enterprise]).astype(np.int64)
    learned = (issued + rng.integers(1, 4, len(issued))) * _MICROSECONDS_PER_DAY + 7 * 3_600_000_000
    first = np.flatnonzero(np.diff(enterprise, prepend=-1))
    running = np.arange(len(enterprise)) - first[np.searchsorted(first, np.arange(len(enterprise)), side="right") - 1]
    first_number = rng.integers(1_000_000, 50_000_000, size=enterprises)
    number = first_number[enterprise] + running
    codes = [f"{side.prefix}{code:05d}" for code in range(100_000)]
    table = pa.table(
        {
            "enterprise_id": ids.take(pa.array(enterprise)),
            "direction": pa.array(np.full(len(cell), side.direction)),
            "invoice_no": pa.array(number).cast(pa.string()),
            "issued_on": pa.array(issued.astype("datetime64[D]")),
            "counterparty_id": pa.array(codes).take(pa.array((enterprise * 7_919 + rank * 613) % 100_000)),
            "amount_fen": pa.array(amount),
            "tax_fen": pa.array(tax),
            "total_fen": pa.array(amount + tax),
            "status": pa.array(np.where(kind == 2, VOID, VALID)),
            "known_at": pa.array(learned, pa.timestamp("us", tz="UTC")),
            "superseded_at": pa.nulls(len(cell), pa.timestamp("us", tz="UTC")),
            "origin": pa.array(np.full(len(cell), ORIGIN)),
        }
    )
    return INVOICE.conformed(table)
