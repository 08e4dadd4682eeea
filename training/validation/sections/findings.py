"""16 Limitations and findings, ranked; 17 the opinion, derived from the gates, and the monitoring plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from training.validation.lights import band, lines, whole, worst
from training.validation.measured import Measured, Observation
from training.validation.report import (
    SEVERITIES,
    Cell,
    Finding,
    Gate,
    Light,
    Opinion,
    Section,
    Severity,
    Verdict,
    Words,
)
from training.validation.sections.scope import TIER_WORDS, materiality
from training.validation.writing import same, statement, table, words

SEVERITY_WORDS: Mapping[Severity, Words] = {
    "critical": words("严重", "critical"),
    "high": words("高", "high"),
    "medium": words("中", "medium"),
    "low": words("低", "low"),
}
DEVELOPER = words("模型开发", "model development")
OWNER = words("模型所有者", "model owner")
OWNERS: Mapping[int, Words] = {
    1: words("模型风险管理", "model risk management"),
    2: OWNER,
    3: words("数据管理", "data management"),
    11: words("授信政策", "credit policy"),
    13: words("合规", "compliance"),
    14: words("系统开发", "system development"),
    15: OWNER,
}
BARRED = words("不得投入使用", "not to be used")
WATCHED = words("按监测计划逐季观察", "watched every quarter by the monitoring plan")
VERDICT_WORDS: Mapping[Verdict, Words] = {
    "approve": words("同意使用", "Approve"),
    "conditional": words("有条件同意", "Conditional approval"),
    "reject": words("不同意使用", "Reject"),
}


def ranked_findings(measured: Measured, gates: Sequence[Gate], observed: Sequence[Observation]) -> tuple[Finding, ...]:
    """One finding for each gate that is not green and each observation, the worst first."""
    days = {
        severity: int(value)
        for severity, value in zip(SEVERITIES, measured.policy.table("validation.due_days"), strict=True)
    }
    drafts = [*(_of_gate(gate) for gate in gates if gate.light != "green"), *observed]
    # What an observation says of a gate in more detail replaces the bare gate.
    told = {(each.section, each.code) for each in observed}
    drafts = [each for each in drafts if isinstance(each, Observation)]
    drafts = [each for each in drafts if not (each.code in REPLACED and (each.section, REPLACED[each.code]) in told)]
    drafts.sort(key=lambda each: (SEVERITIES.index(each.severity), each.section, each.code, each.evidence.en))
    return tuple(
        Finding(
            rank=rank,
            code=each.code,
            severity=each.severity,
            section=each.section,
            words=each.words,
            evidence=each.evidence,
            owner=OWNERS.get(each.section, DEVELOPER),
            due=_due(each.severity, days[each.severity]),
            due_days=days[each.severity],
            control=each.control,
        )
        for rank, each in enumerate(drafts, start=1)
    )


REPLACED: Mapping[str, str] = {
    "gate:weak_segments": "weak_segment",
    "gate:proxies": "proxies",
    "gate:feed_loss": "feed_carries",
    "gate:psi_features": "features_shifted",
    "gate:limits": "limits_not_recomputed",
}


def _of_gate(gate: Gate) -> Observation:
    severity: Severity
    if gate.light == "red":
        severity = "critical" if gate.blocking else "high"
    elif gate.light == "amber":
        severity = "medium" if gate.blocking else "low"
    else:
        severity = "medium" if gate.blocking else "low"  # what must be passed was not even looked at
    said = (
        words(f"无法判断：{gate.words.zh}", f"Could not be judged: {gate.words.en}")
        if gate.light == "grey"
        else words(f"未达绿线：{gate.words.zh}", f"Not green: {gate.words.en}")
    )
    return Observation(
        code=f"gate:{gate.code}",
        severity=severity,
        section=gate.section,
        words=said,
        evidence=words(
            f"{gate.found.zh}；门槛 {gate.line.zh}",
            f"{gate.found.en}; line: {gate.line.en}",
        ),
        control=BARRED if gate.blocking and gate.light == "red" else WATCHED,
    )


def _due(severity: Severity, days: int) -> Words:
    if severity == "critical":
        return words("投入使用之前", "before any use")
    return words(f"验证日起 {days} 天内", f"within {days} days of the validation")


def opinion_on(measured: Measured, gates: Sequence[Gate], findings: Sequence[Finding]) -> Opinion:
    """Reject where a blocking gate is red; approve where nothing above low is open; conditional between."""
    red = [gate for gate in gates if gate.blocking and not gate.passed]
    serious = [finding for finding in findings if finding.severity in ("critical", "high", "medium")]
    verdict: Verdict = "reject" if red else "conditional" if serious else "approve"
    reasons = [
        words(
            f"{gate.words.zh}：{gate.found.zh}（门槛 {gate.line.zh}）",
            f"{gate.words.en}: {gate.found.en} (line: {gate.line.en})",
        )
        for gate in red
    ]
    if not red:
        counts = [sum(finding.severity == severity for finding in findings) for severity in SEVERITIES]
        blocking = sum(gate.blocking for gate in gates)
        reasons.append(words(f"{blocking} 个必过门槛全部通过", f"all {blocking} blocking gates are passed"))
        reasons.append(
            words(
                f"发现：高 {counts[1]}、中 {counts[2]}、低 {counts[3]}",
                f"findings: {counts[1]} high, {counts[2]} medium, {counts[3]} low",
            )
        )
        reasons += [finding.words for finding in findings if finding.severity == "high"]
    if measured.bundle.caution:
        reasons.append(words(measured.bundle.caution["zh"], measured.bundle.caution["en"]))
    return Opinion(verdict=verdict, words=VERDICT_WORDS[verdict], reasons=tuple(_once(reasons)))


def _once(reasons: Sequence[Words]) -> list[Words]:
    return list(dict.fromkeys(reasons))


def findings_section(findings: Sequence[Finding]) -> Section:
    """Section 16."""
    lights: Mapping[Severity, Light] = {"critical": "red", "high": "red", "medium": "amber", "low": "green"}
    rows: list[tuple[Cell, ...]] = [
        (
            each.rank,
            SEVERITY_WORDS[each.severity],
            each.section,
            each.words,
            each.evidence,
            each.owner,
            each.due,
            each.control,
        )
        for each in findings
    ]
    return Section(
        number=16,
        code="findings",
        words=words("局限与发现", "Limitations and findings"),
        light=worst(lights[each.severity] for each in findings) if findings else "green",
        statements=(
            statement(
                f"{len(findings)} 项发现，按严重程度排列；日期自验证日起算。",
                f"{len(findings)} findings, the worst first; dates count from the day of validation.",
            ),
        ),
        tables=(
            table(
                "findings",
                ("发现", "Findings"),
                [
                    ("rank", "序", "Rank", "count"),
                    ("severity", "严重程度", "Severity", "words"),
                    ("section", "部分", "Part", "count"),
                    ("finding", "发现", "Finding", "words"),
                    ("evidence", "依据", "Evidence", "words"),
                    ("owner", "责任方", "Owner", "words"),
                    ("due", "期限", "Due", "words"),
                    ("control", "补偿措施", "Compensating control", "words"),
                ],
                rows,
            ),
        ),
        charts=(),
    )


def opinion_section(measured: Measured, gates: Sequence[Gate], opinion: Opinion) -> Section:
    """Section 17."""
    light: Mapping[Verdict, Light] = {"approve": "green", "conditional": "amber", "reject": "red"}
    tier = materiality(measured)
    months = dict(zip(("high", "medium"), measured.policy.table("validation.revalidation_months"), strict=True))
    every = int(months.get(tier, max(months.values())))
    return Section(
        number=17,
        code="opinion",
        words=words("意见与监测计划", "Opinion and monitoring plan"),
        light=light[opinion.verdict],
        statements=(
            statement(opinion.words.zh, opinion.words.en, light[opinion.verdict]),
            *(statement(reason.zh, reason.en) for reason in opinion.reasons),
            statement(
                f"重要性等级 {TIER_WORDS[tier].zh}：最迟 {every} 个月后重新验证；触发线先到则提前。",
                f"Materiality tier {TIER_WORDS[tier].en}: validated again after {every} months at the latest, sooner "
                "when a trigger is met.",
            ),
        ),
        tables=(
            table(
                "gates",
                ("门槛", "Gates"),
                [
                    ("section", "部分", "Part", "count"),
                    ("gate", "门槛", "Gate", "words"),
                    ("found", "结果", "Found", "words"),
                    ("line", "标准", "Line", "words"),
                    ("blocking", "必过", "Blocking", "words"),
                    ("light", "判断", "Light", "light"),
                ],
                [
                    (
                        each.section,
                        each.words,
                        each.found,
                        each.line,
                        words("是", "yes") if each.blocking else words("否", "no"),
                        each.light,
                    )
                    for each in gates
                ],
            ),
            table(
                "monitoring",
                ("监测计划", "Monitoring plan"),
                [
                    ("figure", "指标", "Figure", "words"),
                    ("every", "频率", "How often", "words"),
                    ("watch", "关注线", "Watch", "words"),
                    ("act", "触发线", "Act", "words"),
                    ("action", "措施", "Action", "words"),
                ],
                _plan(measured),
            ),
        ),
        charts=(),
    )


def _plan(measured: Measured) -> list[tuple[Cell, ...]]:
    policy = measured.policy
    psi, gini, drop, feeds = (lines(policy, name) for name in ("psi", "gini", "gini_drop", "feed_missing"))
    ratio, slope = band(policy, "calibration_ratio"), band(policy, "calibration_slope")
    few = whole(policy, "segment_defaults")
    month, quarter = words("每月", "monthly"), words("每季", "quarterly")
    again = words("查明原因；重新训练并验证", "find the cause; train and validate again")
    return [
        (
            words("得分 PSI", "PSI of the score"),
            month,
            same(f"> {psi.green:g}"),
            words(f"> {psi.red:g} 且超过临界值", f"> {psi.red:g} and above its critical value"),
            again,
        ),
        (
            words("特征 PSI", "PSI of the features"),
            month,
            same(f"> {psi.green:g}"),
            same(f"> {psi.red:g}"),
            words("核对数据源", "check the feed"),
        ),
        (
            words("数据源缺失率上升", "Rise of the share without a feed"),
            month,
            same(f"> {feeds.green:.0%}"),
            same(f"> {feeds.red:.0%}"),
            words("相关申请转人工", "refer the cases to a person"),
        ),
        (
            words("实际 / 预测", "Observed over predicted"),
            quarter,
            same(f"> {ratio.high:g}"),
            words(f"区间整体 > {ratio.high:g}", f"whole interval > {ratio.high:g}"),
            words("重新校准", "calibrate again"),
        ),
        (
            words("校准斜率", "Calibration slope"),
            quarter,
            words(f"{slope.as_words()[0]} 之外", f"outside {slope.as_words()[1]}"),
            words("区间整体在外", "whole interval outside"),
            words("重新校准", "calibrate again"),
        ),
        (
            words(f"Gini（至少 {few} 个违约）", f"Gini (from {few} defaults on)"),
            quarter,
            same(f"< {gini.green:g}"),
            words(f"< {gini.red:g} 或下降 > {drop.red:g}", f"< {gini.red:g}, or a drop > {drop.red:g}"),
            again,
        ),
        (
            words("人工调整率", "Override rate"),
            month,
            same("> 5%"),
            same("> 10%"),
            words("复核原因代码与结果", "look at reasons and outcomes"),
        ),
    ]
