"""The asset pool: eligibility, caps with stated denominators, coverage levels, substitution."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from models.valuation.errors import ParametersContradict
from models.valuation.pool import Pool, value_pool
from models.valuation.pool_substitution import check_substitution
from tests.valuation_rows import AS_OF, WAN, facts, pool_numbers, pool_row, pool_rows


def pooled(*rows: dict[str, Any], **more: Any) -> Pool:
    return value_pool(pool_rows(*rows), pool_numbers(), as_of=AS_OF, **more)


def pool_fen(*rows: dict[str, Any], **more: Any) -> int:
    return int(pooled(*rows, **more).enterprises["pool_fen"][0].as_py())


@pytest.mark.parametrize(
    ("word", "row"),
    [
        ("no_register_no", pool_row(" - ", "deposit", 100)),
        ("not_entered", pool_row("X", "deposit", 100, entered_on=None)),
        ("not_entered", pool_row("X", "deposit", 100, entered_on=date(2024, 7, 1))),
        ("released", pool_row("X", "deposit", 100, released_on=date(2024, 6, 30))),
        ("pledged_elsewhere", pool_row("X", "bank_bill", 100, pledged_elsewhere=True)),
        ("matured", pool_row("X", "bank_bill", 100, matures_on=date(2024, 6, 30))),
        ("tenor_too_long", pool_row("X", "bank_bill", 100, matures_on=date(2024, 12, 31))),
        ("endorsement_broken", pool_row("X", "bank_bill", 100, endorsement_complete=False)),
        ("issuer_overdue", pool_row("X", "commercial_bill", 100, overdue_issuer=True)),
        ("not_insured", pool_row("X", "export_receivable", 100, insured=False)),
        ("not_redeemable", pool_row("X", "wealth_product", 100, redeemable=False)),
        ("no_custodian", pool_row("X", "warehouse_receipt", 100, custodian=None)),
    ],
)
def test_an_ineligible_asset_counts_for_nothing_and_is_named(word: str, row: dict[str, Any]) -> None:
    """Each eligibility rule of section 5."""
    pool = pooled(row)
    assert pool.assets["knocked_out_by"].to_pylist() == [[word]]
    assert pool.enterprises["pool_fen"].to_pylist() == [0]


@pytest.mark.parametrize(
    ("word", "row"),
    [
        ("pledge_search", pool_row("X", "bank_bill", 100, pledged_elsewhere=None)),
        ("maturity", pool_row("X", "receivable", 100, matures_on=None)),
        ("issuer", pool_row("X", "receivable", 100, issuer_id=None)),
        ("endorsement", pool_row("X", "bank_bill", 100, endorsement_complete=None)),
        ("issuer_list", pool_row("X", "commercial_bill", 100, overdue_issuer=None)),
        ("insurance", pool_row("X", "export_receivable", 100, insured=None)),
        ("redemption", pool_row("X", "wealth_product", 100, redeemable=None)),
        ("revaluation", pool_row("X", "government_bond", 100, valued_on=date(2024, 5, 30))),
        ("revaluation", pool_row("X", "data_asset", 100)),
    ],
)
def test_an_open_fact_counts_for_nothing_until_it_is_settled(word: str, row: dict[str, Any]) -> None:
    """Pending is never taken at its best."""
    pool = pooled(row)
    assert pool.assets["pending"].to_pylist() == [[word]]
    assert pool.enterprises["pool_fen"].to_pylist() == [0]


@pytest.mark.parametrize(
    ("row", "wan"),
    [
        (pool_row("X", "bank_bill", 100, issuer_type="rural_bank"), "85"),
        (pool_row("X", "bank_bill", 100, issuer_type=None), "85"),
        (pool_row("X", "receivable", 100, confirmed=None), "50"),
        (pool_row("X", "deposit", 100, currency="USD"), "92"),
        (pool_row("X", "export_receivable", 100, currency="USD"), "64.4"),
        (pool_row("X", "receivable", 100, face_fen=80 * WAN), "56"),
        (pool_row("X", "margin", 100), "100"),
    ],
)
def test_rate_and_haircut_of_a_class(row: dict[str, Any], wan: str) -> None:
    """Rates by issuer and confirmation, 8 % for another currency, never above face; before any cap."""
    assert pooled(row).enterprises["gross_fen"][0].as_py() == int(Decimal(wan) * WAN)


def test_an_issuer_counts_up_to_its_share_of_the_pool_before_caps() -> None:
    """Denominator before caps: 600 + 400 = 1000 of one kind, issuer cap 30 %: 300 and 300."""
    rows = [pool_row("A", "receivable", 600, issuer_id="I1"), pool_row("B", "receivable", 400, issuer_id="I2")]
    pool = pooled(*rows)
    assert pool.enterprises["gross_fen"][0].as_py() == 700 * WAN
    assert pool.assets["counted_fen"].to_pylist() == [210 * WAN, 210 * WAN]


def test_a_group_counts_up_to_its_own_share() -> None:
    """Two issuers of one group together at most 40 % of the pool before caps."""
    rows = [pool_row(f"A{i}", "receivable", 100, issuer_id=f"I{i}", group_id="G") for i in range(2)]
    rows += [pool_row("D", "deposit", 60)]
    pool = pooled(*rows)
    assert pool.enterprises["pool_fen"][0].as_py() == 60 * WAN + 80 * WAN


def test_intangibles_are_at_most_a_fifth_of_the_final_pool() -> None:
    """Cap of 20 %: 1,000 of data over a deposit of 100 count 25, a fifth of 125, without iteration."""
    valued = pa.table({"enterprise_id": ["E1"], "register_no": ["DA1"], "value_fen": [10_000 * WAN]})
    rows = [pool_row("D", "deposit", 100), pool_row("DA1", "data_asset", 10_000)]
    assert pool_fen(*rows, valuations=valued) == 125 * WAN
    assert pool_fen(rows[1], valuations=valued) == 0


def test_an_intangible_counts_at_the_lower_of_statement_and_valuation() -> None:
    """What the enterprise states for its patent never beats the valuation."""
    valued = pa.table({"enterprise_id": ["E1"], "register_no": ["ZL2020"], "value_fen": [40 * WAN]})
    rows = [pool_row("D", "deposit", 100), pool_row("CN2020", "ip_right", 400)]
    assert pool_fen(*rows, valuations=valued) == 110 * WAN


def test_an_asset_under_two_spellings_counts_once_at_the_lower_value() -> None:
    """Splitting an asset under two ids of the same register number does not help."""
    rows = [pool_row("AB-1", "deposit", 100), pool_row("ab 1", "deposit", 90)]
    pool = pooled(*rows)
    assert pool.enterprises["pool_fen"][0].as_py() == 90 * WAN
    assert pool.assets["signals"].to_pylist() == [["duplicate_register_no"]] * 2


def test_what_the_pool_holds_is_claimed_even_where_it_does_not_count() -> None:
    """An ineligible asset in the pool still cannot count beside it; a released or offered one can."""
    rows = [
        pool_row("A", "bank_bill", 100, endorsement_complete=False),
        pool_row("B", "bank_bill", 100, released_on=date(2024, 6, 1)),
        pool_row("C", "bank_bill", 100, entered_on=None),
    ]
    assert pooled(*rows).claimed.to_pylist() == [{"enterprise_id": "E1", "register_no": "A"}]


@pytest.mark.parametrize(
    ("exposure_wan", "level", "call_wan"),
    [(0, "no_exposure", 0), (95, "normal", 0), (96, "warn", 0), (100, "warn", 0), (101, "call", 1), (105, "call", 5),
     (106, "block", 6)],
)  # fmt: skip
def test_coverage_levels(exposure_wan: int, level: str, call_wan: int) -> None:
    """Warn below 105 %, call below 100 %, block below 95 %; the call restores 100 %."""
    pool = pooled(pool_row("D", "deposit", 100), facts=facts(pool_exposure_fen=exposure_wan * WAN)).enterprises
    assert pool["coverage_level"][0].as_py() == level
    assert pool["margin_call_fen"][0].as_py() == call_wan * WAN
    assert pool["available_fen"][0].as_py() == max(100 - exposure_wan, 0) * WAN


def test_reserves_come_off_the_pool() -> None:
    """Pool = counted less reserves."""
    known = facts(pool_reserves_fen=30 * WAN, pool_exposure_fen=20 * WAN)
    pool = pooled(pool_row("D", "deposit", 100), facts=known).enterprises
    assert (pool["pool_fen"][0].as_py(), pool["available_fen"][0].as_py()) == (70 * WAN, 50 * WAN)


def test_a_release_needs_a_replacement_that_has_entered() -> None:
    """Substitution keeps the pool above the exposure: an offered replacement does not count, an entered one does."""
    out = pa.table({"enterprise_id": ["E1"], "register_no": ["a"]})
    known = facts(pool_exposure_fen=90 * WAN)
    rows = [pool_row("A", "deposit", 100), pool_row("B", "deposit", 95, entered_on=None)]
    refused = check_substitution(pool_rows(*rows), out, pool_numbers(), as_of=AS_OF, facts=known).to_pylist()[0]
    assert (refused["allowed"], refused["lacking_fen"], refused["pool_before_fen"]) == (False, 90 * WAN, 100 * WAN)
    rows[1] |= {"entered_on": date(2024, 6, 30)}
    granted = check_substitution(pool_rows(*rows), out, pool_numbers(), as_of=AS_OF, facts=known).to_pylist()[0]
    assert (granted["allowed"], granted["pool_after_fen"]) == (True, 95 * WAN)


def test_a_collected_bill_becomes_margin_and_never_lowers_the_pool() -> None:
    """Bill at 98 % turns into margin cash at 100 %."""
    others = pool_row("D", "deposit", 1000)
    assert pool_fen(others, pool_row("B", "margin", 100)) > pool_fen(others, pool_row("B", "bank_bill", 100))


def test_levels_that_contradict_are_refused() -> None:
    """A block level above the call level cannot hold."""
    with pytest.raises(ParametersContradict, match="falling order"):
        replace(pool_numbers(), block_coverage=Decimal("1.01"))


def test_no_rows_give_an_empty_pool() -> None:
    """A connected feed without assets is no error."""
    assert pooled().enterprises.num_rows == 0
