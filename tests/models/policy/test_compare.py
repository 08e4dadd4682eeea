"""What differs between two days of policy, and between the defaults and a bank's own folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from models.policy import differences, load_policy
from tests.position_rows import policy_with

DAY = date(2024, 6, 30)


def test_a_day_on_either_side_of_a_change_differs_in_that_value_alone() -> None:
    """The inclusive-finance line moved on 2019-01-01: the day before has 5,000,000, the day itself 10,000,000."""
    found = differences(load_policy(date(2018, 12, 31)), load_policy(date(2019, 1, 1)))
    assert [(item.name, item.before, item.after) for item in found] == [
        ("ceiling.inclusive_line", "5000000", "10000000")
    ]
    assert found[0].since == date(2019, 1, 1)
    assert "2019-01-02" in (found[0].reference or "")


def test_a_value_that_is_not_in_force_yet_has_nothing_before() -> None:
    """Before 2018 no line was drawn; tables differ key by key."""
    found = differences(load_policy(date(2017, 12, 31)), load_policy(date(2018, 1, 1)))
    assert [(item.name, item.before, item.after) for item in found] == [("ceiling.inclusive_line", None, "5000000")]


def test_a_bank_s_folder_differs_in_what_it_replaces(tmp_path: Path) -> None:
    """An overlay of one value is one difference, and the same policy differs in nothing."""
    own = policy_with(tmp_path, {"receivables.advance_rate": "0.70"}, DAY)
    found = differences(load_policy(DAY), own)
    assert [(item.name, item.key, item.before, item.after) for item in found] == [
        ("receivables.advance_rate", "", "0.8", "0.7")
    ]
    assert differences(own, own) == ()
    assert own.overlays[0].replaces == ("receivables.advance_rate",)


def test_what_a_product_lends_on_is_part_of_its_digest_and_its_differences(tmp_path: Path) -> None:
    """A bank that takes the pool out of a product changes the digest, and the difference says which term."""
    source = Path("models/policy/products/technology_credit.yaml").read_text(encoding="utf-8")
    folder = tmp_path / "bank" / "products"
    folder.mkdir(parents=True)
    text = source.replace("    ceilings:", "    sources: [receivables, invoice_turnover]\n    ceilings:")
    (folder / "technology_credit.yaml").write_text(text, encoding="utf-8")
    own = load_policy(DAY, [tmp_path / "bank"])
    found = differences(load_policy(DAY), own)
    assert [(item.name, item.key, item.after) for item in found] == [
        ("product technology_credit", "sources", "receivables invoice_turnover")
    ]
    assert own.digest != load_policy(DAY).digest
