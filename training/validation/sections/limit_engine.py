"""11 The limit engine: its algebra recomputed, moved over its boundaries, and run a second time.

The suite holds a wholly independent second engine. A validator in the field has records and a stored bundle, so what is
checked here is what must hold of any limit, whatever the policy says.
"""

from __future__ import annotations

from models.decision import Decisions
from models.limits import Outcome
from models.scoring import score
from training.validation.evidence import ScoredSample
from training.validation.lights import gate
from training.validation.limit_checks import Check, engine_checks, master_scale, same_alone, same_from_record
from training.validation.measured import Measured, Observation, Part
from training.validation.report import Light, Section, Table
from training.validation.writing import statement, table, words

TITLE = words("额度引擎验证", "Limit-engine verification")
GATE_WORDS = ("额度重算", "Limit recomputation")
NONE_FAILS = ("无不符", "none fails")
MOST_ALONE = 8  # enterprises decided a second time, one by one
MOST_RECORDS = 25


def limit_engine(measured: Measured) -> Part:
    """Section 11."""
    sample = measured.evidence.scored
    if sample is None or not sample.enterprises:
        return _not_done()
    checks, outcomes = _looked_at(measured, sample)
    failures = sum(check.wrong for check in checks)
    looked = sum(check.looked for check in checks)
    light: Light = "red" if failures else "green"
    found = (
        f"{len(checks)} 项、{looked:,} 次，{failures} 次不符",
        f"{len(checks)} properties, {looked:,} looks, {failures} failures",
    )
    made = gate("limits", 11, GATE_WORDS, light=light, found=found, line=NONE_FAILS, figure=float(failures))
    said = statement(
        f"{len(sample.enterprises)} 家企业（{sample.as_of}）走完整条路径后逐项检查：{found[0]}。",
        f"{len(sample.enterprises)} enterprises as of {sample.as_of} went the whole road, then: {found[1]}.",
        light,
    )
    checked = table(
        "checks",
        ("检查项", "Properties"),
        [
            ("check", "检查", "Property", "words"),
            ("looked", "次数", "Looks", "count"),
            ("wrong", "不符", "Failures", "count"),
            ("example", "例", "Example", "text"),
            ("light", "判断", "Light", "light"),
        ],
        [(one.words, one.looked, one.wrong, one.example, "red" if one.wrong else "green") for one in checks],
    )
    section = Section(
        number=11,
        code="limit_engine",
        words=TITLE,
        light=light,
        statements=(said,),
        tables=(checked, outcomes),
        charts=(),
    )
    return Part(section, (made,))


def _looked_at(measured: Measured, sample: ScoredSample) -> tuple[list[Check], Table]:
    def decided(*names: str) -> Decisions:
        return score(sample.tables, sample.as_of, measured.bundle, measured.policy, enterprises=list(names))

    decisions = decided(*sample.enterprises)
    names = decisions.enterprise_ids.to_pylist()
    checks = [
        *engine_checks(decisions.cases, decisions.limits, names),
        master_scale(measured.upper_pd),
        same_alone(decisions, {name: decided(name) for name in names[:MOST_ALONE]}),
        same_from_record(decisions, measured.policy, names[:MOST_RECORDS]),
    ]
    outcomes = table(
        "outcomes",
        ("样本结论", "Outcomes of the sample"),
        [("outcome", "结论", "Outcome", "text"), ("enterprises", "企业", "Enterprises", "count")],
        [(outcome.word, int((decisions.limits.outcome == outcome).sum())) for outcome in Outcome],
    )
    return checks, outcomes


def _not_done() -> Part:
    section = Section(
        number=11,
        code="limit_engine",
        words=TITLE,
        light="grey",
        statements=(
            statement(
                "证据中没有可打分的记录，额度引擎未在本次验证中重算；测试套件另有独立的第二套引擎。",
                "The evidence holds no records to decide on: the engine was not recomputed here. The test suite holds "
                "an independent second engine.",
                "grey",
            ),
        ),
        tables=(),
        charts=(),
    )
    observation = Observation(
        code="limits_not_recomputed",
        severity="low",
        section=11,
        words=words("额度未重算", "Limits were not recomputed"),
        evidence=words("证据中没有记录", "the evidence holds no records"),
        control=words("在有记录处以 assetlight validate 重做", "redo it with assetlight validate where records are"),
    )
    made = gate("limits", 11, GATE_WORDS, light="grey", found=("未做", "not done"), line=NONE_FAILS)
    return Part(section, (made,), (observation,))
