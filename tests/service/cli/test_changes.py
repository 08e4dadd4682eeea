"""What the command line says about attribution, levers, documents and valuations, on a narrow screen."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from rich.cells import cell_len
from rich.console import Console

from models.bundle import SIMULATED_CAUTION
from models.decision import ExplanationRecord
from models.lake import Lake
from models.money import fen_from_yuan, yuan_for_reading
from models.records import KINDS
from models.tables import accept_rows
from service.api.examples import EXPLANATION_EXAMPLE, VALUATION_EXAMPLES
from service.assessing import Question
from service.bootstrap import Service
from service.cli.explained import Language, show_explanation
from service.explaining import explanation_of, grounds_of
from tests.service.api.test_explanations import RECEIVABLES
from tests.service.conftest import AS_OF, TODAY, Run

DAY = AS_OF.isoformat()


def page(explanation: ExplanationRecord, language: Language) -> str:
    console = Console(file=io.StringIO(), width=80, highlight=False)
    show_explanation(console, explanation, language)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def store(home: Path, kind: str, rows: list[dict[str, object]], enterprise: str, origin: str = "bank") -> None:
    """Rows of a kind into the lake of a test."""
    lake = Lake(home)
    with lake.writing() as writing:
        made = [{"enterprise_id": enterprise, **row} for row in rows]
        accepted = accept_rows(made, KINDS[kind], received_on=TODAY, origin=origin)
        assert accepted.quarantined.num_rows == 0, accepted.quarantined.to_pylist()
        writing.append(KINDS[kind], accepted.rows)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("enterprise", ["E2", "E5", "E11", "E12"])
def test_every_figure_is_on_the_page(service: Service, home: Path, enterprise: str, language: Language) -> None:
    """Shares, levers and documents are all there with their amounts, cut nowhere at 80 columns."""
    rows: list[dict[str, object]] = [dict(row) for row in RECEIVABLES]
    store(home, "receivable", rows, enterprise)
    assessor = service.assessor
    request = assessor.application(AS_OF, product="technology_credit", amount_yuan=None)
    found = explanation_of(grounds_of(assessor, assessor.decide(Question(enterprise, AS_OF, request)), None))
    text = page(found, language)
    assert "…" not in text
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    amounts = [found.attribution.reference_limit_yuan, found.limit_yuan]
    amounts += [share.yuan for share in found.attribution.shares if fen_from_yuan(share.yuan)]
    amounts += [lever.gain_yuan for lever in found.levers[:6]]
    for amount in amounts:
        assert yuan_for_reading(fen_from_yuan(amount)) in text
    for item in found.information:
        words = item.zh if language is Language.ZH else item.en
        assert "".join(words.split())[:12] in "".join(text.split())


def test_the_worked_example_reads_in_both_languages() -> None:
    """The documentation's example is a page, and it says that a lever is no promise."""
    example = ExplanationRecord.model_validate(EXPLANATION_EXAMPLE)
    assert "非承诺" in page(example, Language.ZH)
    assert "no promise" in page(example, Language.EN)


def test_explain_prints_the_decision_and_what_would_change_it(run: Run, home: Path) -> None:
    """One command, all four explanations; as JSON the parts made on demand stand beside the decision."""
    args = ("explain", "E5", "--as-of", DAY, "--amount", "300000", "--home", home)
    code, out, _ = run(*args, "--lang", "en")
    assert code == 0
    assert "Who paid for the limit" in out
    assert "What would raise it" in out
    _, out, _ = run(*args, "--json")
    assert set(json.loads(out)["explanation"]) == {"attribution", "levers", "information", "debtors_at_hand"}


@pytest.mark.parametrize("language", list(Language))
def test_value_prints_what_the_api_answers(run: Run, home: Path, client: TestClient, language: Language) -> None:
    """Range, methods, evidence and what speaks against it, in 80 columns; --json equals POST /v1/valuations."""
    rights = VALUATION_EXAMPLES["inline"]["value"]["records"]["ip_right"]
    store(home, "ip_right", rights, "E5")
    code, out, _ = run("value", "E5", "--as-of", DAY, "--lang", language.value, "--home", home)
    assert code == 0
    assert max(cell_len(line) for line in out.splitlines()) <= 80
    assert "ZL201610123456.7".replace("ZL", "").replace(".", "") in out
    assert ("未接入" if language is Language.ZH else "not connected") in out
    _, out, _ = run("value", "E5", "--as-of", DAY, "--home", home, "--json")
    answer = client.post("/v1/valuations", json={"enterprise_id": "E5", "as_of": DAY})
    assert answer.status_code == 200
    assert json.loads(out) == answer.json()


@pytest.mark.parametrize("language", list(Language))
def test_value_of_simulated_records_says_so_above_every_figure(run: Run, tmp_path: Path, language: Language) -> None:
    """The caution stands before the first amount."""
    rights = VALUATION_EXAMPLES["inline"]["value"]["records"]["ip_right"]
    store(tmp_path, "ip_right", rights, "E5", "simulated")
    code, out, _ = run("value", "E5", "--as-of", DAY, "--lang", language.value, "--home", tmp_path)
    assert code == 0
    assert out.index(SIMULATED_CAUTION[language.value]) < out.index("E5")


def test_value_of_an_unknown_enterprise_is_told(run: Run, home: Path, tmp_path: Path) -> None:
    """Exit code 1 for an id nobody stored, 3 where nothing is stored."""
    code, out, _ = run("value", "E99", "--as-of", DAY, "--home", home, "--json")
    assert (code, json.loads(out)["error"]) == (1, "EnterpriseUnknown")
    assert run("value", "E5", "--as-of", DAY, "--home", tmp_path / "empty", "--json")[0] == 3
