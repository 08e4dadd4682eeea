"""4 Target, windows, exclusions, leakage audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from training.validation.lights import gate, worst
from training.validation.measured import Measured, Observation, Part
from training.validation.report import Cell, Gate, Light, Section
from training.validation.writing import same, statement, table, words


def target(measured: Measured) -> Part:
    """Section 4."""
    evidence, facts, split = measured.evidence, measured.evidence.lineage, measured.evidence.split
    horizon = facts.horizon_months or evidence.test.horizon_months
    dated = words(f"{horizon} 个月", f"{horizon} months") if horizon else words("标签无日期", "labels have no day")
    rows: list[tuple[Cell, ...]] = [
        (words("违约定义", "Default"), words(*facts.label_definition)),
        (words("观察期", "Horizon"), dated),
        (words("信息截止日", "Known until"), same(facts.last_day_known.isoformat() if facts.last_day_known else "–")),
        (words("学习时点", "Days learned from"), same(_span(split.learned))),
        (words("隔离时点", "Days between, left out"), same(_span(split.embargoed))),
        (words("检验时点", "Days tested on"), same(_span(split.tested))),
    ]
    shared = len(np.intersect1d(evidence.development.entity, evidence.test.entity))
    statements = [
        statement(
            "检验行晚于学习行的观察期末。" if split.out_of_time else "检验行不在时间外。",
            "Every tested row is later than the end of every window learned from."
            if split.out_of_time
            else "The tested rows are not later than those learned from.",
            "green" if split.out_of_time else "amber",
        ),
        statement(
            "检验行由未见过该企业的模型打分。" if split.out_of_entity else "检验企业与学习企业有重叠。",
            "Every tested row was scored by a model that had not seen its enterprise."
            if split.out_of_entity
            else "Some tested enterprises were learned from on earlier days.",
            "green" if split.out_of_entity else "amber",
        ),
    ]
    if split.en:
        statements.append(statement(split.zh, split.en))
    rows.append(
        (
            words("两个样本共有的企业", "Enterprises on both sides"),
            words(
                f"{shared}（由交叉打分分开）" if split.out_of_entity else str(shared),
                f"{shared} (kept apart by folds of enterprises)" if split.out_of_entity else str(shared),
            ),
        )
    )
    gates, light = _audit_gate(evidence.audit)
    observations = []
    if not split.out_of_time:
        observations.append(
            Observation(
                code="not_out_of_time",
                severity="medium",
                section=4,
                words=words("没有时间外检验", "There is no test out of time"),
                evidence=words("检验行与学习行在同一时点", "tested rows are of the days learned from"),
                control=words("缩短复核间隔，按季回测", "validate sooner, backtest every quarter"),
            )
        )
    audit = table(
        "audit",
        ("泄漏审计", "Leakage audit"),
        [
            ("check", "检查", "Check", "text"),
            ("passed", "结论", "Light", "light"),
            ("words", "内容", "What is looked for", "words"),
            ("found", "发现", "Found", "text"),
        ],
        [
            (
                str(each["check"]),
                _light(each),
                words(str(each["zh"]), str(each["en"])),
                str(each.get("found", "")),
            )
            for each in evidence.audit
        ],
    )
    target_table = table(
        "target",
        ("目标与窗口", "Target and windows"),
        [("item", "项目", "Item", "words"), ("value", "内容", "Value", "words")],
        rows,
    )
    section = Section(
        number=4,
        code="target",
        words=words("目标、窗口与泄漏审计", "Target, windows and leakage audit"),
        light="red" if light == "red" else "amber" if light != "green" or not split.out_of_time else "green",
        statements=tuple(statements),
        tables=(target_table, audit),
        charts=(),
    )
    return Part(section, gates, tuple(observations))


def _light(finding: Mapping[str, Any]) -> Light:
    """Red for a leak, amber for what the audit only notes."""
    if finding["passed"]:
        return "green"
    return "red" if finding.get("blocking", True) else "amber"


def _audit_gate(audit: Sequence[Mapping[str, Any]]) -> tuple[tuple[Gate, ...], Light]:
    failed = [str(each["check"]) for each in audit if not each["passed"]]
    light: Light = worst(_light(each) for each in audit)
    passed = len(audit) - len(failed)
    found = (
        (f"未通过：{'、'.join(failed)}", f"failed: {', '.join(failed)}")
        if failed
        else (f"{passed} 项通过", f"{passed} checks passed")
    )
    made = gate(
        "leakage",
        4,
        ("泄漏审计", "Leakage audit"),
        light=light,
        found=found if audit else ("未做", "not done"),
        line=("全部通过", "every check passes"),
        figure=float(len(failed)) if audit else None,
    )
    return (made,), light


def _span(days: Sequence[str]) -> str:
    return f"{days[0]} – {days[-1]} ({len(days)})" if days else "–"
