"""The cases in tests/policy_cases, written for a credit officer: facts, arithmetic in comments, what must come out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from models.explanation import select_reasons, waterfall
from models.explanation.catalogue import DOCUMENTS
from models.grades import grade_name
from models.limits import Outcome, Status, compute_limits
from models.money import fen_from_yuan
from tests.limit_cases import cases, default_policy, probability

FOLDER = Path(__file__).resolve().parents[2] / "policy_cases"
FILES = sorted(FOLDER.glob("*.yaml"))
_GIVEN = {"title", "policy_on", "pd", "net_sales_12m", "requested", "expect"}
_FACTS = {"void_rate_12m", "days_since_last_sale", "days_since_first_sale", "days_since_last_purchase"}
_EXPECTED = {
    "outcome", "grade", "limit", "binding", "reasons", "fired", "documents", "waterfall", "not_applicable"
}  # fmt: skip


def row_of(case: dict[str, Any]) -> dict[str, Any]:
    """The facts of a case file as a row of limit cases."""
    row: dict[str, Any] = {name: number(case[name]) for name in ("pd", *_FACTS) if name in case}
    sales = case["net_sales_12m"]
    row["sales_12m_fen"] = None if sales == "unknown" else float(fen_from_yuan(sales))
    if "requested" in case:
        row["requested_fen"] = fen_from_yuan(case["requested"])
    return row


def number(text: str) -> float | None:
    return None if text == "unknown" else float(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_case_comes_out_as_the_credit_officer_wrote_it(path: Path) -> None:
    """Outcome, grade, limit, binding caps, knock-outs, reasons, documents and waterfall are those of the file."""
    case = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    assert set(case) <= _GIVEN | _FACTS, "a key that is not understood"
    expect = case["expect"]
    assert set(expect) <= _EXPECTED, "an expectation that is not understood"
    row = row_of(case)
    policy = default_policy(date.fromisoformat(case["policy_on"]))
    limits = compute_limits(cases(row, policy=policy))
    found = probability(row)
    reasons = select_reasons(limits, found, policy)
    pending = {rule.document_at(0) for rule in limits.rules if rule.status[0] == Status.PENDING}
    grade = grade_name(int(cases(row, policy=policy).grade[0])) or "unknown"
    seen = {
        "outcome": Outcome(int(limits.outcome[0])).word,
        "grade": grade,
        "limit": int(limits.limit_fen[0]),
        "binding": [cap.code for cap in limits.caps if limits.binds(cap)[0]],
        "reasons": reasons.codes()[0].as_py().split("; "),
        "fired": [gate.code for gate in limits.gates if gate.status[0] == Status.FIRED],
        "documents": [DOCUMENTS[document].code for document in sorted(pending)],
        "waterfall": [
            [step.code, fen_from_yuan(step.delta_yuan), fen_from_yuan(step.running_yuan)]
            for step in waterfall(limits, 0)
        ],
        "not_applicable": [cap.code for cap in limits.caps if cap.status[0] == Status.NOT_APPLICABLE],
    }
    wanted = {"fired": [], "documents": [], **expect, "limit": fen_from_yuan(expect["limit"])}
    if "waterfall" in expect:
        wanted["waterfall"] = [
            [code, fen_from_yuan(delta), fen_from_yuan(running)] for code, delta, running in expect["waterfall"]
        ]
    silent = set(wanted.pop("not_applicable", ()))
    assert silent <= set(seen["not_applicable"])
    assert {name: seen[name] for name in wanted} == wanted


def test_the_cases_together_are_the_same_as_each_alone() -> None:
    """All case files of one policy day computed as one batch give the limits that each gives alone, to the bit."""
    read = [yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) for path in FILES]  # noqa: S506
    rows = [row_of(case) for case in read]
    together = compute_limits(cases(*rows))
    alone = [compute_limits(cases(row)) for row in rows]
    for one, batch in zip(zip(*(limits.steps for limits in alone), strict=True), together.steps, strict=True):
        assert np.array_equal(batch.running, np.concatenate([step.running for step in one]))
    assert len(FILES) >= 12
