"""The worked examples of DOMAIN.md, each to its printed digits, from record rows to the rule that uses them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from models.limits import LimitColumns, compute_limits
from models.policy import Policy
from tests.limit_cases import cases
from tests.position_rows import AS_OF, WAN, claim, facts_of, old_claim, policy_with, tables

# DOMAIN 1.3: debtors (total, > 90 days, contra) A(400,20,0) B(250,0,40) C(200,120,0) D(150,10,0), dilution 8 %.
BASE_POLICY = {"receivables.cross_age_share": "0.50", "receivables.concentration_share": "0.40"}


def limits_of(policy: Policy, **row: Any) -> LimitColumns:
    return compute_limits(cases(row, policy=policy))


def wan(fen: float) -> float:
    return round(fen / WAN, 2)


def vector_claims(aged_of_c: float) -> list[dict[str, Any]]:
    """The four debtors, and a settled sale of 1,000 that was credited so far that 12-month dilution is exactly 8 %."""
    rows = [
        claim("A1", "A", 380),
        old_claim("A2", "A", 20),
        claim("B1", "B", 250, owed_to_debtor_fen=40 * WAN),
        claim("C1", "C", 80),
        old_claim("C2", "C", aged_of_c),
        claim("D1", "D", 140),
        old_claim("D2", "D", 10),
    ]
    open_wan = sum(row["face_fen"] for row in rows) / WAN
    settled = 2000 - open_wan
    rows.append(
        claim("S", "S", settled, outstanding_fen=0, credited_fen=160 * WAN, settled_on=date(2024, 6, 15))
    )  # 160 of 2,000 is 8 %
    return rows


def test_the_borrowing_base_of_domain_1_3_is_494_34(tmp_path: Path) -> None:
    """DOMAIN 1.3: eligible 380 + 210 + 0 + 140 = 730, cap 292, 642 x 77 % = 494.34."""
    found = facts_of(tables(receivable=vector_claims(120)), policy_with(tmp_path, BASE_POLICY))
    assert wan(found["receivables_fen"][0]) == 494.34
    assert found["receivables_fen"][0] == 494_340_000.0
    assert wan(found["receivables_gross_fen"][0]) == 1000
    assert wan(found["receivables_aged_fen"][0]) == 150
    assert wan(found["receivables_cross_aged_fen"][0]) == 80
    assert wan(found["receivables_contra_fen"][0]) == 40
    assert wan(found["receivables_concentrated_fen"][0]) == 88
    assert found["receivables_dilution"][0] == 0.08
    assert found["receivables_advance_rate"][0] == 0.77


def test_collecting_60_of_c_lifts_the_base_to_580_58_as_in_domain_8(tmp_path: Path) -> None:
    """DOMAIN 8.3: 60 of C's aged invoices collected: aged share 42.9 %, base 580.58; with a need of 560, +65.66."""
    policy = policy_with(tmp_path, BASE_POLICY)
    before = facts_of(tables(receivable=vector_claims(120)), policy)["receivables_fen"][0]
    after = facts_of(tables(receivable=vector_claims(60)), policy)["receivables_fen"][0]
    assert wan(after) == 580.58
    assert wan(min(after, 560 * WAN) - before) == 65.66


NEED = {
    # revenue 3000, margin 8 %, cost of sales 2000, so that the balances give 60/90/45/10/5 days
    "statement_revenue_fen": 3000 * WAN,
    "statement_net_profit_fen": 240 * WAN,
    "statement_cost_of_sales_fen": 2000 * WAN,
    "statement_inventory_fen": 2000 * WAN * 60 / 360,
    "statement_receivables_fen": 3000 * WAN * 90 / 360,
    "statement_payables_fen": 2000 * WAN * 45 / 360,
    "statement_prepaid_fen": 2000 * WAN * 10 / 360,
    "statement_advances_received_fen": 3000 * WAN * 5 / 360,
    "statement_cash_fen": 350 * WAN,
    "statement_restricted_cash_fen": 50 * WAN,
    "statement_age_days": 180,
    "debt_working_capital_debt_fen": 200 * WAN,
    "forecast_growth": 0.15,
}
NEED = {name: round(value) if name.endswith("_fen") else value for name, value in NEED.items()}


def need_of(policy: Policy, **changes: Any) -> Any:
    found = limits_of(policy, **{**NEED, **changes})
    return next(cap for cap in found.ceilings if cap.code == "working_capital_need")


def test_the_working_capital_need_of_domain_1_1_is_452_97(tmp_path: Path) -> None:
    """DOMAIN 1.1: growth 15 % asked, 8 + 5 = 13 % granted, 110 days, WC 952.97, new loan 452.97."""
    policy = policy_with(tmp_path, {"need.industry_growth": "0.08"})
    need = need_of(policy)
    assert float(need.inputs["cycle_days"].values[0]) == 110.0
    assert wan(float(need.inputs["gross_need_fen"].values[0])) == 952.97
    assert wan(int(need.value[0])) == 452.97


def test_a_loss_does_not_raise_the_need(tmp_path: Path) -> None:
    """DOMAIN 1.1: with a margin of -20 % the formula would multiply by 1.2; the floor makes it the need at zero."""
    policy = policy_with(tmp_path, {"need.industry_growth": "0.08"})
    loss = need_of(policy, statement_net_profit_fen=-600 * WAN).value[0]
    assert loss == need_of(policy, statement_net_profit_fen=0).value[0]


def test_a_cycle_of_no_days_needs_nothing(tmp_path: Path) -> None:
    """DOMAIN 1.1: prepaying customers make the cycle negative; the need is 0, not negative and not infinite."""
    need = need_of(policy_with(tmp_path, {}), statement_advances_received_fen=3000 * WAN)
    assert need.inputs["cycle_days"].values[0] < 0
    assert need.value[0] == 0


def test_the_debt_service_capacity_of_domain_1_5_is_336_17(tmp_path: Path) -> None:
    """DOMAIN 1.5: cash flow 150, coverage 1.25, 4.5 % a year, 36 monthly payments: 336.17."""
    from models.limits.ceilings.debt_service_capacity import loan_per_yearly_flow  # noqa: PLC0415

    policy = policy_with(tmp_path, {})
    terms = policy.number("debt_service.coverage"), policy.number("debt_service.annual_rate")
    assert wan(150 * WAN * loan_per_yearly_flow(*terms, 36) // 10**9) == 336.17
    row = {"statement_operating_cash_flow_fen": 180 * WAN, "statement_capital_expenditure_fen": 30 * WAN}
    found = limits_of(policy, statement_age_days=100, **row)
    capacity = next(cap for cap in found.ceilings if cap.code == "debt_service_capacity")
    assert capacity.value[0] == 150 * WAN * loan_per_yearly_flow(*terms, 12) // 10**9


def test_existing_exposure_comes_off_once(tmp_path: Path) -> None:
    """A loan of ours lowers what turnover carries and what the grade leaves, but no amount twice."""
    policy = policy_with(tmp_path, {})
    free = limits_of(policy)
    lent = limits_of(policy, debt_own_exposure_fen=30 * WAN, debt_debt_fen=30 * WAN)
    assert free.limit_fen[0] - lent.limit_fen[0] == 30 * WAN


def test_rows_learned_later_change_nothing() -> None:
    """A receivable that the bank learned after the day does not exist on it, and absent kinds leave facts unknown."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from tests.limit_cases import default_policy  # noqa: PLC0415

    later = claim("L", "A", 100, known_at=datetime(2024, 7, 2, tzinfo=UTC))
    policy = default_policy(AS_OF)
    assert facts_of(tables(receivable=[claim("1", "A", 100), later]), policy) == facts_of(
        tables(receivable=[claim("1", "A", 100)]), policy
    )
    assert facts_of(tables(invoice=[]), policy) == {}
