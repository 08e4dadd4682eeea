"""IP rights: knock-outs, what is open, gaming signals, and the amounts by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from models.valuation.errors import EvidenceColumnWrong
from models.valuation.ip import value_ip
from models.valuation.outcome import Valuation
from tests.valuation_rows import AS_OF, WAN, facts, ip_numbers, right, rights


def valued(*rows: dict[str, Any], **more: Any) -> Valuation:
    more.setdefault("facts", facts())
    return value_ip(rights(*rows), ip_numbers(), as_of=AS_OF, **more)


def only(valuation: Valuation) -> dict[str, Any]:
    (row,) = valuation.assets.to_pylist()
    return dict(row)


@pytest.mark.parametrize(
    ("word", "changes"),
    [
        ("not_granted", {"legal_status": "pending"}),
        ("lapsed", {"legal_status": "lapsed"}),
        ("lapsed", {"legal_status": "invalidated"}),
        ("lapsed", {"fee_paid_until": date(2023, 12, 29)}),
        ("expired", {"expires_on": date(2024, 6, 30)}),
        ("life_too_short", {"expires_on": date(2026, 6, 29)}),
        ("pledged_elsewhere", {"pledged": True}),
        ("co_owner_no_consent", {"owner_share": 0.5, "co_owner_consent": False}),
        ("co_owner_no_consent", {"co_owners": "U1", "co_owner_consent": False}),
        ("ownership_dispute", {"disputed": True}),
        ("type_not_accepted", {"ip_type": "layout"}),
        ("not_owned", {"acquisition": "licensed"}),
    ],
)
def test_a_knock_out_of_section_4_leaves_nothing(word: str, changes: dict[str, Any]) -> None:
    """Each knock-out is named and takes the whole value."""
    row = only(valued(right(**changes)))
    assert row["knocked_out_by"] == [word]
    assert (row["value_low_fen"], row["value_high_fen"], row["confidence"]) == (0, 0, "none")


def test_life_of_tenor_plus_one_year_is_enough() -> None:
    """The boundary day itself is not too short; a longer tenor needs a longer life."""
    row = right(expires_on=date(2026, 6, 30))
    assert only(valued(row))["knocked_out_by"] == []
    assert only(valued(row, tenor_months=13))["knocked_out_by"] == ["life_too_short"]
    own_tenor = facts(tenor_months=24)
    assert only(valued(row, facts=own_tenor))["knocked_out_by"] == ["life_too_short"]


@pytest.mark.parametrize(
    ("word", "changes"),
    [
        ("legal_status", {"legal_status": None}),
        ("fees_paid", {"fee_paid_until": None}),
        ("fees_paid", {"fee_paid_until": date(2023, 12, 30)}),
        ("fees_paid", {"fee_paid_until": date(2024, 6, 29)}),
        ("pledge_search", {"pledged": None}),
        ("ownership", {"owner_share": None}),
        ("co_owner_consent", {"owner_share": 0.6, "co_owner_consent": None}),
        ("dispute_search", {"disputed": None}),
    ],
)
def test_an_open_fact_counts_at_its_prudent_value_and_refers(word: str, changes: dict[str, Any]) -> None:
    """What nobody examined is neither knocked out nor worth anything yet: the high says what a document would free."""
    row = only(valued(right(**changes)))
    assert row["pending"] == [word]
    assert (row["value_low_fen"], row["value_central_fen"], row["refer"]) == (0, 0, True)
    assert row["value_high_fen"] > 0


def test_a_right_bought_in_the_last_year_is_held_and_referred() -> None:
    """Bought 364 days before: no value now; bought long ago: no signal."""
    row = only(valued(right(acquisition="bought", acquired_on=date(2023, 7, 2))))
    assert row["signals"] == ["bought_before_applying"]
    assert (row["value_central_fen"], row["refer"]) == (0, True)
    assert only(valued(right(acquisition="bought", acquired_on=date(2022, 1, 1))))["signals"] == []
    assert only(valued(right(acquisition="bought", acquired_on=None)))["signals"] == ["bought_before_applying"]


def test_of_designs_en_masse_only_the_best_count() -> None:
    """Twenty designs filed this year are worth as much as the five best, and the case is referred."""
    designs = [right(f"D{i}", ip_type="design", filed_on=date(2024, 2, 1), expires_on=None) for i in range(20)]
    many, few = valued(*designs), valued(*designs[:5])
    assert many.enterprises["value_central_fen"][0] == few.enterprises["value_central_fen"][0]
    assert (many.enterprises["refer"][0].as_py(), few.enterprises["refer"][0].as_py()) == (True, False)
    assert many.enterprises["signals"][0].as_py() == ["designs_en_masse"]


def test_lapsed_fees_are_named_as_a_signal() -> None:
    """A right whose fees were not paid is cut and the enterprise carries the signal."""
    result = valued(right(), right("CN9", fee_paid_until=date(2023, 1, 1))).enterprises
    assert result["signals"][0].as_py() == ["fees_lapsed"]
    assert result["assets_counted"][0].as_py() == 1


def test_the_same_right_under_two_spellings_counts_once() -> None:
    """ZL and CN, dots and spaces: one register number, one value, and a signal."""
    once = valued(right("CN202110012345.6")).enterprises
    twice = valued(right("CN202110012345.6"), right("ZL 2021 1001 2345 6")).enterprises
    assert twice["value_high_fen"] == once["value_high_fen"]
    assert twice["lending_central_fen"] == once["lending_central_fen"]
    assert twice["signals"][0].as_py() == ["duplicate_register_no"]


def test_what_the_pool_holds_does_not_count_beside_it() -> None:
    """A right that the pool claims keeps its value for the pool and counts for nothing beside it."""
    pooled = pa.table({"enterprise_id": ["E1", "E2"], "register_no": ["ZL2021100123456", "X"]})
    row = only(valued(right(), pooled=pooled))
    assert row["knocked_out_by"] == ["counted_in_pool"]
    assert (row["counted_high_fen"], row["lending_high_fen"]) == (0, 0)
    assert row["part_low_fen"] > 0
    other = pa.table({"enterprise_id": ["E2"], "register_no": ["ZL2021100123456"]})
    assert only(valued(right(), pooled=other))["knocked_out_by"] == []


def test_two_rights_on_the_same_sales_share_one_income() -> None:
    """Rights that live on the same sales are worth together what the best of them earns, not the sum."""
    first = right("A1", attributable_revenue_12m_fen=400 * WAN)
    second = right("A2", attributable_revenue_12m_fen=400 * WAN)
    one, two = valued(first), valued(first, second)
    income = one.assets["income_central_fen"][0].as_py()
    assert two.enterprises["value_central_fen"][0].as_py() == income
    counted = two.assets["counted_central_fen"].to_pylist()
    assert sum(counted) == income < sum(two.assets["value_central_fen"].to_pylist())


def test_reported_revenue_above_invoices_is_cut_to_the_invoices() -> None:
    """A stated revenue of ten times the invoiced sales is worth no more than all invoiced sales."""
    honest = only(valued(right(attributable_revenue_12m_fen=3000 * WAN)))
    boasted = only(valued(right(attributable_revenue_12m_fen=30_000 * WAN)))
    assert boasted["income_high_fen"] == honest["income_high_fen"]
    assert "revenue_above_sales" in boasted["signals"]
    assert boasted["refer"]


@pytest.mark.parametrize(
    ("number", "wan"), [("cost_fen", 30), ("attributable_revenue_12m_fen", 800), ("appraised_fen", 30)]
)
def test_a_lone_self_reported_number_never_gives_confidence(number: str, wan: int) -> None:
    """Without invoices or an appraiser, a number the enterprise states leaves the confidence low, even if it fits."""
    row = only(valued(right(**{number: wan * WAN}, appraised_on=date(2024, 6, 1)), facts=facts(None)))
    assert row["signals"] == []
    assert row["confidence"] == "low"


def test_two_verified_approaches_that_agree_give_high_confidence() -> None:
    """Invoiced sales and a fresh appraisal by another house, agreeing with cost: high; stated by itself: lower."""
    numbers = {"attributable_revenue_12m_fen": 400 * WAN, "cost_fen": 30 * WAN, "appraised_fen": 15 * WAN}
    row = right(**numbers, appraised_on=date(2024, 6, 30), appraiser="A")
    assert only(valued(row))["confidence"] == "high"
    assert only(valued(row | {"appraiser": None}))["confidence"] == "medium"


def test_an_appraisal_decays_in_a_straight_line() -> None:
    """Half of its life of 24 months gone, half of the appraised value is left; after that nothing."""
    row = right(appraised_fen=1000 * WAN, appraiser="A")
    half = only(valued(row | {"appraised_on": date(2023, 7, 1)}))
    assert (half["decay"], half["market_high_fen"]) == (0.5, 500 * WAN)
    assert only(valued(row | {"appraised_on": date(2022, 6, 30)}))["market_high_fen"] is None


def test_a_column_of_the_wrong_type_is_refused_by_name() -> None:
    """Money as text is an error that names the column."""
    rows = rights(right()).set_column(0, "enterprise_id", pa.array(["E1"]))
    wrong = rows.set_column(rows.column_names.index("cost_fen"), "cost_fen", pa.array(["many"]))
    with pytest.raises(EvidenceColumnWrong, match="wrong type") as refused:
        value_ip(wrong, ip_numbers(), as_of=AS_OF)
    assert refused.value.field == "cost_fen"


def test_no_rows_give_empty_tables() -> None:
    """A connected feed without rights is no error."""
    nothing = valued()
    assert (nothing.assets.num_rows, nothing.enterprises.num_rows) == (0, 0)
