"""Under a yellow early warning nothing is added to a line that this bank approved, drawn or not. DOMAIN 2.2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.position_rows import policy_with
from tests.service.applications.conftest import Bank, bank_on, problem_of
from tests.service.applications.test_lines import active, approved, decision
from tests.service.conftest import AS_OF


@pytest.fixture
def warned(home: Path, database_url: str, tmp_path: Path) -> Iterator[Bank]:
    """The bank under the shipped warnings: E5 buys from whom it sells to, which is yellow."""
    policy_with(tmp_path, {"bank.net_capital": "0"}, AS_OF)  # as shipped
    made = bank_on(home, database_url, policy_dir=tmp_path / "overlay")
    yield made
    made.service.close()


@pytest.mark.parametrize("stand", [approved, active], ids=["approved", "active"])
def test_yellow_adds_nothing_to_a_line(warned: Bank, stand: object) -> None:
    """A first line is not held; after it the next application gets nothing, and a renewal no more than the line."""
    line = warned.apply()
    assert line["assessment"]["limit_yuan"] == "500000.00"
    line = stand(warned, line)  # type: ignore[operator]
    more = warned.apply(amount="300000")
    assert (more["assessment"]["limit_yuan"], more["proposed_yuan"]) == ("0.00", "0.00")
    (cap,) = (one for one in decision(warned, more)["caps"] if one["code"] == "early_warning")
    assert (cap["value_yuan"], cap["status"]) == ("0.00", "applied")
    case = warned.moved("officer", more, "submit")
    problem_of(warned.step("second", case, "approve"), 422, "amount-not-approvable")
    warned.moved("second", case, "return", reason="renew instead")
    renewal = warned.apply(amount="900000", replaces=line["id"])
    assert renewal["assessment"]["limit_yuan"] == "500000.00"
    up = warned.override("risk", renewal, direction="up", reason="newer_information", to_amount_yuan="550000")
    problem_of(up, 422, "override-refused")
