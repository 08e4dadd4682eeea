"""The cases in tests/policy_cases, written for a credit officer: facts, arithmetic in comments, what must come out."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from models.explanation import select_reasons, waterfall
from models.explanation.catalogue import DOCUMENTS
from models.grades import grade_name
from models.limits import Outcome, Status, compute_limits
from models.limits.measures.supplier import supplier_limits
from models.money import fen_from_yuan
from models.policy import Policy
from tests.limit_cases import cases, default_policy, probability
from tests.position_rows import anchor_rows, claim, facts_of, policy_with, tables

FOLDER = Path(__file__).resolve().parents[2] / "policy_cases"
FILES = sorted(FOLDER.glob("*.yaml"))
_GIVEN = {"title", "policy_on", "pd", "net_sales_12m", "requested", "expect"}
_GIVEN |= {"product", "receivables", "anchors", "evidence", "policy"}
_FACTS = {"void_rate_12m", "days_since_last_sale", "days_since_first_sale", "days_since_last_purchase"}
_EXPECTED = {
    "outcome", "grade", "limit", "binding", "reasons", "fired", "documents", "waterfall", "not_applicable",
    "sources", "caps",
}  # fmt: skip


def row_of(case: dict[str, Any]) -> dict[str, Any]:
    """The facts of a case file as a row of limit cases."""
    row: dict[str, Any] = {name: number(case[name]) for name in ("pd", *_FACTS) if name in case}
    sales = case["net_sales_12m"]
    row["sales_12m_fen"] = None if sales == "unknown" else float(fen_from_yuan(sales))
    if "requested" in case:
        row["requested_fen"] = fen_from_yuan(case["requested"])
    if "product" in case:
        row["product"] = case["product"]
    for name, text in case.get("evidence", {}).items():
        row[name] = float(fen_from_yuan(text)) if name.endswith("_fen") else float(text)
    return row


def measured(case: dict[str, Any], policy: Policy) -> dict[str, float]:
    """The facts of the receivables and core enterprises of a case, measured under its policy."""
    day, facts = policy.on, {}
    if "receivables" in case:
        claims = [
            claim(
                str(number),
                item["debtor"],
                float(item["amount"]) / 10_000,
                arisen_on=day - timedelta(days=int(item.get("age_days", 30))),
                due_on=day + timedelta(days=30),
                confirmed=item.get("confirmed", "yes") == "yes",
                owed_to_debtor_fen=fen_from_yuan(item.get("owed_to_debtor", "0")),
            )
            for number, item in enumerate(case["receivables"])
        ]
        facts = {name: column[0] for name, column in facts_of(tables(receivable=claims), policy, day=day).items()}
    if "anchors" in case:
        anchors = [
            {
                "anchor_id": item["anchor"],
                "settled_12m_fen": fen_from_yuan(item["settled"]),
                "tenure_months": float(item["tenure_months"]),
                "delay_p75_days": float(item["delay_days"]),
                "contract_days": float(item["contract_days"]),
                "payables_fen": fen_from_yuan(item["payables"]),
                "sublimit_fen": None,
            }
            for item in case["anchors"]
        ]
        found = supplier_limits(anchor_rows(anchors), 1, policy, debtors=None, fulfilment=None)
        facts |= {name: column[0] for name, column in found.items()}
    return {name: float(value) for name, value in facts.items()}


def number(text: str) -> float | None:
    return None if text == "unknown" else float(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_case_comes_out_as_the_credit_officer_wrote_it(path: Path, tmp_path: Path) -> None:
    """Outcome, grade, limit, amounts, binding caps, knock-outs, reasons, documents, waterfall are those of the file."""
    case = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    assert set(case) <= _GIVEN | _FACTS, "a key that is not understood"
    expect = case["expect"]
    assert set(expect) <= _EXPECTED, "an expectation that is not understood"
    row = row_of(case)
    day = date.fromisoformat(case["policy_on"])
    policy = policy_with(tmp_path, case["policy"], day) if "policy" in case else default_policy(day)
    row |= measured(case, policy)
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
        "sources": {item.code: int(item.value[0]) for item in limits.sources if item.counts[0]},
        "caps": {cap.code: int(cap.value[0]) for cap in limits.caps if cap.counts[0]},
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
    for table in ("sources", "caps"):
        for code, yuan in wanted.pop(table, {}).items():
            assert seen[table].get(code) == fen_from_yuan(yuan), code
    silent = set(wanted.pop("not_applicable", ()))
    assert silent <= set(seen["not_applicable"])
    assert {name: seen[name] for name in wanted} == wanted


def test_the_cases_together_are_the_same_as_each_alone() -> None:
    """All case files of one policy day computed as one batch give the limits that each gives alone, to the bit."""
    read = [yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) for path in FILES]  # noqa: S506
    policy = default_policy(date(2024, 6, 30))
    rows = [row_of(case) | measured(case, policy) for case in read]
    together = compute_limits(cases(*rows, policy=policy))
    alone = [compute_limits(cases(row, policy=policy)) for row in rows]
    for one, batch in zip(zip(*(limits.steps for limits in alone), strict=True), together.steps, strict=True):
        assert np.array_equal(batch.running, np.concatenate([step.running for step in one]))
    assert len(FILES) >= 40
