"""The sources from record rows to amounts: vectors of DOMAIN 1.2 to 1.5, and what must not count twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models.limits import LimitColumns, Status, compute_limits
from models.limits.measures.supplier import supplier_limits
from models.policy import Policy
from models.policy.product import SOURCES as PRODUCT_SOURCES
from tests.limit_cases import cases, default_policy
from tests.position_rows import AS_OF, WAN, anchor_rows, claim, facts_of, policy_with, tables

TECH = {"product": "technology_credit"}


def limits_of(policy: Policy | None = None, **row: Any) -> LimitColumns:
    return compute_limits(cases({**TECH, **row}, policy=policy or default_policy(AS_OF)))


def source(limits: LimitColumns, code: str) -> int:
    return int(next(item.value[0] for item in limits.sources if item.code == code))


def status(limits: LimitColumns, code: str) -> int:
    return int(next(item.status[0] for item in limits.sources if item.code == code))


def test_tax_of_100_000_and_50_000_carries_1_150_000(tmp_path: Path) -> None:
    """DOMAIN 1.2: VAT 10万 x 7 + income tax 5万 x 9 = 115万 at the upper ends of the reported multiples."""
    policy = policy_with(tmp_path, {"tax.vat_multiple": "7", "tax.cit_multiple": "9"})
    paid = {"tax_vat_12m_fen": 10 * WAN, "tax_cit_12m_fen": 5 * WAN, "tax_arrears_fen": 0, "sales_12m_fen": 1.0}
    assert source(limits_of(policy, tax_grade=0, **paid), "tax") == 115 * WAN
    assert source(limits_of(policy, tax_grade=2, **paid), "tax") == 50 * WAN  # M: at most 500,000
    assert source(limits_of(policy, tax_grade=4, **paid), "tax") == 0
    assert source(limits_of(policy, tax_grade=0, **{**paid, "tax_arrears_fen": 1}), "tax") == 0
    unknown = limits_of(policy, **paid)
    assert (source(unknown, "tax"), status(unknown, "tax")) == (0, Status.PENDING)


def test_tax_and_turnover_measure_the_same_sales_so_the_larger_counts() -> None:
    """Turnover of 1,600,000 and tax of 2,000,000 carry 2,000,000 together, not 3,600,000."""
    row = {"tax_vat_12m_fen": 40 * WAN, "tax_cit_12m_fen": 0, "tax_arrears_fen": 0, "tax_grade": 0}
    limits = limits_of(**row)
    assert source(limits, "invoice_turnover") == 160 * WAN
    assert source(limits, "tax") == 40 * WAN
    assert source(limits_of(**{**row, "tax_vat_12m_fen": 30 * WAN}), "tax") == 0


def test_refunds_and_later_learned_grades_are_read_from_the_records() -> None:
    """Paid net of refunds within twelve months, and the latest grade known on the day."""
    found = facts_of(
        tables(
            tax_return=[
                {"tax": "vat", "period_end": date(2024, 3, 31), "payable_fen": 9, "paid_fen": 900, "refund_fen": 100},
                {"tax": "vat", "period_end": date(2023, 6, 30), "payable_fen": 9, "paid_fen": 5000},
                {"tax": "cit", "period_end": date(2023, 12, 31), "payable_fen": 9, "paid_fen": 70},
            ],
            tax_grade=[
                {"year": 2022, "grade": "A", "published_on": date(2023, 4, 30)},
                {"year": 2023, "grade": "B", "published_on": date(2024, 4, 30)},
            ],
        ),
        default_policy(AS_OF),
    )
    assert (found["tax_vat_12m_fen"], found["tax_cit_12m_fen"], found["tax_grade"]) == ([800.0], [70.0], [1.0])


# One anchor that settled 1,200 in twelve months at 60 days: 100 a month x 2 months x 0.80 = 160 before the factors.
ANCHOR = {
    "settled_12m_fen": 1200 * WAN,
    "tenure_months": 48,
    "delay_p75_days": 0,
    "contract_days": 60,
    "payables_fen": 1000 * WAN,
    "sublimit_fen": 1000 * WAN,
}


def supplier_of(policy: Policy | None = None, **changes: Any) -> float:
    found = supplier_limits(
        anchor_rows([{**ANCHOR, **changes}]), 1, policy or default_policy(AS_OF), debtors=None, fulfilment=None
    )
    return float(found["supplier_fen"][0]) / WAN


@pytest.mark.parametrize(
    ("months", "factor"), [(0, 0), (5, 0), (6, 0.6), (11, 0.6), (12, 0.85), (36, 0.85), (37, 1.0), (120, 1.0)]
)
def test_k_tenure_of_domain_1_4(months: int, factor: float) -> None:
    """DOMAIN 1.4: below 6 months 0; 6 to 12 0.6; 12 to 36 0.85; above 36 1.0 (and 0.7 for unknown fulfilment)."""
    assert supplier_of(tenure_months=months) == pytest.approx(160 * factor * 0.7, abs=1e-6)


@pytest.mark.parametrize(
    ("days", "factor"), [(0, 1), (5, 1), (6, 0.9), (15, 0.9), (16, 0.7), (30, 0.7), (31, 0.4), (60, 0.4), (61, 0)]
)
def test_k_pay_of_domain_1_4(days: float, factor: float) -> None:
    """DOMAIN 1.4: p75 days late up to 5 1.0; 15 0.9; 30 0.7; 60 0.4; more 0."""
    assert supplier_of(delay_p75_days=days) == pytest.approx(160 * factor * 0.7, abs=1e-6)


def test_a_delay_of_15_days_at_60_day_terms_lowers_the_limit() -> None:
    """DOMAIN 1.4, the trap: 75/30 x 0.9 = 2.25 months would beat 2.00; here it is 2.00 x 0.9 = 1.80 months."""
    assert supplier_of(delay_p75_days=15) == pytest.approx(0.9 * supplier_of(), abs=1e-6)


def test_the_share_cap_and_the_sublimit_bound_the_supplier_limit() -> None:
    """At most 75 % of what the anchor owes, and at most the sublimit; nothing where nobody says what it owes."""
    assert supplier_of(payables_fen=100 * WAN) == 75.0
    assert supplier_of(sublimit_fen=50 * WAN) == 50.0
    assert supplier_of(payables_fen=None) == 0.0
    assert supplier_of(delay_p75_days=None) == 0.0  # no record of delays reads the worst band


def test_terms_beyond_90_days_and_unknown_terms_add_nothing() -> None:
    """The term counts up to 90 days, and 30 where the contract names none."""
    assert supplier_of(contract_days=180) == supplier_of(contract_days=90)
    assert supplier_of(contract_days=None) == supplier_of(contract_days=30)


SUPPLIER_RECORDS: dict[str, list[dict[str, Any]]] = {
    "anchor_programme": [
        {
            "anchor_id": "A",
            "programme_no": "P",
            "joined_on": date(2020, 1, 1),
            "role": "supplier",
            "contract_days": 60,
            "payables_fen": 1000 * WAN,
            "sublimit_fen": 1000 * WAN,
        }
    ],
    "payment": [
        {
            "direction": "received",
            "payment_no": f"{year}{month}",
            "paid_on": date(year, month, 10),
            "amount_fen": 100 * WAN,
            "counterparty_id": "A",
        }
        for year in (2020, 2021, 2022, 2023)
        for month in range(1, 13)
    ],
    "receivable": [
        claim(f"S{n}", "A", 100, arisen_on=date(2023, n, 1), due_on=date(2023, n, 28), settled_on=date(2023, n, day))
        for n, day in ((7, 28), (8, 28), (9, 28), (10, 31))
    ],
}


def test_the_supplier_limit_reads_settled_amounts_and_lateness_from_the_records() -> None:
    """Six payments in the window, none of the invoiced rest; three of four on time, so p75 is 0 days."""
    found = facts_of(tables(**SUPPLIER_RECORDS), default_policy(AS_OF))
    assert found["supplier_settled_12m_fen"] == [600 * WAN]
    assert found["supplier_fen"] == [600 * WAN / 12 * 2 * 0.8 * 0.7]
    late = [dict(row, settled_on=date(2023, 11, 20)) for row in SUPPLIER_RECORDS["receivable"]]
    slower = facts_of(tables(**{**SUPPLIER_RECORDS, "receivable": late}), default_policy(AS_OF))
    assert slower["supplier_fen"][0] < found["supplier_fen"][0]


def test_receivables_and_supplier_limit_on_one_anchor_count_the_larger() -> None:
    """An open confirmed receivable on the anchor carries its part of the supplier limit; the sum does not double."""
    both = {**SUPPLIER_RECORDS, "receivable": [*SUPPLIER_RECORDS["receivable"], claim("O", "A", 100)]}
    facts = facts_of(tables(**both), default_policy(AS_OF))
    row = {name: column[0] for name, column in facts.items()}
    limits = limits_of(sales_12m_fen=1.0, **row)
    base = source(limits, "receivables")
    assert base > 0
    assert base + source(limits, "supplier") == max(base, row["supplier_fen"])
    assert row["supplier_overlap_fen"] == min(base, row["supplier_fen"])


def order(number: str, wan: float, **changes: Any) -> dict[str, Any]:
    row = {
        "direction": "sales",
        "order_no": number,
        "ordered_on": date(2024, 5, 1),
        "counterparty_id": "A",
        "amount_fen": round(wan * WAN),
        "promised_on": date(2024, 8, 1),
    }
    return {**row, **changes}


DELIVERED = order("D", 100, ordered_on=date(2024, 1, 5), promised_on=date(2024, 3, 1), delivered_fen=90 * WAN)


def orders_fen(*rows: dict[str, Any], **other: list[dict[str, Any]]) -> float:
    return facts_of(tables(trade_order=[DELIVERED, *rows], **other), default_policy(AS_OF))["orders_fen"][0]


def test_an_order_lends_on_what_is_open_times_fulfilment_less_the_deposit() -> None:
    """DOMAIN 1.4: 200 open x 0.90 fulfilled x 0.50 - 20 deposit = 70; the late tenth of the old one is out."""
    assert orders_fen(order("1", 200, deposit_fen=20 * WAN)) == 70 * WAN


def test_a_delivered_order_migrates_to_receivable() -> None:
    """DOMAIN 1.4: what is delivered, invoiced or on file as a receivable leaves the order base."""
    assert orders_fen(order("1", 200, delivered_fen=200 * WAN)) == 0
    assert orders_fen(order("1", 200, invoiced_fen=150 * WAN)) == 50 * WAN * 0.45
    assert orders_fen(order("1", 200), receivable=[claim("R", "A", 200, order_no="1")]) == 0


def test_orders_without_a_delivery_record_are_pending_at_nothing() -> None:
    """No order fell due yet, so fulfilment is unknown: 0, and the document is named."""
    facts = facts_of(tables(trade_order=[order("1", 200)]), default_policy(AS_OF))
    limits = limits_of(**{name: column[0] for name, column in facts.items()})
    assert (source(limits, "orders"), status(limits, "orders")) == (0, Status.PENDING)


def test_orders_that_are_late_disputed_cancelled_or_of_relatives_do_not_count() -> None:
    """Each of these lends nothing."""
    assert orders_fen(order("1", 200, promised_on=date(2024, 4, 1), ordered_on=date(2024, 3, 1))) < orders_fen() + 1
    assert orders_fen(order("1", 200, disputed=True)) == 0
    assert orders_fen(order("1", 200, cancelled_on=date(2024, 6, 1))) == 0
    related = [{"relation": "shareholder", "party_id": "A", "began_on": date(2020, 1, 1)}]
    assert orders_fen(order("1", 200), relation=related) == 0


def base_of(*claims: dict[str, Any], **other: list[dict[str, Any]]) -> dict[str, float]:
    facts = facts_of(tables(receivable=list(claims), **other), default_policy(AS_OF))
    return {name: column[0] for name, column in facts.items()}


@pytest.mark.parametrize(
    "changes",
    [
        {"confirmed": None},
        {"disputed": True},
        {"related_party": True},
        {"conditional": True},
        {"pledged_elsewhere": True},
        {"pledged_elsewhere": None, "registered_no": None},
        {"debtor_type": "foreign"},
        {"debtor_type": "government", "registered_no": None},
        {"arisen_on": date(2024, 3, 31)},
        {"due_on": date(2024, 4, 30), "arisen_on": date(2024, 4, 20)},
        {"settled_on": date(2024, 6, 20)},
        {"owed_to_debtor_fen": 100 * WAN},
    ],
    ids=str,
)
def test_a_receivable_that_does_not_qualify_lends_nothing(changes: dict[str, Any]) -> None:
    """DOMAIN 1.3: each exclusion alone takes the receivable out, also the 91st day and the 61st past due."""
    assert base_of(claim("1", "A", 100))["receivables_fen"] > 0
    assert base_of(claim("1", "A", 100, **changes))["receivables_fen"] == 0


def test_old_credits_are_not_netted_against_aged_receivables() -> None:
    """DOMAIN 1.3 step 4: a credit balance lowers what is eligible, it does not cure what is aged."""
    plain = base_of(claim("1", "A", 100))
    credit = base_of(claim("1", "A", 100), claim("2", "A", 0, outstanding_fen=None, settled_fen=30 * WAN))
    assert credit["receivables_credits_fen"] == 30 * WAN
    assert credit["receivables_fen"] == pytest.approx(plain["receivables_fen"] * 0.7)


def test_a_receivable_in_the_pool_or_entered_twice_counts_once() -> None:
    """A register number that the pool holds is out of the base; two entries for one invoice are worth the invoice."""
    pooled = [
        {
            "register_no": "zd-1",
            "asset_class": "receivable",
            "face_fen": 1,
            "value_fen": 1,
            "valued_on": date(2024, 6, 1),
            "entered_on": date(2024, 6, 1),
        }
    ]
    assert base_of(claim("1", "A", 100), pool_asset=pooled)["receivables_fen"] == 0
    once = base_of(claim("1", "A", 100, invoice_no="I"), claim("3", "B", 400))
    twice = base_of(claim("1", "A", 100, invoice_no="I"), claim("2", "A", 100, invoice_no="I"), claim("3", "B", 400))
    assert once["receivables_fen"] == twice["receivables_fen"]


def test_a_receivable_cut_in_two_changes_nothing() -> None:
    """Two halves of one invoice that is on file lend what the whole lends."""
    invoice = [
        {
            "direction": "sales",
            "invoice_no": "I",
            "issued_on": date(2024, 5, 31),
            "counterparty_id": "A",
            "amount_fen": 100 * WAN,
            "tax_fen": 0,
            "total_fen": 100 * WAN,
            "status": "valid",
        }
    ]
    whole = base_of(claim("1", "A", 100, invoice_no="I"), claim("3", "B", 300), invoice=invoice)
    halves = [claim("1", "A", 50, invoice_no="I"), claim("2", "A", 50, invoice_no="I")]
    assert base_of(*halves, claim("3", "B", 300), invoice=invoice) == whole


def test_a_red_letter_takes_the_receivable_with_it() -> None:
    """An invoice reversed by a red letter is worth nothing, so neither is the claim that names it."""
    blue = {
        "direction": "sales",
        "invoice_no": "I",
        "issued_on": date(2024, 5, 31),
        "counterparty_id": "A",
        "amount_fen": 100 * WAN,
        "tax_fen": 0,
        "total_fen": 100 * WAN,
        "status": "valid",
    }
    red = {**blue, "invoice_no": "R", "red_of": "I", "amount_fen": -100 * WAN, "total_fen": -100 * WAN}
    found = base_of(claim("1", "A", 100, invoice_no="I"), invoice=[blue, red])
    assert found["receivables_fen"] == 0


def test_uplifts_are_at_most_a_fifth_of_all_sources_and_share_one_bound() -> None:
    """1,600,000 of turnover allows 400,000 beside it (20 % of 2,000,000), IP first, then data."""
    limits = limits_of(ip_lending_low_fen=30 * WAN, data_lending_low_fen=30 * WAN)
    assert (source(limits, "ip_uplift"), source(limits, "data_uplift")) == (30 * WAN, 10 * WAN)
    alone = limits_of(ip_lending_low_fen=90 * WAN)
    assert source(alone, "ip_uplift") == 40 * WAN
    wide = limits_of(ip_lending_low_fen=900 * WAN, sales_12m_fen=10**13)
    assert source(wide, "ip_uplift") == 500 * WAN  # the absolute cap


@pytest.mark.parametrize(
    ("low", "high", "sales", "pending"),
    [
        pytest.param(0, 139_47, 800 * WAN, False, id="less than a step: nobody waits for it"),
        pytest.param(0, 10_000_00 - 1, 800 * WAN, False, id="a fen under the step"),
        pytest.param(0, 10_000_00, 800 * WAN, True, id="exactly the step"),
        pytest.param(90 * WAN, 200 * WAN, 800 * WAN, False, id="already at the bound beside the other sources"),
    ],
)
def test_an_open_asset_refers_only_where_its_best_answer_moves_a_step(
    low: int, high: int, sales: int, pending: bool
) -> None:
    """The asset counts at its low end either way; it is pending where its high end lifts by 10,000 yuan or more."""
    limits = limits_of(ip_lending_low_fen=low, ip_lending_high_fen=high, ip_refer=1.0, sales_12m_fen=float(sales))
    assert (status(limits, "ip_uplift") == Status.PENDING) is pending
    assert source(limits, "ip_uplift") == min(low, 40 * WAN)


def test_a_pre_revenue_firm_borrows_on_cash_that_arrived() -> None:
    """DOMAIN 1.5: at most 30 % of 3,000 received and 50 % of 800 of free cash: 400; no sales feed is asked for."""
    row = {
        "sales_12m_fen": None,
        "days_since_last_sale": None,
        "days_since_first_sale": None,
        "funding_cash_received_fen": 3000 * WAN,
        "funding_months_since_cash": 6,
        "statement_cash_fen": 850 * WAN,
        "statement_restricted_cash_fen": 50 * WAN,
        "statement_age_days": 100,
    }
    limits = limits_of(**row)
    assert source(limits, "runway") == 400 * WAN
    assert not limits.pending.any()
    assert source(limits_of(**{**row, "funding_cash_received_fen": 1000 * WAN}), "runway") == 300 * WAN
    assert source(limits_of(**{**row, "funding_months_since_cash": 25}), "runway") == 0
    missing = limits_of(**{**row, "statement_cash_fen": None})
    assert (source(missing, "runway"), status(missing, "runway")) == (0, Status.PENDING)


def test_the_names_that_products_use_are_the_names_of_the_engine() -> None:
    """Sources and optional ceilings in product files are those that exist."""
    from models.policy.product import CEILINGS  # noqa: PLC0415

    limits = limits_of()
    assert [item.code for item in limits.sources] == list(PRODUCT_SOURCES)
    assert set(CEILINGS) <= {item.code for item in limits.ceilings}
