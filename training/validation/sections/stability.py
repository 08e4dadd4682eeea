"""9 Stability: PSI of score and features with critical values, and the population by quarter."""

from __future__ import annotations

import numpy as np
from scipy.stats import false_discovery_control

from training.sample import Sample
from training.validation.lights import Lines, gate, lines, value, worst
from training.validation.measured import Measured, Observation, Part, entities
from training.validation.report import Cell, Chart, Light, Section, Series, Table
from training.validation.stability_index import Stability, stability
from training.validation.writing import number, same, statement, table, words

MOST_BARS = 20
SCORE = "score"


def stability_section(measured: Measured) -> Part:
    """Section 9."""
    evidence, policy = measured.evidence, measured.policy
    significance, crude = value(policy, "stability_significance"), lines(policy, "psi")
    sizes = entities(evidence.development), entities(evidence.test)

    def between(before: np.ndarray, after: np.ndarray) -> Stability:
        return stability(before, after, size_before=sizes[0], size_after=sizes[1], significance=significance)

    # Both sides by the bundle itself: what moves is then the population and not the model.
    score = between(measured.bundle_development, measured.bundle_test)
    before, after = evidence.development.matrix, evidence.test.matrix
    features = [between(before[:, at], after[:, at]) for at in range(len(measured.bundle.features))]
    adjusted = [float(each) for each in false_discovery_control([one.p_value for one in features])]
    same_rows = evidence.development.sha256 == evidence.test.sha256
    light: Light = "grey" if same_rows else judged(score, score.p_value, significance, crude)
    lights = [judged(one, p, significance, crude) for one, p in zip(features, adjusted, strict=True)]
    red = [name for name, each in zip(measured.bundle.features, lights, strict=True) if each == "red"]
    amber = lights.count("amber")
    gates = (
        gate(
            "psi_score",
            9,
            ("得分稳定性（PSI）", "Stability of the score (PSI)"),
            light=light,
            found=_pair(score),
            line=_line(crude),
            figure=score.psi,
        ),
        gate(
            "psi_features",
            9,
            ("特征稳定性（PSI）", "Stability of the features (PSI)"),
            light="grey" if same_rows else "red" if red else "amber" if amber else "green",
            found=(f"{len(red)} 个红，{amber} 个黄", f"{len(red)} red, {amber} amber"),
            line=_line(crude),
            figure=float(len(red)),
            blocking=False,
        ),
    )
    observations: tuple[Observation, ...] = ()
    if red:
        shown = ", ".join(red[:6])
        weight = float(sum(measured.gain[measured.bundle.features.index(name)] for name in red))
        observations = (
            Observation(
                code="features_shifted",
                severity="medium",
                section=9,
                words=words("部分特征分布明显移动", "Some features have shifted"),
                evidence=words(
                    f"{len(red)} 个（增益合计 {weight:.0%}）：{shown}",
                    f"{len(red)} (gain {weight:.0%} together): {shown}",
                ),
                control=words("按季监测；超过触发线即重新训练", "watch every quarter; retrain when the trigger is met"),
            ),
        )
    section = Section(
        number=9,
        code="stability",
        words=words("稳定性与漂移", "Stability and drift"),
        light=worst([each.light for each in gates]),
        statements=(
            *(
                (
                    statement(
                        "开发与检验为同一批行：稳定性无从判断。", "Development and test are the same rows.", "grey"
                    ),
                )
                if same_rows
                else ()
            ),
            statement(
                f"得分 PSI {score.psi:.4f}；{significance:.0%} 显著性下的临界值 {score.critical:.4f}"
                f"（{sizes[0]:,} 与 {sizes[1]:,} 家企业，{score.bins} 组）。",
                f"PSI of the score {score.psi:.4f}; critical value at {significance:.0%} {score.critical:.4f} "
                f"({sizes[0]:,} and {sizes[1]:,} enterprises, {score.bins} bins).",
                light,
            ),
            statement(
                "PSI 近似服从 (1/N+1/M)·χ²(B−1)（Yurdakul 与 Naranjo 2020）；超过粗线 0.10 / 0.25 但未超过临界值的，"
                "在抽样误差之内，判为绿。样本量按企业数计，因为同一企业的多行几乎相同。",
                "PSI is about (1/N+1/M) chi-square(B-1) (Yurdakul and Naranjo 2020). Above the crude lines but not "
                "above the critical value is the luck of sampling, and green. Sizes are enterprises, because rows of "
                "one enterprise say nearly the same.",
            ),
        ),
        tables=(_table(measured, score, features, lights, light, adjusted), *_quarters(measured)),
        charts=(_bars(measured, features, crude),),
    )
    return Part(section, gates, observations)


def judged(one: Stability, adjusted: float, significance: float, crude: Lines) -> Light:
    """The crude light where the shift is more than chance; green where it is not."""
    return crude.light(one.psi) if adjusted < significance else "green"


def _line(crude: Lines) -> tuple[str, str]:
    zh, en = crude.as_words()
    return f"{zh}；未超过偶然波动者为绿", f"{en}; green where it is no more than chance"


def _pair(one: Stability) -> tuple[str, str]:
    return (
        f"PSI {one.psi:.4f}（临界值 {one.critical:.4f}）",
        f"PSI {one.psi:.4f} (critical value {one.critical:.4f})",
    )


def _table(
    measured: Measured,
    score: Stability,
    features: list[Stability],
    lights: list[Light],
    light: Light,
    adjusted: list[float],
) -> Table:
    def row(name: str, label: object, one: Stability, p: float, mark: Light) -> tuple[Cell, ...]:
        missing = one.missing_before, one.missing_after
        return (name, label, one.psi, one.critical, p, *missing, mark)  # type: ignore[return-value]

    names = measured.bundle.features
    rows = sorted(
        (
            row(name, measured.words(name), one, p, mark)
            for name, one, p, mark in zip(names, features, adjusted, lights, strict=True)
        ),
        key=lambda each: (-float(str(each[2])), str(each[0])),
    )
    return table(
        "psi",
        ("群体稳定性指数", "Population stability index"),
        [
            ("feature", "特征", "Feature", "text"),
            ("words", "含义", "Meaning", "words"),
            ("psi", "PSI", "PSI", "number"),
            ("critical", "临界值", "Critical value", "number"),
            ("p_value", "p（校正后）", "p (adjusted)", "p_value"),
            ("missing_development", "缺失，开发", "Missing, development", "percent"),
            ("missing_test", "缺失，检验", "Missing, test", "percent"),
            ("light", "判断", "Light", "light"),
        ],
        [row(SCORE, words("得分", "score"), score, score.p_value, light), *rows],
    )


def _bars(measured: Measured, features: list[Stability], crude: Lines) -> Chart:
    names = measured.bundle.features
    order = sorted(range(len(names)), key=lambda at: (-features[at].psi, names[at]))[:MOST_BARS]
    places = tuple(float(place) for place in range(len(order)))
    labels = tuple(measured.words(names[at]) for at in order)
    return Chart(
        code="psi",
        kind="bars",
        words=words("PSI 最大的特征（竖线为临界值）", "Features by PSI (tick: critical value)"),
        x_words=same("PSI"),
        y_words=words("特征", "feature"),
        series=(
            Series(
                code="psi",
                words=same("PSI"),
                x=places,
                y=tuple(number(features[at].psi) or 0.0 for at in order),
                labels=labels,
            ),
            Series(
                code="critical",
                words=words("临界值", "critical value"),
                x=places,
                y=tuple(number(features[at].critical) or 0.0 for at in order),
                labels=labels,
            ),
        ),
        lines=(crude.green, crude.red),
    )


def _quarters(measured: Measured) -> tuple[Table, ...]:
    evidence = measured.evidence
    parts: list[tuple[object, Sample]] = [
        (words("开发", "development"), evidence.development),
        (words("检验", "test"), evidence.test),
    ]
    rows: list[tuple[Cell, ...]] = []
    for title, part in parts:
        if part.day is None:
            continue
        log_odds = measured.bundle_development if part is evidence.development else measured.bundle_test
        for day in part.days:
            here = part.day == np.datetime64(day, "D")
            rows.append(
                (
                    day.isoformat(),
                    title,  # type: ignore[arg-type]
                    int(here.sum()),
                    int(part.outcome[here].sum()),
                    float(part.outcome[here].mean()),
                    float(log_odds[here].mean()),
                    float(np.isnan(part.matrix[here]).mean()),
                )
            )
    if not rows:
        return ()
    return (
        table(
            "by_day",
            ("各时点的样本", "Population by day"),
            [
                ("day", "时点", "Day", "text"),
                ("sample", "样本", "Sample", "words"),
                ("rows", "行", "Rows", "count"),
                ("defaults", "违约", "Defaults", "count"),
                ("default_rate", "违约率", "Default rate", "percent"),
                ("log_odds", "平均对数几率", "Mean log-odds", "number"),
                ("missing", "缺失率", "Missing values", "percent"),
            ],
            sorted(rows, key=lambda row: str(row[0])),
        ),
    )
