"""The approval rules: dated, sourced, strict, and sensible whatever the day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models.grades import GRADES
from models.policy import PolicyFileInvalid, load_policy
from models.policy.approval_rules import ApprovalRulesNotInForce, load_approval_rules
from models.policy.load import APPROVAL, DEFAULTS

SHIPPED = (DEFAULTS / APPROVAL / "default.yaml").read_text(encoding="utf-8")
DAY = date(2026, 3, 31)


def own(folder: Path, text: str) -> Path:
    """A bank's own folder with these rules."""
    (folder / APPROVAL).mkdir(parents=True)
    (folder / APPROVAL / "default.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_rules() -> None:
    """Three levels that rise, two approvers above three million, overrides within bounds."""
    rules = load_approval_rules(DAY)
    assert [level.code for level in rules.levels] == ["branch", "department", "head_office"]
    assert rules.approvers_needed(300_000_000) == 1
    assert rules.approvers_needed(300_000_001) == 2
    assert rules.level(None) == rules.levels[0]
    assert rules.level("emperor") is None
    assert len(rules.sha256) == 64
    for grade in GRADES:
        highest = [level.up_to_fen[grade] for level in rules.levels]
        assert highest == sorted(highest)
    assert all(level.up_to_fen["D"] == 0 for level in rules.levels)


def test_the_rules_change_on_their_day_and_no_computed_amount(tmp_path: Path) -> None:
    """The day before and the day of a change; the digest of the policy stays."""
    later = SHIPPED.split("  - from: 2015-01-01", 1)[1].replace("above: 3000000", "above: 1000000")
    folder = own(tmp_path / "own", f"{SHIPPED}  - from: 2026-04-01{later}")
    before, after = (load_approval_rules(day, folder) for day in (DAY, date(2026, 4, 1)))
    assert (before.second_approver_above_fen, after.second_approver_above_fen) == (300_000_000, 100_000_000)
    assert before.sha256 != after.sha256
    assert before.sha256 == load_approval_rules(DAY).sha256
    assert load_policy(DAY, [folder]).digest == load_policy(DAY).digest


def test_before_the_first_day_there_are_none() -> None:
    """And that is said."""
    with pytest.raises(ApprovalRulesNotInForce, match="2015-01-01"):
        load_approval_rules(date(2014, 12, 31))


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("grade_steps_up: 2", "grade_steps_up: two", "grade_steps_up"),
        ("amount_up_share: 0.20", "amount_up_share: 20", "above one"),
        ("amount_up_share: 0.20", "amount_up_share: -0.1", "amount_up_share"),
        ("longest_days: 180", "longest_days: 180\n      longer: 1", "unknown key"),
        ("second_approver_above: 3000000", "", "missing key"),
        ("directions: [up, down]", "directions: [sideways]", "directions"),
        ("directions: [up, down]", "directions: []", "no direction"),
        ("G1: 2000000, G2: 2000000", "G1: 2000000, G2: 2000001", "worse grade"),
        ("G1: 10000000", "G1: 1", "worse grade|approves less"),
        ("G12: 0, D: 0}\n      department", "G12: 0}\n      department", "missing key"),
    ],
)
def test_rules_that_make_no_sense_are_refused(tmp_path: Path, old: str, new: str, match: str) -> None:
    """With file and key."""
    assert old in SHIPPED
    with pytest.raises(PolicyFileInvalid, match=match):
        load_approval_rules(DAY, own(tmp_path, SHIPPED.replace(old, new, 1)))
