"""Data assets: knock-outs, what is open, gaming signals, decay, and the share a bank lends on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from models.valuation.data_asset import value_data_assets
from models.valuation.outcome import Valuation
from tests.valuation_rows import AS_OF, WAN, data_numbers, data_set, data_sets, facts


def valued(*rows: dict[str, Any], sales_wan: int | None = 3000) -> Valuation:
    return value_data_assets(data_sets(*rows), data_numbers(), as_of=AS_OF, facts=facts(sales_wan))


def only(*rows: dict[str, Any], sales_wan: int | None = 3000) -> dict[str, Any]:
    (row,) = valued(*rows, sales_wan=sales_wan).assets.to_pylist()
    return dict(row)


@pytest.mark.parametrize(
    ("word", "changes"),
    [
        ("source_unlawful", {"source_basis": "none"}),
        ("source_unlawful", {"source_documented": False}),
        ("personal_information_no_basis", {"personal_information": True, "personal_information_basis": "none"}),
        ("not_registered", {"certificate_no": None}),
        ("ownership_dispute", {"disputed": True}),
        ("important_data_no_approval", {"important_data": True, "important_data_approved": False}),
        ("important_data_no_approval", {"core_data": True, "important_data_approved": False}),
        ("pledged_elsewhere", {"pledged": True}),
        ("expired", {"certificate_expires_on": date(2024, 6, 29)}),
    ],
)
def test_a_knock_out_of_section_3_leaves_nothing(word: str, changes: dict[str, Any]) -> None:
    """Each knock-out is named and takes the whole value, however good the rest."""
    row = only(data_set(**changes))
    assert row["knocked_out_by"] == [word]
    assert (row["value_high_fen"], row["lending_high_fen"], row["confidence"]) == (0, 0, "none")


@pytest.mark.parametrize(
    ("word", "changes"),
    [
        ("lawful_source", {"source_basis": None}),
        ("lawful_source", {"source_documented": None}),
        ("personal_information", {"personal_information": None}),
        ("personal_information", {"personal_information": True, "personal_information_basis": None}),
        ("important_data", {"important_data": None}),
        ("important_data", {"important_data": True, "important_data_approved": None}),
        ("dispute_search", {"disputed": None}),
        ("pledge_search", {"pledged": None}),
    ],
)
def test_an_open_fact_holds_the_value_and_refers(word: str, changes: dict[str, Any]) -> None:
    """A fact nobody stated is open, not lawful: 0 now, a value once the document is there."""
    row = only(data_set(**changes))
    assert row["pending"] == [word]
    assert (row["value_central_fen"], row["refer"]) == (0, True)
    assert row["value_high_fen"] > 0


def test_approved_important_data_and_personal_data_with_consent_may_count() -> None:
    """The rules knock out what lacks its basis, not what has it."""
    row = data_set(important_data=True, important_data_approved=True)
    row |= {"personal_information": True, "personal_information_basis": "consent"}
    assert only(row)["knocked_out_by"] == []
    assert only(row)["value_low_fen"] > 0


def test_revenue_from_a_related_party_alone_counts_for_nothing_and_refers() -> None:
    """The only customer is a related party: cut and referred, and named."""
    row = only(data_set(related_revenue_share=1.0))
    assert row["signals"][:2] == ["only_customer_related", "customers_mostly_related"]
    assert (row["value_low_fen"], row["value_central_fen"], row["income_high_fen"]) == (0, 0, 0)
    assert row["refer"]


def test_related_revenue_never_enters_the_income() -> None:
    """Half of the revenue from related parties halves the income and refers."""
    clean, half = only(data_set()), only(data_set(related_revenue_share=0.5))
    assert abs(2 * half["income_central_fen"] - clean["income_central_fen"]) <= 4
    assert half["signals"] == ["customers_mostly_related"]
    assert half["refer"]


def test_an_unknown_related_share_may_be_everything() -> None:
    """Nobody said who the customers are: the low counts no revenue at all."""
    assert only(data_set(related_revenue_share=None))["income_low_fen"] == 0


def test_data_that_dies_with_the_enterprise_is_worth_something_but_lends_nothing() -> None:
    """Zero share where the firm's own survival is needed for updates; prudently zero where nobody said."""
    needed, unknown = only(data_set(depends_on_enterprise=True)), only(data_set(depends_on_enterprise=None))
    assert needed["value_low_fen"] > 0
    assert (needed["lending_low_fen"], needed["lending_high_fen"]) == (0, 0)
    assert unknown["lending_low_fen"] == 0 < unknown["lending_high_fen"]


def test_value_decays_with_the_age_of_the_last_refresh() -> None:
    """Fresh within 90 days, half gone half-way to two years, nothing after."""
    assert only(data_set(refreshed_on=date(2024, 4, 1)))["decay"] == 1.0
    assert only(data_set(refreshed_on=date(2023, 5, 17)))["decay"] == 0.5
    old = only(data_set(refreshed_on=date(2022, 6, 30)))
    assert (old["decay"], old["value_high_fen"]) == (0.0, 0)


def test_income_counts_up_to_one_and_a_half_times_cost() -> None:
    """DOMAIN 3.2 reconcile: a rich income over a small cost is worth cost × 1.5, and the gap goes to a person."""
    row = only(data_set(revenue_12m_fen=2000 * WAN, cost_fen=100 * WAN, book_fen=100 * WAN))
    assert row["value_central_fen"] == row["cost_central_fen"] * 3 // 2
    assert "approaches_disagree" in row["signals"]
    assert (row["refer"], row["confidence"]) == (True, "low")


@pytest.mark.parametrize("number", ["cost_fen", "revenue_12m_fen", "appraised_fen"])
def test_a_lone_self_reported_number_never_gives_confidence_or_a_low(number: str) -> None:
    """One stated number without books, invoices or an appraiser: low confidence, low value 0, nothing to lend on."""
    row = data_set(cost_fen=None, book_fen=None, book_as=None, revenue_12m_fen=None, appraised_on=date(2024, 6, 1))
    result = only(row | {number: 5000 * WAN}, sales_wan=None)
    assert (result["confidence"], result["value_low_fen"], result["lending_low_fen"]) == ("low", 0, 0)
    assert result["value_high_fen"] > 0


def test_self_assessed_quality_counts_in_the_high_alone() -> None:
    """A firm that gives itself full marks has no better low than one without scores."""
    own = only(data_set(quality_assessed_by="enterprise"))
    none = data_set(quality_assessed_by=None) | {name: None for name in data_set() if name.startswith("quality_")}
    assert own["score_low"] == only(none)["score_low"]
    assert own["score_low"] < only(data_set())["score_low"]


def test_the_same_certificate_under_two_asset_numbers_counts_once() -> None:
    """Splitting an asset under two ids of one certificate does not help."""
    once = valued(data_set("A", certificate_no="SZ-1")).enterprises
    twice = valued(data_set("A", certificate_no="SZ-1"), data_set("B", certificate_no="sz 1")).enterprises
    assert twice["value_central_fen"] == once["value_central_fen"]
    assert twice["signals"][0].as_py() == ["duplicate_register_no"]


def test_all_data_assets_together_earn_no_more_than_all_invoiced_sales() -> None:
    """Five assets that each claim all sales are worth what the sales support once."""
    rows = [data_set(f"A{i}", revenue_12m_fen=120 * WAN) for i in range(5)]
    one = valued(rows[0], sales_wan=120)
    five = valued(*rows, sales_wan=120)
    assert five.enterprises["value_high_fen"] == one.enterprises["value_high_fen"]


def test_a_reported_loan_lies_within_reach_of_the_value() -> None:
    """Sanity against a press report: contract revenue of some hundred 万元 a year, valued near 1,000 万元."""
    row = only(data_set(revenue_12m_fen=450 * WAN, cost_fen=900 * WAN, book_fen=600 * WAN))
    assert 200 * WAN < row["value_central_fen"] < 2000 * WAN
    assert row["lending_central_fen"] < 500 * WAN


def test_no_rows_give_empty_tables() -> None:
    """A connected feed without data assets is no error."""
    assert valued().enterprises.num_rows == 0
