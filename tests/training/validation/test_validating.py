"""A whole report: every planted fault turns its own gate, and nothing else decides the opinion."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.bundle import Calibration
from models.policy import load_policy
from tests.factories import bundle as other_bundle
from tests.validation_evidence import AS_OF, QUARTERS, evidence, fitted, sample
from training.validation import (
    Challenger,
    Evidence,
    EvidenceDoesNotFit,
    ReportNotReadable,
    Split,
    ValidationReport,
    parse_report,
    validate,
)
from training.validation.measured import Measured
from training.validation.report import SEVERITIES
from training.validation.validating import STEPS

GOLDEN = Path(__file__).parents[2] / "golden" / "validation_report_v1.json"


@cache
def clean() -> Evidence:
    """Evidence with nothing wrong but that it is simulated."""
    return evidence()


@cache
def clean_report() -> ValidationReport:
    """Its report."""
    return validate(clean())


def truth(kind: Evidence) -> np.ndarray:
    """What the bundle says of the test rows."""
    return Measured(kind).bundle_test


def test_report_holds_the_seventeen_parts_in_order() -> None:
    """Numbers 1 to 17, each with a heading in both languages, and a gate or a statement about each judged part."""
    report = clean_report()
    assert [section.number for section in report.sections] == list(range(1, 18))
    assert all(section.words.zh and section.words.en for section in report.sections)
    assert report.subject.bundle_digest == clean().bundle.digest


def test_a_good_model_on_simulated_rows_is_approved_on_conditions_only() -> None:
    """Every blocking gate is passed; simulated data alone keep the opinion from being free."""
    report = clean_report()
    assert report.passed
    assert report.opinion.verdict == "conditional"
    assert report.findings[0].code == "simulated_data"
    assert "SIMULATED" in report.section(3).statements[0].words.en


def test_same_evidence_gives_the_same_bytes() -> None:
    """Made anew, the report is the same to the byte; its steps are counted."""
    steps: list[None] = []
    again = validate(evidence(), lambda: steps.append(None))
    assert again.to_json() == clean_report().to_json()
    assert len(steps) == STEPS


def test_report_read_back_is_the_report() -> None:
    """Canonical JSON there and back, to the byte."""
    content = clean_report().to_json()
    assert parse_report(content).to_json() == content


def test_the_lines_of_the_psi_say_that_chance_is_green() -> None:
    """Else a green 0.118 stands beside "green ≤ 0.1", and the report seems to contradict itself."""
    for code in ("psi_score", "psi_features"):
        line = clean_report().gate(code).line
        assert "no more than chance" in line.en
        assert "偶然波动" in line.zh


def test_a_kept_report_of_version_1_is_still_read() -> None:
    """The golden file was written by the first release of the report."""
    content = GOLDEN.read_bytes()
    assert parse_report(content).to_json() == content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b'{"schema_version":2}', "schema version.*Expected: 1", id="later version"),
        pytest.param(b'{"schema_version":1}', "cannot be read", id="half a report"),
        pytest.param(b"{", "cannot be read", id="no JSON"),
    ],
)
def test_what_is_no_report_is_refused(content: bytes, message: str) -> None:
    """A reader never guesses."""
    with pytest.raises(ReportNotReadable, match=message):
        parse_report(content)


def leaking() -> Evidence:
    audit = ({"check": "label_copy", "passed": False, "zh": "副本", "en": "copy", "found": "flag"},)
    return replace(clean(), audit=audit)


def guessing() -> Evidence:
    return replace(clean(), test_log_odds=np.random.default_rng(1).permutation(truth(clean())))


def exaggerating() -> Evidence:
    scores = truth(clean())
    return replace(clean(), test_log_odds=scores.mean() + 2.2 * (scores - scores.mean()))


def underpredicting() -> Evidence:
    return replace(clean(), test_log_odds=truth(clean()) - 1.0)


def drifting() -> Evidence:
    return replace(clean(), test=sample(900, QUARTERS[3:], seed=4, drift=1.4))


def forgetting() -> Evidence:
    rows = clean().test
    matrix = rows.matrix.copy()
    matrix[::5, :4] = np.nan
    return replace(clean(), test=replace(rows, matrix=matrix))


def turning() -> Evidence:
    """Trees that were not held to the directions they claim."""
    rows = clean().development
    return replace(clean(), bundle=replace(fitted(rows), directions=(1, 1, 1, 0, 1, 1)))


@pytest.mark.parametrize(
    ("planted", "gate", "blocking"),
    [
        pytest.param(leaking, "leakage", True, id="a leak"),
        pytest.param(guessing, "gini", True, id="scores of others"),
        pytest.param(guessing, "ks", True, id="no distance"),
        pytest.param(exaggerating, "calibration_slope", True, id="too sure of itself"),
        pytest.param(underpredicting, "calibration_ratio", True, id="too kind"),
        pytest.param(underpredicting, "grades_underpredicted", True, id="too kind by grade"),
        pytest.param(drifting, "psi_score", True, id="another population"),
        pytest.param(forgetting, "feed_missing", False, id="a feed went missing"),
        pytest.param(turning, "monotone", True, id="against its directions"),
    ],
)
def test_a_planted_fault_turns_its_gate_red_and_a_blocking_one_rejects(planted: Any, gate: str, blocking: bool) -> None:
    """The gate is red, the finding about it is ranked by it, and the opinion follows."""
    report = validate(planted())
    assert report.gate(gate).light == "red"
    assert report.gate(gate).blocking is blocking
    assert clean_report().gate(gate).light != "red"
    assert (report.opinion.verdict == "reject") is not report.passed
    if blocking:
        assert not report.passed
        assert any(found.code == f"gate:{gate}" and found.severity == "critical" for found in report.findings)


def test_what_the_audit_only_notes_does_not_reject() -> None:
    """Ids in an order that could tell, where no feature follows them: amber, a finding, and no bar."""
    noted = {"check": "id_order", "passed": False, "zh": "编号", "en": "ids", "found": "AUC 0.2", "blocking": False}
    report = validate(replace(clean(), audit=(*clean().audit, noted)))
    assert report.gate("leakage").light == "amber"
    assert report.passed
    assert any(found.code == "gate:leakage" for found in report.findings)


def test_another_stored_bundle_is_noticed(tmp_path: Path) -> None:
    """The folder holds a bundle that is not the one validated."""
    stored = other_bundle().write(tmp_path / "bundle")
    assert validate(replace(clean(), directory=stored)).gate("parity").light == "red"


def test_findings_are_ranked_and_each_has_owner_date_and_control() -> None:
    """The worst first; a later rank is never graver."""
    findings = validate(underpredicting()).findings
    assert [found.rank for found in findings] == list(range(1, len(findings) + 1))
    graveness = [SEVERITIES.index(found.severity) for found in findings]
    assert graveness == sorted(graveness)
    assert all(found.owner.zh and found.due.en and found.control.zh for found in findings)


def test_a_challenger_that_is_better_is_said_to_be() -> None:
    """The truth itself as challenger: paired difference, statement and finding."""
    from tests.validation_evidence import true_log_odds  # noqa: PLC0415

    better = Challenger("truth", "真值", "the truth", true_log_odds(np.nan_to_num(clean().test.matrix, nan=0.3)))
    worse = Challenger("coin", "硬币", "a coin", np.random.default_rng(0).standard_normal(len(clean().test)))
    weak = replace(clean(), test_log_odds=0.2 * truth(clean()) + np.random.default_rng(3).standard_normal(1800))
    report = validate(replace(weak, challengers=(better, worse)))
    rows = report.section(6).table("comparison").records()
    assert [row["model"].en for row in rows] == ["This model", "the truth", "a coin"]  # type: ignore[union-attr]
    assert rows[1]["difference"].high < 0 < rows[2]["difference"].low  # type: ignore[union-attr]
    assert [found.code for found in report.findings if found.section == 6].count("challenger_better") == 1


def test_a_segment_with_few_defaults_is_named_but_not_judged() -> None:
    """Too few of either outcome: a row without a figure and a grey light."""
    rows = clean().test
    tiny = np.where(np.arange(len(rows)) < 40, "tiny", "rest")
    report = validate(replace(clean(), test=replace(rows, segments={"region": tiny})))
    found = {row["value"]: row for row in report.section(7).table("segments").records()}
    assert (found["tiny"]["gini"], found["tiny"]["light"]) == (None, "grey")
    assert found["rest"]["light"] == "green"


def test_without_time_nothing_is_said_about_time() -> None:
    """Rows of no day: no backtest, and the finding that there is no test out of time."""
    development, test = (replace(rows, day=None) for rows in (clean().development, clean().test))
    report = validate(replace(clean(), development=development, test=test, split=Split(out_of_entity=True)))
    assert report.section(15).light == "grey"
    assert report.section(15).tables == ()
    assert any(found.code == "not_out_of_time" for found in report.findings)


def test_in_sample_development_figures_never_block() -> None:
    """The drop of Gini blocks only where development was scored unseen too."""
    assert not clean_report().gate("gini_drop").blocking
    scores = Measured(clean()).bundle_development
    assert validate(replace(clean(), development_log_odds=scores)).gate("gini_drop").blocking


def test_a_red_drop_that_counts_as_amber_says_why() -> None:
    """The line says red, the light is amber: the gate says in both languages that development flatters itself."""
    noise = np.random.default_rng(3).standard_normal(1800)
    report = validate(replace(clean(), test_log_odds=0.2 * truth(clean()) + noise))
    gate = report.gate("gini_drop")
    assert gate.value is not None
    assert (gate.value > 0.1, gate.light, gate.passed) == (True, "amber", True)
    assert "in-sample, which flatters it, so red counts as amber" in gate.line.en
    assert "红降为黄" in gate.line.zh
    unseen = validate(replace(clean(), development_log_odds=Measured(clean()).bundle_development))
    assert "in-sample" not in unseen.gate("gini_drop").line.en


def test_calibration_is_tested_before_the_move_to_a_central_tendency() -> None:
    """A bundle moved to a long-run rate is tested on the sample in the sample's own terms, and the move is said."""
    moved = replace(clean().bundle, calibration=Calibration(-1.5, 1.0, prior_shift=-1.5))
    report = validate(replace(clean(), bundle=moved))
    assert report.gate("calibration_ratio").light == "green"
    assert any("central tendency" in said.words.en for said in report.section(8).statements)


def test_lines_of_validation_are_policy() -> None:
    """Each line is a dated, sourced value; none of them is part of the digest that decisions name."""
    policy = load_policy(AS_OF)
    lines = [name for name in policy.parameters if name.startswith("validation.")]
    assert len(lines) >= 20
    moved = replace(policy, parameters={k: v for k, v in policy.parameters.items() if k != lines[0]})
    assert moved.digest == policy.digest
    assert moved.validation_digest != policy.validation_digest


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"test_log_odds": np.zeros(3)}, "not one for each row.*1800 numbers", id="scores"),
        pytest.param({"challengers": (Challenger("c", "", "", np.full(1800, np.nan)),)}, "1800 of them", id="gaps"),
    ],
)
def test_evidence_that_does_not_fit_is_refused(changed: dict[str, Any], message: str) -> None:
    """Scores of other rows would give figures about nothing."""
    with pytest.raises(EvidenceDoesNotFit, match=message):
        replace(clean(), **changed)


def test_rows_of_one_outcome_are_refused() -> None:
    """Nothing can be measured where nobody defaults."""
    rows = clean().test
    with pytest.raises(EvidenceDoesNotFit, match="one outcome only"):
        replace(clean(), test=rows.rows(rows.outcome == 0))
