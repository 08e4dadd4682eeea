"""What the simulated invoices are shaped after: distribution parameters of the contest's 123 enterprises.

Only aggregates are kept here. Amounts are yuan without tax; `log` means natural logarithm. Sales issue from 2016-10 to
2020-02; docs/simulated-economy.md puts the outcome beside the source.
"""

from __future__ import annotations

# Share of a year's sales invoices by calendar month (January is heavy, the Spring Festival month is light).
MONTH_WEIGHTS = (0.118, 0.054, 0.073, 0.070, 0.075, 0.079, 0.081, 0.084, 0.080, 0.084, 0.095, 0.107)
# Relative weight of a day of the month: invoicing gathers before the tax month closes.
DAY_WEIGHTS = (
    17, 23, 26, 23, 26, 29, 26, 27, 28, 30, 32, 27, 27, 30, 33, 32, 36, 34, 38, 33, 32, 33, 36, 37, 40, 40, 47, 47, 47,
    42, 40,
)  # fmt: skip
WEEKEND_WEIGHT = 0.22  # an average Saturday or Sunday against a working day

ANNUAL_SALES_MEDIAN_YUAN, ANNUAL_SALES_LOG_SD = 4_400_000.0, 2.0
INVOICES_LOG_SD = 1.21  # between enterprises, of the number of sales invoices a month
SALES_SPLIT_LOG_SD = 0.5  # between the invoices of one deal
PURCHASE_SPLIT_LOG_SD = 1.1

# Over enterprises: median and standard deviation of the log-odds.
VOID_RATE = (0.078, 0.8)  # of sales invoices by count
RED_RATE = (0.0115, 1.6)
STRANGERS_VOID_RATE, STRANGERS_RED_RATE = 0.085, 0.007  # of invoices from suppliers outside
VOID_SEEN_BY_BUYER = 0.3
RED_WHOLLY = 0.8  # of red-letter invoices take back all of the blue one
ZERO_TOTAL_RATE = 0.010

# Value-added tax rates: (rate, share of enterprises that issue at it).
VAT_RATES = ((0.13, 0.45), (0.06, 0.22), (0.03, 0.20), (0.09, 0.11), (0.0, 0.02))

# Counterparties: how many, and how unequal (share of the k-th largest falls like k**-exponent).
CUSTOMERS_MEDIAN, CUSTOMERS_LOG_SD = 37.0, 1.6
SUPPLIERS_MEDIAN, SUPPLIERS_LOG_SD = 76.0, 1.7
CONCENTRATION_MEAN, CONCENTRATION_SD = 0.75, 0.7
# Many suppliers send small bills: freight, paper, telephone.
PETTY_SUPPLIER_SHARE, PETTY_PURCHASE_MEDIAN_YUAN = 0.45, 420.0

SPACED_STATUS_RATE = 0.0006
