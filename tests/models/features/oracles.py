"""The invoice features again, one enterprise and one day at a time in pandas, written from their definitions."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pandas as pd

Values = dict[str, float | None]
MONTH_END_DAYS_A_YEAR = 36


def begins_after(as_of: date, months: int) -> date:
    """The excluded first day of a window, month ends going to month ends."""
    tomorrow = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    if tomorrow.day == 1:
        return (tomorrow - pd.DateOffset(months=months) - pd.Timedelta(days=1)).date()
    return (pd.Timestamp(as_of) - pd.DateOffset(months=months)).date()


def visible(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Rows that had happened and were learned, and not yet replaced, when the business day ended in Shanghai."""
    night = pd.Timestamp(as_of + timedelta(days=1)).tz_localize("Asia/Shanghai")
    replaced = rows["superseded_at"].notna() & (rows["superseded_at"] < night)
    return rows.loc[((rows["issued_on"] <= as_of) & (rows["known_at"] < night) & ~replaced).astype(bool)]


def divided(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator > 0 else None


def minus_one(value: float | None) -> float | None:
    return None if value is None else value - 1


class Side:
    """The visible invoices of one enterprise on one side."""

    def __init__(self, rows: pd.DataFrame, direction: str, as_of: date) -> None:
        self.as_of = as_of
        self.all = rows.loc[(rows["direction"] == direction).astype(bool)]
        self.valid = self.all.loc[(self.all["status"] == "valid").astype(bool)]
        self.blue = self.valid.loc[(self.valid["amount_fen"] > 0).astype(bool)]

    @property
    def connected(self) -> bool:
        return len(self.all) > 0

    def within(self, rows: pd.DataFrame, newest: int, oldest: int) -> pd.DataFrame:
        """Rows of (as_of - oldest months, as_of - newest months]."""
        low, high = begins_after(self.as_of, oldest), begins_after(self.as_of, newest)
        return rows.loc[((rows["issued_on"] > low) & (rows["issued_on"] <= high)).astype(bool)]

    def net(self, newest: int, oldest: int) -> int:
        return sum(int(x) for x in self.within(self.valid, newest, oldest)["amount_fen"])

    def tax(self, months: int) -> int:
        return sum(int(x) for x in self.within(self.valid, 0, months)["tax_fen"])

    def monthly(self) -> list[int]:
        return [self.net(age, age + 1) for age in range(12)]

    def blue_sum(self, newest: int, oldest: int) -> int:
        return sum(int(x) for x in self.within(self.blue, newest, oldest)["amount_fen"])

    def cv(self) -> float | None:
        months = self.monthly()
        mean = sum(months) / 12
        return math.sqrt(sum((x - mean) ** 2 for x in months) / 12) / mean if sum(months) > 0 else None

    def active(self) -> int:
        return sum(len(self.within(self.blue, age, age + 1)) > 0 for age in range(12))

    def days_since(self, which: str) -> float | None:
        if self.blue.empty:
            return None
        return float((self.as_of - getattr(self.blue["issued_on"], which)()).days)

    def void_rate(self, months: int) -> float | None:
        rows = self.within(self.all, 0, months)
        return divided(int((rows["status"] == "void").sum()), len(rows))

    def red_rate(self, months: int) -> float | None:
        rows = self.within(self.valid, 0, months)["amount_fen"]
        return divided(-int(rows[rows < 0].sum()), int(rows[rows > 0].sum()))


def trade(sales: Side) -> Values:
    """The family trade."""
    year = sales.net(0, 12)
    months = sales.monthly()
    slope = sum((11 - age - 5.5) * (x - year / 12) for age, x in enumerate(months)) / 143
    blue = sales.within(sales.blue, 0, 12)
    values: Values = {f"sales_{k}m_fen": float(sales.net(0, k)) for k in (3, 6, 12, 24)}
    values |= {
        f"sales_growth_{name}": minus_one(divided(sales.net(0, k), sales.net(12, 12 + k)))
        for name, k in (("yoy", 12), ("6m_yoy", 6), ("3m_yoy", 3))
    }
    return values | {
        "sales_recent_share_3m": divided(sales.net(0, 3), year),
        "sales_trend_12m": slope / (year / 12) if year > 0 else None,
        "sales_cv_12m": sales.cv(),
        "peak_month_share_12m": divided(max(months), year),
        "active_months_12m": float(sales.active()),
        "max_gap_days_12m": longest_silence(sales),
        "days_since_last_sale": sales.days_since("max"),
        "days_since_first_sale": sales.days_since("min"),
        "sales_invoices_12m": float(len(blue)),
        "average_ticket_12m_fen": divided(int(blue["amount_fen"].sum()), len(blue)),
    }


def longest_silence(sales: Side) -> float | None:
    """Walks the days of the year one by one."""
    if sales.blue.empty:
        return None
    sold = set(sales.blue["issued_on"])
    day = max(begins_after(sales.as_of, 12) + timedelta(days=1), min(sold))
    longest = run = 0
    while day <= sales.as_of:
        run = 0 if day in sold else run + 1
        longest = max(longest, run)
        day += timedelta(days=1)
    return float(longest)


def invoice_quality(sales: Side, purchases: Side) -> Values:
    """The family invoice_quality."""
    blue = sales.within(sales.blue, 0, 12)
    late = blue.loc[np.array([(day + timedelta(days=3)).month != day.month for day in blue["issued_on"]], bool)]
    values: Values = {}
    for k in (3, 12):
        values |= {f"void_rate_{k}m": sales.void_rate(k), f"red_rate_{k}m": sales.red_rate(k)}
    share = divided(int(late["amount_fen"].sum()), int(blue["amount_fen"].sum()))
    return values | {
        "purchase_void_rate_12m": purchases.void_rate(12),
        "purchase_red_rate_12m": purchases.red_rate(12),
        "month_end_spike_12m": None if share is None else share / (MONTH_END_DAYS_A_YEAR / 365),
        "round_amount_rate_12m": divided(int((blue["total_fen"] % 100_000 == 0).sum()), len(blue)),
        "largest_invoice_share_12m": divided(
            int(blue["amount_fen"].max()) if len(blue) else 0, int(blue["amount_fen"].sum())
        ),
    }


def counterparties(side: Side, who: str) -> Values:
    """The family counterparties, one side of it."""
    year = side.within(side.valid, 0, 12)
    nets = sorted((int(x) for x in year.groupby("counterparty_id")["amount_fen"].sum() if x > 0), reverse=True)
    blue = side.within(side.blue, 0, 12)
    total = int(blue["amount_fen"].sum())
    first_met = side.blue.groupby("counterparty_id")["issued_on"].min().to_dict()
    slots = Counter(c for age in range(12) for c in set(side.within(side.blue, age, age + 1)["counterparty_id"]))
    year_ago = begins_after(side.as_of, 12)
    known_longer = any(day <= year_ago for day in first_met.values())

    def share(chosen: set[str]) -> float | None:
        return divided(int(blue[blue["counterparty_id"].isin(chosen)]["amount_fen"].sum()), total)

    values: Values = {
        f"{who}_hhi_12m": sum((x / sum(nets)) ** 2 for x in nets) if nets else None,
        f"{who}_top1_share_12m": divided(sum(nets[:1]), sum(nets)),
        f"{who}_top5_share_12m": divided(sum(nets[:5]), sum(nets)),
        f"{who}s_12m": float(len(nets)),
        f"repeat_{who}_share_12m": share({c for c, n in slots.items() if n >= 2}),
        f"new_{who}_share_12m": share({c for c, day in first_met.items() if day > year_ago}) if known_longer else None,
    }
    if who == "customer":
        quarter = begins_after(side.as_of, 3)
        recent = sum(day > quarter for day in first_met.values())
        before = sum(year_ago < day <= quarter for day in first_met.values())
        spike = divided(recent / 3, before / 9)
        values["first_seen_customer_spike_3m"] = spike if known_longer else None
        earlier, now = side.within(side.blue, 6, 12), side.within(side.blue, 0, 6)
        gone = earlier[~earlier["counterparty_id"].isin(set(now["counterparty_id"]))]
        values["lost_customer_share_6m"] = divided(int(gone["amount_fen"].sum()), int(earlier["amount_fen"].sum()))
    return values


def purchases(side: Side) -> Values:
    """The family purchases."""
    return {
        "purchases_3m_fen": float(side.net(0, 3)),
        "purchases_12m_fen": float(side.net(0, 12)),
        "purchases_growth_yoy": minus_one(divided(side.net(0, 12), side.net(12, 24))),
        "purchases_recent_share_3m": divided(side.net(0, 3), side.net(0, 12)),
        "purchases_cv_12m": side.cv(),
        "active_purchase_months_12m": float(side.active()),
        "days_since_last_purchase": side.days_since("max"),
    }


def margin_and_tax(sales: Side, bought: Side) -> Values:
    """The family margin_and_tax."""
    values: Values = {
        "sales_tax_rate_12m": divided(sales.tax(12), sales.net(0, 12)) if sales.connected else None,
        "purchase_tax_rate_12m": divided(bought.tax(12), bought.net(0, 12)) if bought.connected else None,
    }

    def margin(months: int) -> float | None:
        ratio = divided(bought.net(0, months), sales.net(0, months))
        return None if ratio is None else 1 - ratio

    names = ("gross_margin_12m", "gross_margin_change_3m", "purchase_to_sales_24m", "vat_burden_12m")
    if not (sales.connected and bought.connected):
        return values | dict.fromkeys(names)
    quarter, year = margin(3), margin(12)
    return values | {
        "gross_margin_12m": year,
        "gross_margin_change_3m": None if quarter is None or year is None else quarter - year,
        "purchase_to_sales_24m": divided(bought.net(0, 24), sales.net(0, 24)),
        "vat_burden_12m": divided(sales.tax(12) - bought.tax(12), sales.net(0, 12)),
    }


def expected(rows: pd.DataFrame, enterprise: str, as_of: date) -> dict[str, Values]:
    """Family -> feature -> value for one enterprise on one day; unconnected sides are null."""
    seen = visible(rows.loc[(rows["enterprise_id"] == enterprise).astype(bool)], as_of)
    sales, bought = Side(seen, "sales", as_of), Side(seen, "purchase", as_of)

    def where(side: Side, values: Values) -> Values:
        return values if side.connected else dict.fromkeys(values)

    quality = invoice_quality(sales, bought)
    return {
        "trade": where(sales, trade(sales)),
        "invoice_quality": quality,
        "counterparties": where(sales, counterparties(sales, "customer"))
        | where(bought, counterparties(bought, "supplier")),
        "purchases": where(bought, purchases(bought)),
        "margin_and_tax": margin_and_tax(sales, bought),
    }
