"""The worked example of docs/valuation.md is what the engine says."""

from __future__ import annotations

from pathlib import Path

from models.money import wan_text
from models.valuation.ip import value_ip
from models.valuation.words import GAMING, SIGNALS
from tests.valuation_rows import AS_OF, WAN, facts, ip_numbers, right, rights

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "valuation.md").read_text(encoding="utf-8")


def test_the_worked_example_is_what_the_engine_says() -> None:
    """Score, cost, income, value and lending as printed."""
    row = right(attributable_revenue_12m_fen=400 * WAN)
    found = value_ip(rights(row), ip_numbers(), as_of=AS_OF, facts=facts(3000)).assets.to_pylist()[0]
    assert f"| {found['score_central']:.4f} |" in PAGE
    for name in ("cost", "income", "value", "lending"):
        printed = next(line for line in PAGE.splitlines() if line.startswith(f"| {name} |"))
        assert printed.endswith(f"| {wan_text(found[f'{name}_central_fen'], 4)} 万元 |")


def test_every_signal_is_named_on_the_page() -> None:
    """A signal that cuts or refers is documented under its name."""
    assert [name for name in GAMING if f"`{name}`" not in PAGE] == []
    assert all(SIGNALS.word(name).zh for name in GAMING)
