"""Simulated firms for the recomputation: raw evidence, and the same evidence as the engine's positions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from models.grades import grade_index
from models.limits import NO_REQUEST, Cases, measure
from models.policy import load_policy
from models.positions import Positions, Rows
from tests.limit_oracle import WAN

DAY = date(2024, 6, 30)
_CLAIM = {"amount": "counted_fen", "age": "age_days", "late": "past_due_days", "sold": "sold_12m_fen"}
_CLAIM |= {"lost": "diluted_12m_fen", "contra": "owed_to_debtor_fen", "barred": "disputed", "confirmed": "confirmed"}
_CLAIM |= {"anchor": "anchor"}
_BARS = ("related", "conditional", "foreign_uninsured", "government_unassigned", "encumbered", "pooled")
_ORDER = {"open": "open_fen", "deposit": "deposit_fen", "age": "age_days", "late": "late_days", "barred": "barred"}
_ORDER |= {"due": "due_12m_fen", "done": "done_12m_fen"}
_ANCHOR = {"settled": "settled_12m_fen", "tenure": "tenure_months", "delay": "delay_p75_days"}
_ANCHOR |= {"days": "contract_days", "payables": "payables_fen", "sublimit": "sublimit_fen"}
_STATEMENT = {"revenue": "revenue_fen", "cost": "cost_of_sales_fen", "profit": "net_profit_fen", "cash": "cash_fen"}
_STATEMENT |= {"restricted": "restricted_cash_fen", "short_debt": "short_term_debt_fen"}
_STATEMENT |= {"operating_cash": "operating_cash_flow_fen", "capex": "capital_expenditure_fen"}
_STATEMENT |= {"opening_revenue": "opening_revenue_fen"}
_LINES = {"inventory": "inventory", "receivables": "receivables", "prepaid": "prepaid", "payables": "payables"}
_LINES |= {"advances": "advances_received"}


def random_firms(count: int, seed: int) -> list[dict[str, Any]]:
    """Firms from a local seed whose sources and ceilings lie close enough to compete."""
    rng = np.random.default_rng(seed)
    return [_firm(rng) for _ in range(count)]


def _firm(rng: np.random.Generator) -> dict[str, Any]:
    def fen(wan: float) -> int:
        return int(rng.lognormal(np.log(wan * WAN), 0.8))

    def maybe(value: Any, unknown: float = 0.15) -> Any:
        return None if rng.uniform() < unknown else value

    claims = []
    for number in range(int(rng.integers(0, 12))):
        debtor = f"D{rng.integers(6)}"
        claims.append(
            {
                "debtor": debtor,
                "no": f"{number:03}",
                "amount": fen(40) * int(rng.choice([1, 1, 1, 1, 1, 1, 1, 1, -1])),
                "age": int(rng.choice([5, 30, 60, 90, 91, 200], p=[0.3, 0.3, 0.2, 0.1, 0.05, 0.05])),
                "late": maybe(int(rng.choice([-20, 0, 60, 61], p=[0.5, 0.35, 0.1, 0.05]))),
                "sold": fen(40),
                "lost": int(rng.choice([0, 0, fen(4), fen(20)], p=[0.5, 0.2, 0.25, 0.05])),
                "contra": int(rng.choice([0, fen(5)], p=[0.8, 0.2])),
                "barred": bool(rng.uniform() < 0.1),
                "confirmed": bool(rng.uniform() < 0.9),
                "anchor": debtor in ("D0", "D1"),
            }
        )
    orders = []
    for number in range(int(rng.integers(0, 4))):
        due = int(rng.choice([0, fen(50)]))
        orders.append(
            {
                "no": f"{number:03}",
                "open": fen(60),
                "deposit": int(rng.choice([0, fen(8)])),
                "age": int(rng.choice([10, 365, 366], p=[0.8, 0.1, 0.1])),
                "late": maybe(int(rng.choice([-30, 60, 61]))),
                "barred": bool(rng.uniform() < 0.1),
                "due": due,
                "done": int(due * rng.uniform(0.75, 1.0)),
            }
        )
    anchors = [
        {
            "anchor": name,
            "settled": fen(300),
            "tenure": int(rng.choice([5, 6, 11, 12, 36, 37])),
            "delay": maybe(float(rng.choice([0, 5, 5.5, 15, 16, 30, 31, 60, 61]))),
            "days": maybe(int(rng.choice([30, 60, 90, 120]))),
            "payables": maybe(fen(120)),
            "sublimit": maybe(fen(200)),
        }
        for name in ("D0", "D9")[: int(rng.integers(0, 3))]
    ]
    revenue = fen(1500)
    statement = {"revenue": revenue, "cost": int(revenue * rng.uniform(0.5, 0.95)) + 1}
    statement |= {"profit": int(revenue * rng.uniform(-0.2, 0.2)), "cash": fen(60), "short_debt": fen(20)}
    statement |= {"restricted": int(rng.choice([0, fen(10)])), "operating_cash": fen(150) - fen(40)}
    statement |= {"capex": int(rng.choice([0, fen(20)])), "opening_revenue": int(revenue * rng.uniform(0.7, 1.2)) + 1}
    for line, wan in (("inventory", 200), ("receivables", 400), ("prepaid", 20), ("payables", 150), ("advances", 30)):
        statement |= {line: fen(wan), f"opening_{line}": fen(wan)}
    own = int(rng.choice([0, fen(20)], p=[0.7, 0.3]))
    return {
        "product": str(rng.choice(["invoice_credit", "technology_credit"], p=[0.3, 0.7])),
        "pd": float(rng.uniform(0, 0.06)),
        "sales": revenue,
        "claims": sorted(claims, key=lambda claim: (claim["debtor"], claim["no"])),
        "orders": orders,
        "anchors": anchors,
        "tax": {"vat": fen(30), "cit": fen(10), "arrears": int(rng.uniform() < 0.1), "grade": int(rng.integers(5))},
        "statement": statement,
        "loans": {"own": own, "all": own + int(rng.choice([0, fen(60)])), "working_capital": own},
        "bureau_debt": int(rng.choice([0, fen(60)])),
        "pool": int(rng.choice([0, fen(80)])),
        "ip": int(rng.choice([0, fen(60)])),
        "data": int(rng.choice([0, fen(60)])),
        "requested": maybe(fen(300), 0.7),
        "line": maybe(own + fen(20), 0.5),
        "enquiries": maybe(int(rng.integers(0, 6))),
        "related": maybe(float(rng.choice([0, rng.uniform(0, 0.5), 1.0], p=[0.7, 0.27, 0.03])), 0.3),
        "circular": maybe(float(rng.choice([0, rng.uniform(0, 0.05)])), 0.3),
    }


def cases_of(firms: Sequence[dict[str, Any]]) -> Cases:
    """The firms as the engine sees them: positions measured under the shipped policy, and the other facts."""
    policy = load_policy(DAY)
    claims = _rows(
        [(row, claim) for row, firm in enumerate(firms) for claim in firm["claims"]], _CLAIM, debtor_id="debtor"
    )
    zeros = {bar: np.zeros(len(claims)) for bar in _BARS}
    anchors = _rows([(row, a) for row, firm in enumerate(firms) for a in firm["anchors"]], _ANCHOR, anchor_id="anchor")
    orders = _rows([(row, o) for row, firm in enumerate(firms) for o in firm["orders"]], _ORDER, order_no="no")
    positions = Positions(
        size=len(firms),
        claims=Rows(claims.row, {**claims.numbers, **zeros}, claims.texts),
        orders=orders,
        anchors=anchors,
        single={},
    )
    facts = dict(measure(positions, policy))
    facts |= {f"statement_{to}": _column(firms, "statement", of) for of, to in _STATEMENT.items()}
    for of, to in _LINES.items():
        facts[f"statement_{to}_fen"] = _column(firms, "statement", of)
        facts[f"statement_opening_{to}_fen"] = _column(firms, "statement", f"opening_{of}")
    for of in ("vat", "cit"):
        facts[f"tax_{of}_12m_fen"] = _column(firms, "tax", of)
    facts |= {"tax_arrears_fen": _column(firms, "tax", "arrears"), "tax_grade": _column(firms, "tax", "grade")}
    for of, to in (("own", "own_exposure"), ("all", "debt"), ("working_capital", "working_capital_debt")):
        facts[f"debt_{to}_fen"] = _column(firms, "loans", of)
    for of, to in (("sales", "sales_12m_fen"), ("bureau_debt", "bureau_debt_fen"), ("pool", "pool_fen")):
        facts[to] = _column([{"x": firm} for firm in firms], "x", of)
    for of, to in (("line", "debt_own_line_fen"), ("enquiries", "bureau_enquiries_2m")):
        facts[to] = _column([{"x": firm} for firm in firms], "x", of)
    for of in ("related", "circular"):
        name = {"related": "related_sales_share_12m", "circular": "circular_share_12m"}[of]
        facts[name] = _column([{"x": firm} for firm in firms], "x", of)
    for of in ("ip", "data"):
        facts[f"{of}_lending_low_fen"] = _column([{"x": firm} for firm in firms], "x", of)
    usual = {"statement_age_days": 180, "days_since_last_sale": 5, "days_since_last_purchase": 5, "void_rate_12m": 0.01}
    facts |= {
        name: np.full(len(firms), float(value)) for name, value in {**usual, "days_since_first_sale": 900}.items()
    }
    bounds = [float(bound) for bound in policy.fractions_by_grade("grading.upper_pd")[:12]]
    codes = list(policy.products)
    return Cases(
        facts=facts,
        grade=grade_index(np.array([firm["pd"] for firm in firms]), bounds),
        products=tuple(policy.products.values()),
        product=np.array([codes.index(firm["product"]) for firm in firms], dtype=np.int64),
        requested_fen=np.array(
            [NO_REQUEST if f["requested"] is None else f["requested"] for f in firms], dtype=np.int64
        ),
        policy=policy,
    )


def _rows(rows: Sequence[tuple[int, dict[str, Any]]], names: dict[str, str], **texts: str) -> Rows:
    return Rows(
        row=np.array([row for row, _ in rows], dtype=np.int64),
        numbers={to: _floats([item[of] for _, item in rows]) for of, to in names.items()},
        texts={to: pa.array([item[of] for _, item in rows], pa.string()) for to, of in texts.items()},
    )


def _column(firms: Sequence[dict[str, Any]], part: str, name: str) -> np.ndarray:
    return _floats([firm[part][name] for firm in firms])


def _floats(values: Sequence[Any]) -> np.ndarray:
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)
