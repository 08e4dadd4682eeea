"""`assetlight policy diff` and `check`, and a bank's own folder over the defaults."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from models.limits import compute_limits
from models.policy import load_policy
from tests.limit_cases import cases
from tests.position_rows import policy_with

Run: TypeAlias = Callable[..., tuple[int, str, str]]
DAY = "2024-06-30"


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A bank's folder that advances 70 % on receivables."""
    policy_with(tmp_path, {"receivables.advance_rate": "0.70"})
    return tmp_path / "overlay"


def facts(run: Run, *words: Any) -> dict[str, Any]:
    code, out, err = run(*words, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def test_diff_of_two_days_names_value_day_and_reference(run: Run, home: Path) -> None:
    """From 2018 to 2019 the inclusive-finance line moves, and nothing else."""
    found = facts(run, "policy", "diff", "--on", "2019-06-30", "--against", "2018-06-30", "--home", home)
    assert [(item["name"], item["before"], item["after"], item["since"]) for item in found["differences"]] == [
        ("ceiling.inclusive_line", "5000000", "10000000", "2019-01-01")
    ]
    code, out, _ = run("policy", "diff", "--on", "2019-06-30", "--against", "2018-06-30", "--home", home)
    assert code == 0
    assert "1 difference\n" in out
    assert "5000000" in out
    assert "People's Bank of China" in out


def test_a_bank_s_folder_is_laid_over_the_defaults(run: Run, home: Path, bank: Path) -> None:
    """`--policy` shows in diff, check and show; the digest is another."""
    found = facts(run, "policy", "diff", "--on", DAY, "--policy", bank, "--home", home)
    assert [(item["name"], item["after"]) for item in found["differences"]] == [("receivables.advance_rate", "0.7")]
    checked = facts(run, "policy", "check", "--on", DAY, "--policy", bank, "--home", home)
    assert checked["overlays"] == [{"name": "overlay", "replaces": ["receivables.advance_rate"]}]
    shown = facts(run, "policy", "show", "--on", DAY, "--policy", bank, "--home", home)
    assert shown["values"]["receivables.advance_rate"]["value"] == "0.7"
    assert shown["digest"] == checked["digest"] == found["digest_after"] != found["digest_before"]


def test_check_warns_of_values_past_their_review_date(run: Run, home: Path) -> None:
    """In 2028 every shipped value is overdue; the check says which and whose, and still succeeds."""
    found = facts(run, "policy", "check", "--on", "2028-01-01", "--home", home)
    assert {"name": "receivables.advance_rate", "owner": "credit policy", "review_by": "2027-06-30"} in found[
        "overdue_reviews"
    ]
    assert facts(run, "policy", "check", "--on", DAY, "--home", home)["overdue_reviews"] == []


def test_check_of_a_wrong_file_exits_with_1_and_names_file_and_key(run: Run, home: Path, bank: Path) -> None:
    """A value outside its declared range stops the check."""
    file = bank / "parameters" / "receivables" / "advance_rate.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("0.70", "1.70"), encoding="utf-8")
    code, _, err = run("policy", "check", "--on", DAY, "--policy", bank, "--home", home)
    assert code == 1
    assert "advance_rate.yaml" in err
    assert "outside its declared range" in err


EXAMPLE = Path("docs/examples/bank-policy")


@pytest.mark.parametrize("words", [("policy", "check"), ("policy", "show"), ("status",)])
def test_a_bank_sees_that_its_capital_is_not_stated(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Check, show and status name both values, their owner and what they turn off, until an overlay states them."""

    def said() -> tuple[dict[str, Any], str]:
        found = facts(run, *words, "--home", home)
        _, out, _ = run(*words, "--home", home)
        return found.get("policy", found), out

    found, out = said()
    assert [item["name"] for item in found["not_stated"]] == ["bank.net_capital", "bank.tier_one"]
    assert found["not_stated"][0]["owner"] == "finance"
    assert "not stated" in " ".join(out.split())
    assert "单一客户集中度" in out
    monkeypatch.setenv("ASSETLIGHT_POLICY_DIR", str(EXAMPLE))
    found, out = said()
    assert found["not_stated"] == []
    assert "not stated" not in " ".join(out.split()).replace("0 = not stated", "")


def test_the_worked_overlay_turns_the_ceilings_on() -> None:
    """docs/policy.md: 4,500,000 is the single name of the example bank, and 6,000,000 what a group may owe."""
    policy = load_policy(date(2024, 6, 30), [EXAMPLE])
    row = {"pd": 0.0001, "sales_12m_fen": 2_000_000_000.0}
    limits = compute_limits(cases(row, {**row, "group_member": 1.0, "group_exposure_fen": 2e8}, policy=policy))
    value = {cap.code: cap.value.tolist() for cap in limits.ceilings}
    assert value["single_name"] == [450_000_000, 450_000_000]
    assert value["group"][1] == 400_000_000
    assert limits.limit_fen.tolist() == [450_000_000, 400_000_000]
    text = Path("docs/policy.md").read_text(encoding="utf-8")
    assert all(figure in text for figure in ("60,000,000", "30,000,000", "4,500,000", "6,000,000"))
