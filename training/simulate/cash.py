"""The cash of every enterprise, month by month, in whole fen. Default is what happens when it has run out.

No formula turns features into default. Customers pay late, more so in a bad year; costs follow sales with a lag, so a
fall in sales eats cash; wages, taxes, the bank and suppliers are paid in that order out of what is there. When the
oldest unpaid loan instalment is 90 days past due, the enterprise has defaulted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.simulate import calibration

Fen = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]

COLLECTION_LAGS = 6  # months over which one month's sales are collected
DEFAULT_MONTHS = 3  # an instalment of month m is 90 days past due in month m + 3
TENOR_MONTHS = 36
MONTHLY_RATE = 0.055 / 12
INSTALMENT_DAY = 20

FLOWS = ("receipts", "equity", "loan_drawn", "wages", "taxes", "loan_repaid", "suppliers", "dividends")
INFLOWS = ("receipts", "equity", "loan_drawn")


@dataclass(frozen=True)
class Economy:
    """What happened: matrices months x enterprises in fen, and the month of default (-1: none).

    `sales` and `purchases` are net of tax. `cash` is the balance at the end of the month, `opening` before the first.
    """

    sales: Fen
    purchases: Fen
    opening: Fen
    cash: Fen
    flows: dict[str, Fen]
    instalment_due: Fen
    default_month: npt.NDArray[np.int64]
    tax_rate: Real
    industry: npt.NDArray[np.int64]


def macro_demand(months: int) -> Real:
    """Demand level of the whole economy: a good first half, then a bad year, then recovery, every 48 months."""
    phase = np.arange(months) / 48 * 2 * np.pi
    return 1.0 + 0.06 * np.sin(phase) - 0.05 * (np.sin(phase) < -0.5)


def _season(months: int) -> Real:
    weights = np.array(calibration.MONTH_WEIGHTS) * 12
    return weights[np.arange(months) % 12]


def _fen(yuan: Real) -> Fen:
    return np.rint(yuan * 100).astype(np.int64)


def run(enterprises: int, months: int, rng: np.random.Generator, progress: Callable[[int], None]) -> Economy:  # noqa: PLR0915
    """Let the enterprises live for so many months. Deterministic for a given generator state."""
    n = enterprises
    annual = calibration.ANNUAL_SALES_MEDIAN_YUAN * np.exp(rng.normal(0, 1.2, n))
    level = annual / 12
    rates, shares = zip(*calibration.VAT_RATES, strict=True)
    tax_rate = np.array(rates)[rng.choice(len(rates), n, p=np.array(shares))]
    industry = rng.integers(0, 12, n)

    variable_share = rng.beta(14, 10, n)  # purchases per yuan of sales
    profit = rng.normal(0.07, 0.05, n)
    fixed_cost = level * np.maximum(0.03, 1 - variable_share - profit)  # wages and rent, slow to follow sales
    patience = rng.gamma(4.0, 0.3, n)  # mean collection delay in months
    volatility = rng.gamma(6, 0.045, n)
    demand = np.zeros(n)

    cash = _fen(level * rng.gamma(2.2, 0.75, n))
    opening = cash.copy()
    principal = _fen(annual * rng.uniform(0.06, 0.25, n))
    first_due = rng.integers(1, max(2, min(7, months)), n)

    receivable = np.zeros((COLLECTION_LAGS, n), dtype=np.int64)
    payable = np.zeros(n, dtype=np.int64)  # due now or overdue
    invoiced_payable = np.zeros(n, dtype=np.int64)  # falls due next month
    wages_owed = np.zeros(n, dtype=np.int64)
    tax_owed = np.zeros(n, dtype=np.int64)
    shape = (months, n)
    flows = {name: np.zeros(shape, dtype=np.int64) for name in FLOWS}
    sales, purchases, closing, due = (np.zeros(shape, dtype=np.int64) for _ in range(4))
    cumulative_due, cumulative_paid = np.zeros(shape, dtype=np.int64), np.zeros(n, dtype=np.int64)
    default_month = np.full(n, -1, dtype=np.int64)
    macro, season = macro_demand(months), _season(months)

    for month in range(months):
        alive = default_month < 0
        # Demand: a slow random walk with rare losses of a large customer.
        lost = rng.random(n) < 0.009 * (1.5 if macro[month] < 1 else 1.0)
        demand = 0.985 * demand + volatility * 0.32 * rng.normal(size=n) - lost * rng.uniform(0.25, 0.9, n)
        # Suppliers who wait for their money deliver less, and what is not delivered cannot be sold.
        strain = np.clip(payable / np.maximum(1, level * 100 * 2.5), 0, 1)
        noise = np.exp(volatility * rng.normal(size=n) - volatility**2 / 2)
        sold = level * macro[month] * season[month] * np.exp(demand) * noise * (1 - 0.7 * strain)
        afterlife = np.where(alive, 1.0, 0.25 * (rng.random(n) < 0.5))
        sales[month] = _fen(sold * afterlife)
        purchases[month] = _fen(variable_share * sold * afterlife * np.exp(rng.normal(0, 0.2, n)))

        gross = sales[month] + _fen(sales[month] / 100 * tax_rate)
        spread = np.exp(-((np.arange(COLLECTION_LAGS)[:, None] - patience) ** 2) / 1.5)
        portion = np.floor(gross * (spread / spread.sum(axis=0))).astype(np.int64)
        portion[-1] += gross - portion.sum(axis=0)
        receivable += portion
        slipping = np.clip(rng.beta(1.2, 7, n) * (2.2 if macro[month] < 1 else 0.8) + 0.5 * lost, 0, 0.95)
        slipped = np.floor(receivable[0] * slipping).astype(np.int64)
        received = receivable[0] - slipped
        receivable = np.vstack([receivable[1:], np.zeros((1, n), dtype=np.int64)])
        receivable[0] += slipped

        drawn = np.where((month == first_due - 1) & alive, principal, 0)
        repaying = (month >= first_due) & (month < first_due + TENOR_MONTHS)
        rest = np.clip(TENOR_MONTHS - (month - first_due), 0, TENOR_MONTHS) / TENOR_MONTHS
        due[month] = np.where(repaying, principal // TENOR_MONTHS + np.rint(principal * rest * MONTHLY_RATE), 0)
        cumulative_due[month] = due[: month + 1].sum(axis=0)

        fixed_cost += 0.05 * (level * np.exp(demand) * np.maximum(0.03, 1 - variable_share - profit) - fixed_cost)
        wages_owed += _fen(fixed_cost * afterlife)
        input_tax = _fen(purchases[month] / 100 * tax_rate)
        tax_owed += np.maximum(0, _fen(sales[month] / 100 * tax_rate) - input_tax)
        payable += invoiced_payable
        invoiced_payable = purchases[month] + input_tax

        # Owners put money in once in a while when the till is nearly empty.
        rescued = (cash < _fen(fixed_cost * 0.5)) & (rng.random(n) < 0.06) & alive
        equity = np.where(rescued, _fen(fixed_cost * rng.uniform(0.5, 2, n)), 0)
        money = cash + received + drawn + equity
        paid: dict[str, Fen] = {}
        owed_to_bank = np.maximum(0, cumulative_due[month] - cumulative_paid)
        for name, owed in (
            ("wages", wages_owed),
            ("taxes", tax_owed),
            ("loan_repaid", owed_to_bank),
            ("suppliers", payable),
        ):
            paid[name] = np.minimum(money, owed)
            money = money - paid[name]
        wages_owed -= paid["wages"]
        tax_owed -= paid["taxes"]
        payable -= paid["suppliers"]
        cumulative_paid += paid["loan_repaid"]
        surplus = money - _fen(level * 2.5)
        dividends = np.where((surplus > 0) & alive, surplus // 2, 0)
        cash = money - dividends

        closing[month] = cash
        for name, value in {
            "receipts": received, "equity": equity, "loan_drawn": drawn, "dividends": dividends, **paid,
        }.items():  # fmt: skip
            flows[name][month] = value
        # The oldest instalment that is not fully paid: the first month whose cumulative due exceeds what was paid.
        oldest = (cumulative_due[: month + 1] <= cumulative_paid).sum(axis=0)
        default_month = np.where(alive & (oldest <= month - DEFAULT_MONTHS), month, default_month)
        progress(month + 1)
    return Economy(sales, purchases, opening, closing, flows, due, default_month, tax_rate, industry)
