"""The whole limit a second time, plainly: one firm, Decimal, DOMAIN.md read line by line. Knows nothing of the engine.

Amounts are whole fen. Every figure of policy is written out again, as a credit officer would copy it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, getcontext
from typing import Any

getcontext().prec = 60
D = Decimal
WAN = 1_000_000
BOUNDS = ["0.0005", "0.00086", "0.00149", "0.00256", "0.00442", "0.00762"]
BOUNDS += ["0.0131", "0.0226", "0.0390", "0.0673", "0.116", "0.20"]
SHARES = ["0.30", "0.30", "0.28", "0.28", "0.26", "0.24", "0.22", "0.20", "0.18", "0.15", "0.12", "0.10", "0"]
GRADE_MAXIMUM = [500, 500, 400, 400, 300, 300, 200, 200, 150, 100, 50, 30, 0]  # 万元
TAX_MAXIMUM = [300, 300, 50, 0, 0]
PRODUCTS: Mapping[str, Mapping[str, Any]] = {
    "invoice_credit": {"maximum": 500, "months": 12, "line": True, "without": None, "only": ("turnover", "tax")},
    "technology_credit": {"maximum": 3000, "months": 36, "line": False, "without": 500, "only": None},
}


def floor(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_FLOOR))


def ceil(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))


def grade_of(pd: float) -> int:
    return next((place for place, bound in enumerate(BOUNDS) if pd <= float(bound)), 12)


def borrowing_base(claims: Sequence[Mapping[str, Any]]) -> tuple[dict[str, int], dict[str, int], Decimal]:
    """Availability and gross by debtor, and the advance rate (to a billionth). DOMAIN 1.3."""
    sold = sum(claim["sold"] for claim in claims)
    lost = min(sum(claim["lost"] for claim in claims), sold)
    dilution = D(ceil(D(lost) / sold * 10**9)) / 10**9 if sold else D(0)
    advance = D("0.80") - max(D(0), dilution - D("0.05"))
    if advance < D("0.40"):
        advance = D(0)
    eligible, gross = {}, {}
    for debtor in sorted({claim["debtor"] for claim in claims}):
        own = [claim for claim in claims if claim["debtor"] == debtor]
        positive = [claim for claim in own if claim["amount"] > 0]
        old = [claim for claim in positive if claim["age"] > 90 or (claim["late"] is not None and claim["late"] > 60)]
        fresh = [claim for claim in positive if claim not in old]
        gross[debtor] = sum(claim["amount"] for claim in positive)
        left = sum(claim["amount"] for claim in fresh)
        if D(sum(claim["amount"] for claim in old)) > D("0.10") * gross[debtor]:
            left = 0
        left -= min(left, -sum(claim["amount"] for claim in own if claim["amount"] < 0))
        left -= min(left, max(claim["contra"] for claim in own))
        left -= min(left, sum(claim["amount"] for claim in fresh if claim["barred"] or not claim["confirmed"]))
        eligible[debtor] = left
    pool = sum(eligible.values())
    available = {}
    for debtor, amount in eligible.items():
        anchor = any(claim["anchor"] for claim in claims if claim["debtor"] == debtor)
        cap = floor(pool * (D("0.50") if anchor else D("0.20")))
        available[debtor] = floor(min(amount, cap) * advance)
    return available, gross, advance


def fulfilment(orders: Sequence[Mapping[str, Any]]) -> Decimal | None:
    due = sum(order["due"] for order in orders)
    return D(floor(D(sum(order["done"] for order in orders)) / due * 10**9)) / 10**9 if due else None


def supplier(anchor: Mapping[str, Any], rate: Decimal | None, gross: int | None) -> int:
    """DOMAIN 1.4."""
    months, late, days = anchor["tenure"], anchor["delay"], anchor["days"]
    k_tenure = D("0") if months < 6 else D("0.6") if months < 12 else D("0.85") if months <= 36 else D(1)
    if late is None or late > 60:
        k_pay = D(0)
    else:
        k_pay = D(1) if late <= 5 else D("0.9") if late <= 15 else D("0.7") if late <= 30 else D("0.4")
    k_perf = D("0.7") if rate is None or rate < D("0.85") else D("0.9") if rate < D("0.95") else D(1)
    term = min(30 if days is None else days, 90)
    flow = floor(D(anchor["settled"]) / 12 * term / 30 * D("0.80") * k_tenure * k_pay * k_perf)
    owed = anchor["payables"] if anchor["payables"] is not None else (gross or 0)
    sublimit = anchor["sublimit"] if anchor["sublimit"] is not None else 500 * WAN
    return min(flow, floor(owed * D("0.75")), sublimit)


def need(firm: Mapping[str, Any]) -> int:
    """DOMAIN 1.1; days to the nearest hundredth, products floored to the fen."""
    s = firm["statement"]
    revenue, cost = s["revenue"], s["cost"]

    def days(line: str, base: int) -> Decimal:
        average = D(s[line] + s["opening_" + line]) / 2
        return (360 * average / base).quantize(D("0.01"), ROUND_HALF_UP)

    cycle = days("inventory", cost) + days("receivables", revenue) + days("prepaid", cost)
    cycle -= days("payables", cost) + days("advances", revenue)
    grown = D(floor(min(D(revenue), D(100) * s["opening_revenue"]) / s["opening_revenue"] * 10**6)) / 10**6 - 1
    growth = max(D(-1), min(grown, D("0.05") + D("0.05")))
    profit = min(max(s["profit"], 0), revenue)  # a loss is no profit
    turned = floor((revenue - profit) * (1 + growth))
    gross = floor(turned * max(cycle, D(0)) / 360)
    loans = max(firm["loans"]["working_capital"], s["short_debt"])
    return max(0, gross - max(0, s["cash"] - s["restricted"]) - loans)


def present_value(flow: int, months: int) -> int:
    """DOMAIN 1.5: level monthly payments at 4.5 % a year, coverage 1.25; the factor to a billionth."""
    rate = D("0.045") / 12
    factor = (1 - (1 + rate) ** -months) / rate / (12 * D("1.25"))
    return floor(flow * D(floor(factor * 10**9)) / 10**9)


def whole_limit(firm: Mapping[str, Any]) -> tuple[int, int]:
    """What the sources carry (before exposure) and the limit, both in fen, of a firm that no gate stops."""
    terms = PRODUCTS[firm["product"]]

    def lends_on(name: str) -> bool:
        return terms["only"] is None or name in terms["only"]

    grade = grade_of(firm["pd"])
    share = D(SHARES[grade])
    available, gross, advance = borrowing_base(firm["claims"])
    rate = fulfilment(firm["orders"])
    base = sum(available.values()) if lends_on("receivables") else 0
    beyond = 0
    if lends_on("supplier"):
        limits = {a["anchor"]: supplier(a, rate, gross.get(a["anchor"])) for a in firm["anchors"]}
        beyond = sum(limits.values()) - sum(min(limits[a], available.get(a, 0)) for a in limits)
    debtors = base + beyond
    lent_at = max(advance if firm["claims"] else D("0.80"), D("0.40"))
    off = sum(D(ceil(D(repr(firm[name])) * 10**6)) for name in ("related", "circular") if firm[name] is not None)
    sales = floor(firm["sales"] * max(D(0), 1 - D(off) / 10**6))  # net of related parties and of what goes round
    other_sales = max(0, sales - ceil(D(debtors) / lent_at))
    trade = max(debtors + floor(share * other_sales), floor(share * sales))
    trade = max(trade, debtors)
    tax = floor(D(firm["tax"]["vat"]) * 5) + floor(D(firm["tax"]["cit"]) * 7)
    tax = 0 if firm["tax"]["arrears"] > 0 else min(tax, TAX_MAXIMUM[firm["tax"]["grade"]] * WAN)
    trade = max(trade, tax)
    ordered = 0
    if lends_on("orders") and rate is not None:
        for order in firm["orders"]:
            counts = (
                not order["barred"] and order["age"] <= 365 and not (order["late"] is not None and order["late"] > 60)
            )
            lent = D(floor(rate * D("0.50") * 10**9)) / 10**9
            ordered += max(0, floor((order["open"] if counts else 0) * lent) - order["deposit"])
    pool = firm["pool"] if lends_on("pool") else 0
    others = trade + ordered + pool
    bound = min(floor(D(others) / 4), 500 * WAN)  # 20 % of the whole is a quarter of the rest
    uplift = min(firm["ip"] + firm["data"], bound) if lends_on("uplift") else 0
    carried = others + uplift
    own = firm["loans"]["own"]
    room = max(0, carried - own)
    statement, debt = firm["statement"], max(firm["loans"]["all"], firm["bureau_debt"], firm["statement"]["short_debt"])
    flow = max(0, statement["operating_cash"] - max(0, statement["capex"]))
    caps = [
        room,
        need(firm),
        max(0, present_value(flow, terms["months"]) - debt) + debtors * (terms["only"] is None) + ordered + pool,
        max(0, floor(statement["revenue"] * D("0.60")) - debt),
        max(0, GRADE_MAXIMUM[grade] * WAN - own),
        max(0, terms["maximum"] * WAN - own),
    ]
    if terms["line"]:
        caps.append(max(0, 2000 * WAN - own))
    many = firm["enquiries"] is not None and firm["enquiries"] >= 4
    if firm["line"] is not None and (many or (firm["related"] or 0) > 0.30):  # yellow: DOMAIN 2.1, 2.2
        caps.append(max(0, firm["line"] - own))
    if firm["requested"] is not None:
        caps.append(firm["requested"])
    limit = min(caps) // WAN * WAN  # steps of 10,000 yuan
    return carried, limit if limit >= 10 * WAN else 0
