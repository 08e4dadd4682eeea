"""Staff by month and statements by year, as the enterprise reports them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.records.financial_statement import FINANCIAL_STATEMENT
from models.records.headcount import HEADCOUNT
from training.simulate.feeds.block import Block
from training.simulate.rows import records

Whole = npt.NDArray[np.int64]
MONTHLY_PAY_FEN = 900_000  # of one member of staff, with social insurance
RENT_SHARE = 0.25  # of fixed costs


def headcounts(block: Block) -> pa.Table:
    """Staff and pay of every month; social insurance falls into arrears when wages do."""
    world, when, h, p = block.world, block.when, block.world.history, block.world.population
    members = block.members[world.connected("people", block.members)]
    months = np.arange(world.months)
    who, month = np.repeat(members, len(months)), np.tile(months, len(members))
    day = block.ends[month]
    alive = block.alive_on(who, day)
    who, month, day = who[alive], month[alive], day[alive]
    due, paid = h.wages_due[month, who], h.flows["wages"][month, who]
    # Pay due this month without last month's arrears.
    before = np.where(month > 0, (h.wages_due - h.flows["wages"])[np.maximum(month - 1, 0), who], 0)
    current = np.maximum(0, due - before)
    staff_of = np.maximum(1, np.rint(current * (1 - RENT_SHARE) / MONTHLY_PAY_FEN)).astype(np.int64)
    wages = (current * (1 - RENT_SHARE)).astype(np.int64)
    share_paid = np.where(due > 0, paid / np.maximum(due, 1), 1.0)
    d = block.draws("staff", who, month)
    same = np.concatenate([[False], who[1:] == who[:-1]]) if len(who) else who.astype(bool)
    change = np.where(same, staff_of - np.concatenate([[0], staff_of[:-1]]), 0) if len(who) else who
    churn = (staff_of * 0.02 * d.exponential("churn")).astype(np.int64)
    joined, departed = churn + np.maximum(change, 0), churn + np.maximum(-change, 0)
    rd = np.minimum(staff_of, np.rint(staff_of * p.technology[who] * 0.7)).astype(np.int64)
    key = np.minimum(staff_of, 3)
    leaving = d.chance("key person", np.where(share_paid < 0.9, 0.066, 0.006))
    insurance = wages // 5
    return records(
        HEADCOUNT,
        {
            "enterprise_id": world.id_of(who),
            "month_end": day,
            "staff": staff_of,
            "rd_staff": rd,
            "insured_staff": np.rint(staff_of * np.where(share_paid < 0.9, 0.75, 0.97)).astype(np.int64),
            "joined": joined,
            "departed": departed,
            "key_people": key,
            "key_people_departed": np.minimum(leaving.astype(np.int64), key),
            "masters": np.rint(rd * 0.35).astype(np.int64),
            "talents": (d.uniform("talent") < p.technology[who] * 0.1).astype(np.int64),
            "wages_fen": wages,
            "wages_paid_fen": (wages * share_paid).astype(np.int64),
            "social_insurance_fen": insurance,
            "social_insurance_arrears_fen": (insurance * (1 - share_paid)).astype(np.int64),
        },
        np.maximum(day + 8 + d.below("late", 12), world.connected_day("people", who)),
        last_day=when.last_day,
    )


def statements(block: Block) -> pa.Table:
    """Yearly statements: what the books say, paper sales included; they arrive months after the year has ended."""
    world, when, h, p = block.world, block.when, block.world.history, block.world.population
    members = block.members[world.connected("statement", block.members)]
    years = np.arange(world.months // 12)
    who, year = np.repeat(members, len(years)), np.tile(years, len(members))
    last_month = year * 12 + 11
    day = block.ends[last_month]
    alive = block.alive_on(who, day + 60)
    who, year, last_month, day = who[alive], year[alive], last_month[alive], day[alive]
    local = who - block.low

    def over_year(matrix: Whole, columns: Whole) -> Whole:
        sums = np.vstack([np.zeros((1, matrix.shape[1]), dtype=np.int64), np.cumsum(matrix, axis=0)])
        return np.asarray(sums[last_month + 1, columns] - sums[last_month - 11, columns])

    def to_date(matrix: Whole, columns: Whole) -> Whole:
        return np.asarray(np.cumsum(matrix, axis=0)[last_month, columns])

    flows = {name: flow[:, block.low : block.high] for name, flow in h.flows.items()}
    paper = over_year(block.paper, local) * 100
    revenue = over_year(block.sold, local) * 100 + paper + over_year(flows["other_income"], local)
    cost = over_year(block.bought, local) * 100 + paper * 97 // 100
    fixed = over_year(
        np.maximum(0, h.wages_due - np.vstack([h.wages_due[:1] * 0, (h.wages_due - h.flows["wages"])[:-1]])), who
    )
    interest = over_year(h.due_interest, who)
    tax = over_year(h.income_tax_due, who)
    operating = revenue - cost - fixed
    level = p.level[who] * 100
    tax_factor = 100 + p.tax_percent[who]
    opening = np.rint(level * (p.terms_weeks[who] + 3) * 1.1).astype(np.int64)
    receivables = np.maximum(0, opening + (to_date(block.sold, local) + to_date(block.paper, local)) * tax_factor
                             - to_date(flows["receipts"], local))  # fmt: skip
    payables = np.maximum(0, to_date(block.bought, local) * 110 - to_date(flows["suppliers"], local))
    debt = np.maximum(0, to_date(flows["loan_drawn"], local) - to_date(h.due_principal, who))
    cash = h.cash[last_month, who]
    inventory = np.rint(level * p.variable_share[who] * (3 + 5 * block.draws("stock", who).uniform("x"))).astype(
        np.int64
    )
    assets_fixed = np.rint(level * 20 * block.draws("plant", who).uniform("x")).astype(np.int64)
    intangible = np.rint(level * 10 * p.technology[who]).astype(np.int64)
    assets = cash + receivables + inventory + assets_fixed + intangible
    liabilities = payables + debt
    d = block.draws("statement", who, year)
    return records(
        FINANCIAL_STATEMENT,
        {
            "enterprise_id": world.id_of(who),
            "period_end": day,
            "months": 12,
            "audited": pa.array(d.chance("audited", 0.35)),
            "consolidated": False,
            "revenue_fen": np.maximum(0, revenue),
            "cost_of_sales_fen": cost,
            "operating_profit_fen": operating,
            "net_profit_fen": operating - interest - tax,
            "rd_expense_fen": np.rint(np.maximum(0, fixed) * p.technology[who] * 0.5).astype(np.int64),
            "interest_expense_fen": interest,
            "depreciation_fen": assets_fixed // 10,
            "total_assets_fen": assets,
            "total_liabilities_fen": liabilities,
            "equity_fen": assets - liabilities,
            "cash_fen": cash,
            "restricted_cash_fen": cash // 20,
            "receivables_fen": receivables,
            "inventory_fen": inventory,
            "payables_fen": payables,
            "short_term_debt_fen": debt,
            "long_term_debt_fen": np.zeros(len(who), dtype=np.int64),
            "fixed_assets_fen": assets_fixed,
            "intangible_assets_fen": intangible,
            "operating_cash_flow_fen": over_year(flows["receipts"], local) - over_year(flows["suppliers"], local)
            - over_year(flows["wages"], local) - over_year(flows["taxes"], local),
        },
        np.maximum(day + 75 + d.below("filed", 80), world.connected_day("statement", who)),
        last_day=when.last_day,
    )  # fmt: skip
