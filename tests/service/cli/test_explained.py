"""The page of one decision: its numbers are the decision's, in either language, on a narrow screen."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from models.decision import DecisionRecord
from models.money import fen_from_yuan, yuan_for_reading
from service.assessing import Question
from service.bootstrap import Service
from service.cli.explained import Language, show_decision
from service.cli.explained.bars import bar, left_bar
from service.cli.explained.changes import show_explanation
from service.cli.words import several
from service.explaining import explanation_of, grounds_of
from tests.service.conftest import AS_OF


def page(decision: DecisionRecord, language: Language, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    show_decision(console, decision, language)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("enterprise", ["E5", "E11", "E12"])
def test_every_amount_of_the_decision_is_on_the_page(service: Service, enterprise: str, language: Language) -> None:
    """Waterfall, ceilings, reasons and contributions are all there, cut nowhere at 80 columns."""
    decision = service.assessor.decide(Question(enterprise, AS_OF))
    text = page(decision, language)
    assert "…" not in text
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    for amount in [*(step.running_yuan for step in decision.waterfall), *(cap.value_yuan for cap in decision.caps)]:
        if amount is not None:
            assert yuan_for_reading(fen_from_yuan(amount)) in text
    if decision.pd is not None:
        assert f"{decision.pd:.2%} [{decision.pd_low:.2%}, {decision.pd_high:.2%}]" in text
    for reason in decision.reasons:
        assert reason.code in text
    for digest in (decision.decision_id, decision.bundle.digest, decision.policy.digest, decision.input_sha256):
        assert digest[:16] in text
    assert f"{decision.points:.1f}" in text
    assert (language is Language.ZH) == ("额度瀑布" in text)


def test_simulated_data_is_said_first(service: Service) -> None:
    """The caution stands before any figure."""
    text = page(service.assessor.decide(Question("E5", AS_OF)), Language.EN)
    assert text.index("simulated") < text.index("E5")


def test_a_referred_case_names_the_document(service: Service) -> None:
    """What would settle the case is on the page."""
    decision = service.assessor.decide(Question("E11", AS_OF))
    assert decision.missing_documents
    assert "Documents that would settle it" in page(decision, Language.EN)


@pytest.mark.parametrize("enterprise", ["E5", "E11"])
@pytest.mark.parametrize(("language", "legend"), [(Language.EN, "? pending"), (Language.ZH, "? 待补")])
def test_the_mark_of_a_pending_document_is_explained(
    service: Service, enterprise: str, language: Language, legend: str
) -> None:
    """Under the table of documents stands what `?` means, where one of them has it."""
    found = explanation_of(grounds_of(service.assessor, service.assessor.decide(Question(enterprise, AS_OF)), None))
    console = Console(file=io.StringIO(), width=80, highlight=False)
    show_explanation(console, found, language)
    assert isinstance(console.file, io.StringIO)
    assert (legend in console.file.getvalue()) == any(item.pending for item in found.information)
    assert found.information


@pytest.mark.parametrize(("count", "words"), [(0, "0 rows"), (1, "1 row"), (2_000, "2,000 rows")])
def test_a_count_agrees_with_its_noun(count: int, words: str) -> None:
    """One row, two rows."""
    assert several(count, "row") == words


@given(st.floats(0, 1), st.integers(1, 60))
def test_bars_stay_inside_their_width(share: float, width: int) -> None:
    """No bar is wider than its cell, and none that stands for something is empty."""
    for drawn in (bar(share, width), left_bar(share, width)):
        assert cell_len(drawn) <= width
        assert bool(drawn.strip()) == (share > 0)


def test_ceilings_that_do_not_apply_are_one_line_and_no_gate_is_silent(service: Service) -> None:
    """The table holds what has a value or is awaited; a gate without a value says so beside its mark."""
    decision = service.assessor.decide(Question("E5", AS_OF))
    absent = [cap.code for cap in decision.caps if cap.status == "not_applicable"]
    assert len(absent) > 1
    part = page(decision, Language.EN, width=200).split("Ceilings, in no order")[1]
    table, gates_and_rest = part.split("\n\nGates")
    (line,) = [line for line in table.splitlines() if "not applicable" in line]
    assert line.count(",") == len(absent) - 1
    for gate in gates_and_rest.split("\n\n")[0].strip().splitlines():
        assert re.search(r"\S\s{2,}\S.*$", gate.strip()[1:].strip()), gate
