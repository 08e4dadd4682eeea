"""What this bank has lent already is off once: from each cap in its own measure, and not again after."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.limits import Status, compute_limits
from models.policy import Policy
from tests.limit_cases import cases
from tests.limit_firms import cases_of, random_firms
from tests.limit_oracle import WAN
from tests.position_rows import policy_with

OF_THIS_BANK = {
    "sources_total", "grade_maximum", "product_maximum", "inclusive_line", "single_name", "group", "net_assets",
    "model_uncertainty", "early_warning",
}  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), more=st.integers(1, 400))
def test_each_cap_of_this_bank_falls_by_what_is_owed_and_no_other_does(seed: int, more: int) -> None:
    """The same firms, owing this bank so much more while the debt to all lenders stays: every cap moves once or not."""
    before = random_firms(40, seed)
    after = deepcopy(before)
    for firm in after:
        firm["loans"]["own"] += more * WAN
    old, new = compute_limits(cases_of(before)), compute_limits(cases_of(after))
    for one, other in zip(old.caps, new.caps, strict=True):
        both = (one.status == Status.APPLIED) & (other.status == Status.APPLIED)
        fallen = np.maximum(one.value - more * WAN, 0) if one.code in OF_THIS_BANK else one.value
        assert np.array_equal(other.value[both], fallen[both]), one.code
    lowest = np.where(new.stopped, 0, new.lowest_cap)
    assert np.array_equal(new.steps[-3].running, lowest)  # and nothing more is off after the lowest cap
    assert (new.limit_fen <= old.limit_fen).all()


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """The shipped policy of a bank that states its capital."""
    folder: Path = tmp_path_factory.mktemp("bank")
    return policy_with(folder, {"bank.net_capital": "60000000", "bank.tier_one": "30000000"})


@pytest.mark.parametrize("code", ["single_name", "group", "model_uncertainty", "grade_maximum"])
def test_a_firm_may_owe_exactly_the_cap(policy: Policy, code: str) -> None:
    """Whatever is owed already, what is owed and what may be lent more come to the same sum."""
    facts = {
        "group_member": 1.0,
        "group_exposure_fen": 0.0,
        "model_training_defaults": 20.0,
        "statement_equity_fen": 1e9,
    }
    facts |= {"pd": 0.0001, "sales_12m_fen": 1e9}
    owed = [0, 30 * WAN, 77 * WAN]
    rows = [{**facts, "product": "technology_credit", "debt_own_exposure_fen": float(fen)} for fen in owed]
    limits = compute_limits(cases(*rows, policy=policy))
    cap = next(one for one in limits.ceilings if one.code == code)
    assert len(set((cap.value + np.array(owed)).tolist())) == 1
