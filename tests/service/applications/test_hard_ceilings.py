"""A raised amount keeps to every ceiling that no judgement may exceed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from models.policy.approval_rules import load_approval_rules
from service.applications.errors import OverrideRefused
from service.applications.overriding import Ceiling, OverrideAsked, require_below_ceilings
from tests.position_rows import policy_with
from tests.service.applications.conftest import CALM, Bank, bank_on, problem_of
from tests.service.conftest import AS_OF

UP = {"direction": "up", "reason": "newer_information"}


@pytest.fixture
def small(home: Path, tmp_path: Path, database_url: str) -> Iterator[Bank]:
    """A bank whose tier 1 allows 600,000 to one name."""
    policy_with(tmp_path, {"bank.net_capital": "50000000", "bank.tier_one": "4000000", **CALM}, AS_OF)
    made = bank_on(home, database_url, policy_dir=tmp_path / "overlay")
    yield made
    made.service.close()


def test_a_raised_amount_stays_below_the_single_name(small: Bank) -> None:
    """15 % of 4,000,000: the limit is 600,000, and a tenth more is refused with ceiling and value."""
    case = small.apply(amount="3000000")
    assert case["assessment"]["limit_yuan"] == "600000.00"
    problem = problem_of(small.override("risk", case, **UP, to_amount_yuan="660000"), 422, "override-refused")
    assert "single_name" in problem["detail"]
    assert problem["expected"].startswith("at most 600000.00")
    assert "assessed again" in problem["advice"]


@pytest.mark.parametrize("code", ["group", "single_name", "product_maximum", "net_assets", "early_warning", "new_rule"])
def test_what_is_not_left_to_judgement_binds(code: str) -> None:
    """Also a ceiling that the policy does not name; those that it names do not."""
    rules = load_approval_rules(date(2020, 3, 1))
    asked = OverrideAsked("amount", "up", "100.01", "data_error", "x", "0", date(2020, 6, 1))
    with pytest.raises(OverrideRefused, match=code):
        require_below_ceilings(asked, [Ceiling(code, 10_000)], rules)
    require_below_ceilings(asked, [Ceiling(code, 10_001)], rules)
    require_below_ceilings(asked, [Ceiling(one, 0) for one in rules.may_exceed], rules)
