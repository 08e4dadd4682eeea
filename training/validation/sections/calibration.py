"""8 Calibration: by grade, by tenth, and as a line."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from models.grades import GRADES
from training.clustered import brier, calibration, tenths
from training.discrimination import Estimate
from training.validation.grade_tests import by_grade, hosmer_lemeshow, traffic_light
from training.validation.lights import band, gate, lines, value, worst
from training.validation.measured import Measured, Observation, Part
from training.validation.report import Cell, Chart, Gate, Light, Section, Series, Statement, Table
from training.validation.sections.interval import interval_facts
from training.validation.writing import interval, number, same, shown, statement, table, words


def calibration_section(measured: Measured) -> Part:
    """Section 8."""
    outcome, clusters, scores = measured.outcome, measured.clusters, measured.test_log_odds
    line = calibration(scores, outcome, clusters)
    slope, intercept = _estimate(line["slope"]), _estimate(line["intercept"])
    observed = _estimate(line["observed_rate"])
    mean_pd = float(line["mean_pd"])
    ratio = Estimate(*(part / mean_pd for part in (observed.value, observed.low, observed.high)))
    grades, under = _grades(measured)
    hosmer = hosmer_lemeshow(measured.pd, outcome)
    slopes, ratios = band(measured.policy, "calibration_slope"), band(measured.policy, "calibration_ratio")
    under_lines = lines(measured.policy, "grades_underpredicted")
    hosmer_line = value(measured.policy, "hosmer_significance")
    gates: list[Gate] = [
        gate(
            "calibration_slope",
            8,
            ("校准斜率", "Calibration slope"),
            light=slopes.light(slope.value, slope.low, slope.high),
            found=(shown(slope), shown(slope)),
            line=slopes.as_words(),
            figure=slope.value,
        ),
        gate(
            "calibration_ratio",
            8,
            ("实际违约率 / 平均违约概率", "Observed rate over mean PD"),
            light=ratios.light(ratio.value, ratio.low, ratio.high),
            found=(shown(ratio), shown(ratio)),
            line=ratios.as_words(),
            figure=ratio.value,
        ),
        gate(
            "grades_underpredicted",
            8,
            ("被低估的等级数（99 %）", "Grades under-predicted at 99 %"),
            light=under_lines.light(float(len(under))),
            found=(f"{len(under)} 个：{'、'.join(under)}" if under else "0", ", ".join(under) or "0"),
            line=under_lines.as_words(),
            figure=float(len(under)),
        ),
        gate(
            "hosmer_lemeshow",
            8,
            ("Hosmer-Lemeshow 检验", "Hosmer-Lemeshow test"),
            light="green" if hosmer.p_value > hosmer_line else "amber",
            found=(f"p = {hosmer.p_value:.3g}", f"p = {hosmer.p_value:.3g}"),
            line=(f"p > {hosmer_line:g}", f"p > {hosmer_line:g}"),
            figure=hosmer.p_value,
            blocking=False,
        ),
    ]
    gates.append(_concentration(measured))
    facts, fact_tables, more = _facts(measured)
    of_interval, interval_tables = interval_facts(measured)
    score = brier(scores, outcome, clusters)
    alone = float(outcome.mean() * (1 - outcome.mean()))
    section = Section(
        number=8,
        code="calibration",
        words=words("校准", "Calibration"),
        light=worst([each.light for each in gates]),
        statements=(
            statement(
                f"斜率 {shown(slope)}，截距 {shown(intercept)}（理想值 1 与 0）。",
                f"Slope {shown(slope)}, intercept {shown(intercept)} (ideal 1 and 0).",
                gates[0].light,
            ),
            statement(
                f"平均违约概率 {mean_pd:.2%}，实际 {observed.value:.2%} [{observed.low:.2%}, {observed.high:.2%}]。",
                f"Mean PD {mean_pd:.2%}, observed {observed.value:.2%} [{observed.low:.2%}, {observed.high:.2%}].",
                gates[1].light,
            ),
            statement(
                f"Brier {score.value:.4f} [{score.low:.4f}, {score.high:.4f}]；仅用违约率为 {alone:.4f}。"
                f"Hosmer-Lemeshow χ²({hosmer.freedom}) = {hosmer.statistic:.1f}，p = {hosmer.p_value:.3g}。",
                f"Brier {score.value:.4f} [{score.low:.4f}, {score.high:.4f}]; of the rate alone {alone:.4f}. "
                f"Hosmer-Lemeshow chi-square({hosmer.freedom}) = {hosmer.statistic:.1f}, p = {hosmer.p_value:.3g}.",
            ),
            *of_interval,
            *facts,
        ),
        tables=(grades, _tenths_table(measured), *interval_tables, *fact_tables),
        charts=(_tenths_chart(measured), _grade_chart(measured)),
    )
    return Part(section, tuple(gates), more)


def _estimate(part: dict[str, float]) -> Estimate:
    return Estimate(part["value"], part["low"], part["high"])


def _grades(measured: Measured) -> tuple[Table, list[str]]:
    significance = lines(measured.policy, "grade_significance")
    tested = by_grade(measured.grade, measured.pd, measured.outcome)
    enterprise = measured.evidence.test.enterprise
    rows: list[tuple[Cell, ...]] = []
    under = []
    for index, one in tested.items():
        light = traffic_light(one, significance)
        if light == "red":
            under.append(GRADES[index])
        rows.append(
            (
                GRADES[index],
                one.rows,
                len(np.unique(enterprise[measured.grade == index])),
                one.rows / len(measured.outcome),
                one.mean_pd,
                one.defaults,
                interval(Estimate(one.observed, one.low, one.high)),
                one.binomial,
                one.jeffreys,
                one.overpredicted,
                light,
            )
        )
    return (
        table(
            "grades",
            ("分等级校准", "Calibration by grade"),
            [
                ("grade", "等级", "Grade", "text"),
                ("rows", "行", "Rows", "count"),
                ("enterprises", "企业", "Enterprises", "count"),
                ("share", "占比", "Share", "percent"),
                ("mean_pd", "平均PD", "Mean PD", "percent"),
                ("defaults", "违约", "Defaults", "count"),
                ("observed", "实际 [Jeffreys 95 %]", "Observed [Jeffreys 95 %]", "rate"),
                ("binomial", "二项检验 p", "Binomial p", "p_value"),
                ("jeffreys", "Jeffreys p", "Jeffreys p", "p_value"),
                ("overpredicted", "高估 p", "Over-predicted p", "p_value"),
                ("light", "判断", "Light", "light"),
            ],
            rows,
            (
                f"单侧检验，p 小表示低估。绿：两者 p ≥ {significance.green:g}；红：两者 p < {significance.red:g}。"
                "预期违约不足1个且未报警者不判断。同一企业的多行按独立计，故偏于报警。",
                f"One-sided: a small p means under-predicted. Green: both p at least {significance.green:g}; red: both "
                f"below {significance.red:g}. Not judged: fewer than one default expected and no alarm. "
                "Rows of one enterprise count as independent, so the tests rather alarm too often.",
            ),
        ),
        under,
    )


def _tenths_table(measured: Measured) -> Table:
    return table(
        "tenths",
        ("十等分组", "By tenths"),
        [
            ("group", "组", "Group", "count"),
            ("rows", "行", "Rows", "count"),
            ("mean_pd", "平均PD", "Mean PD", "percent"),
            ("defaults", "违约", "Defaults", "count"),
            ("observed", "实际 [Jeffreys 95 %]", "Observed [Jeffreys 95 %]", "rate"),
        ],
        [
            (row["group"], row["rows"], row["mean_pd"], row["defaults"], interval(_rate(row)))
            for row in tenths(measured.test_log_odds, measured.outcome)
        ],
    )


def _rate(row: dict[str, float]) -> Estimate:
    return Estimate(row["observed_rate"], row["observed_low"], row["observed_high"])


def _tenths_chart(measured: Measured) -> Chart:
    rows = tenths(measured.test_log_odds, measured.outcome)
    return Chart(
        code="calibration",
        kind="calibration",
        words=words("校准图（十等分组，95 % 区间）", "Calibration (tenths, 95 % intervals)"),
        x_words=words("平均违约概率", "mean PD"),
        y_words=words("实际违约率", "observed default rate"),
        series=(
            Series(
                code="tenths",
                words=words("十等分组", "tenths"),
                x=tuple(float(row["mean_pd"]) for row in rows),
                y=tuple(float(row["observed_rate"]) for row in rows),
                low=tuple(float(row["observed_low"]) for row in rows),
                high=tuple(float(row["observed_high"]) for row in rows),
            ),
        ),
    )


def _grade_chart(measured: Measured) -> Chart:
    tested = by_grade(measured.grade, measured.pd, measured.outcome)
    places = tuple(float(place) for place in range(len(tested)))
    labels = tuple(same(GRADES[index]) for index in tested)
    ones = list(tested.values())
    return Chart(
        code="grade_rates",
        kind="rates",
        words=words("各等级：预测与实际", "By grade: predicted and observed"),
        x_words=words("等级", "grade"),
        y_words=words("违约率", "default rate"),
        series=(
            Series(
                code="predicted",
                words=words("平均PD", "mean PD"),
                x=places,
                y=tuple(number(one.mean_pd) or 0.0 for one in ones),
                labels=labels,
            ),
            Series(
                code="observed",
                words=words("实际（95 %）", "observed (95 %)"),
                x=places,
                y=tuple(number(one.observed) or 0.0 for one in ones),
                low=tuple(number(one.low) or 0.0 for one in ones),
                high=tuple(number(one.high) or 0.0 for one in ones),
                labels=labels,
            ),
        ),
    )


def _concentration(measured: Measured) -> Gate:
    most = value(measured.policy, "grade_concentration")
    shares = np.bincount(measured.grade[measured.grade >= 0], minlength=len(GRADES)) / len(measured.grade)
    largest, top = float(shares.max()), GRADES[int(shares.argmax())]
    light: Light = "amber" if largest > most else "green"
    return gate(
        "grade_concentration",
        8,
        ("单一等级集中度", "Concentration in one grade"),
        light=light,
        found=(f"{top} 占 {largest:.1%}", f"{top} holds {largest:.1%}"),
        line=(f"≤ {most:.0%}", f"≤ {most:.0%}"),
        figure=largest,
        blocking=False,
    )


def _facts(measured: Measured) -> tuple[list[Statement], list[Table], tuple[Observation, ...]]:
    """Central tendency, margin of conservatism and low-default grades, where they are given."""
    facts = measured.evidence.calibration
    said: list[Statement] = []
    tables: list[Table] = []
    missing: tuple[Observation, ...] = ()
    if facts.central_tendency is None:
        said.append(
            statement(
                "没有设置长期平均违约率：概率按样本违约率校准。",
                "No long-run default rate is set: probabilities stand at the sample's rate.",
                "amber",
            )
        )
        missing = (
            Observation(
                code="central_tendency",
                severity="medium",
                section=8,
                words=words("未校准到长期平均违约率", "Not calibrated to a long-run default rate"),
                evidence=words("未给出中心趋势与保守边际", "no central tendency and no margin are given"),
                control=words(
                    "在概率上升的年份里会低估；按季监测实际与预测之比",
                    "it under-predicts in worse years; watch observed over predicted every quarter",
                ),
            ),
        )
    else:
        said.append(
            statement(
                f"中心趋势 {facts.central_tendency:.3%}"
                + (f"（样本违约率 {facts.sample_rate:.3%}）" if facts.sample_rate is not None else ""),
                f"Central tendency {facts.central_tendency:.3%}"
                + (f" (rate of the sample {facts.sample_rate:.3%})" if facts.sample_rate is not None else ""),
            )
        )
    shift = measured.bundle.calibration.prior_shift
    if shift:
        said.append(
            statement(
                f"检验在移到中心趋势之前进行；移动 {shift:+.3f}（对数几率）后平均违约概率为 "
                f"{float(expit(measured.test_log_odds + shift).mean()):.2%}。",
                f"Tested before the move to the central tendency; after it ({shift:+.3f} log-odds) the mean PD is "
                f"{float(expit(measured.test_log_odds + shift).mean()):.2%}.",
            )
        )
    if facts.en:
        said.append(statement(facts.zh, facts.en))
    if facts.margin:
        tables.append(
            table(
                "margin",
                ("保守边际（对数几率）", "Margin of conservatism (log-odds)"),
                [("cause", "类别", "Category", "text"), ("margin", "边际", "Margin", "number")],
                [(cause, margin) for cause, margin in sorted(facts.margin.items())],
            )
        )
    if facts.low_default:
        tables.append(
            table(
                "low_default",
                ("低违约等级（Pluto-Tasche）", "Low-default grades (Pluto-Tasche)"),
                [
                    ("grade", "等级", "Grade", "text"),
                    ("obligors", "企业", "Obligors", "count"),
                    ("defaults", "违约", "Defaults", "count"),
                    ("confidence", "置信度", "Confidence", "percent"),
                    ("pd", "PD 上限", "Upper PD", "percent"),
                ],
                [
                    tuple(row.get(name) for name in ("grade", "obligors", "defaults", "confidence", "pd"))
                    for row in facts.low_default
                ],
            )
        )
    return said, tables, missing
