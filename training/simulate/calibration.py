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

ANNUAL_SALES_MEDIAN_YUAN = 4_400_000.0
ANNUAL_SALES_LOG_SD = 2.2
SALES_INVOICES_PER_MONTH_MEDIAN = 13.0
SALES_INVOICES_LOG_SD = 1.6
SALES_SIZE_LOG_SD = 1.07  # between the invoices of one enterprise
PURCHASE_SIZE_LOG_SD = 1.9

# Beta distributions over enterprises.
VOID_RATE_BETA = (1.15, 9.0)  # by count, median 0.09, 90th percentile 0.26
PURCHASE_VOID_RATE_BETA = (0.9, 31.0)
RED_RATE_BETA = (0.55, 24.0)  # by count, median 0.010, 90th percentile 0.047
RED_AMOUNT_SHARE = 0.047
ZERO_TOTAL_RATE = 0.010

# Value-added tax rates: (rate, share of enterprises that issue at it).
VAT_RATES = ((0.13, 0.45), (0.06, 0.22), (0.03, 0.20), (0.09, 0.11), (0.0, 0.02))

# Counterparties: how many, and how unequal (share of the k-th largest falls like k**-exponent).
CUSTOMERS_MEDIAN, CUSTOMERS_LOG_SD = 37.0, 1.6
SUPPLIERS_MEDIAN, SUPPLIERS_LOG_SD = 76.0, 1.7
CONCENTRATION_MEAN, CONCENTRATION_SD = 1.05, 0.45

REPEATED_ROW_RATE = 0.027
SPACED_STATUS_RATE = 0.0006
