"""13 Proxy review: which features could stand in for a segment, or speak of natural persons."""

from __future__ import annotations

import numpy as np
from scipy.stats import f_oneway, rankdata

from training.discrimination import Estimate
from training.sample import Matrix
from training.validation.grade_tests import grade_test
from training.validation.lights import gate, lines, worst
from training.validation.measured import Measured, Observation, Part, segment_words, spread_rows
from training.validation.report import Cell, Light, Section, Table
from training.validation.writing import interval, same, statement, table, words

PERSONAL_FAMILIES = frozenset({"people_and_qualifications", "expert_opinion", "people", "qualifications"})
LEAST_VALUE_ROWS = 20
MOST_LISTED = 40
MOST_ROWS = 5_000  # on which features are held against segments


def proxies(measured: Measured) -> Part:
    """Section 13."""
    whole = measured.evidence.test
    test = whole.rows(spread_rows(len(whole), MOST_ROWS))
    limits = lines(measured.policy, "proxy_association")
    rows: list[tuple[Cell, ...]] = []
    flagged: list[str] = []
    lights: list[Light] = []
    for code, values in sorted(test.segments.items()):
        for at, name in enumerate(measured.bundle.features):
            strength = variance_explained(test.matrix[:, at], values)
            if strength is None:
                continue
            mark = limits.light(strength)
            lights.append("amber" if mark == "red" else mark)
            if mark == "red":
                flagged.append(f"{name} ({code})")
            personal = measured.family[at] in PERSONAL_FAMILIES
            rows.append(
                (segment_words(code), name, measured.words(name), strength, personal, float(measured.gain[at]), mark)
            )
    rows.sort(key=lambda row: (-float(str(row[3])), str(row[1])))
    personal_features = [
        name for at, name in enumerate(measured.bundle.features) if measured.family[at] in PERSONAL_FAMILIES
    ]
    light: Light = worst(lights) if lights else "grey"
    made = gate(
        "proxies",
        13,
        ("替代变量", "Stand-ins for a segment"),
        light=light,
        found=(f"{len(flagged)} 个特征主要反映客群", f"{len(flagged)} features mostly say which segment it is")
        if lights
        else ("没有已知客群", "no segment is known"),
        line=limits.as_words(),
        figure=float(len(flagged)) if lights else None,
        blocking=False,
    )
    observations: tuple[Observation, ...] = ()
    if flagged:
        observations = (
            Observation(
                code="proxies",
                severity="medium",
                section=13,
                words=words("部分特征可替代客群身份", "Some features could stand in for a segment"),
                evidence=same(", ".join(flagged[:6])),
                control=words(
                    "由合规部门判断其业务必要性；必要时剔除后重新训练",
                    "compliance judges whether the business needs them; otherwise train again without",
                ),
            ),
        )
    section = Section(
        number=13,
        code="proxies",
        words=words("自然人因素与替代变量审查", "Review of natural-person elements and proxies"),
        light=light,
        statements=(
            statement(
                "客户是企业；个人信息保护法适用于业主、担保人、发明人与个体工商户。"
                + (
                    f"涉及人员的特征 {len(personal_features)} 个：{'、'.join(personal_features[:8])}。"
                    if personal_features
                    else "模型没有涉及人员的特征。"
                ),
                "Customers are companies; the Personal Information Protection Law covers owners, guarantors, inventors "
                "and sole traders. "
                + (
                    f"{len(personal_features)} features tell of people: {', '.join(personal_features[:8])}."
                    if personal_features
                    else "No feature of the model tells of people."
                ),
                "amber" if personal_features else "green",
            ),
            statement(
                "关联强度为客群解释的方差比例（η²，按秩）；关联不等于歧视，须由人判断。",
                "Strength is the share of variance that the segment explains (eta squared, on ranks). Association is "
                "not discrimination: a person judges.",
            ),
        ),
        tables=(
            table(
                "associations",
                ("特征与客群的关联", "Features against segments"),
                [
                    ("segment", "客群", "Segment", "words"),
                    ("feature", "特征", "Feature", "text"),
                    ("words", "含义", "Meaning", "words"),
                    ("eta_squared", "η²", "Eta squared", "number"),
                    ("personal", "涉及人员", "Of people", "text"),
                    ("gain", "增益占比", "Gain", "percent"),
                    ("light", "判断", "Light", "light"),
                ],
                [(*row[:4], "✓" if row[4] else "", *row[5:]) for row in rows[:MOST_LISTED]],
            ),
            _by_value(measured),
        ),
        charts=(),
    )
    return Part(section, (made,), observations)


def variance_explained(column: Matrix, values: np.ndarray) -> float | None:
    """Eta squared of a feature's ranks by the values of a segment, from F; None where there is nothing to compare."""
    known = ~np.isnan(column) & (values != "")
    ranks = rankdata(column[known])
    here = values[known]
    groups = [ranks[here == value] for value in np.unique(here)]
    groups = [group for group in groups if len(group) >= LEAST_VALUE_ROWS]
    if len(groups) < 2 or len(np.unique(np.concatenate(groups))) < 2:
        return None
    between, within = len(groups) - 1, sum(map(len, groups)) - len(groups)
    if all(float(group.std()) == 0.0 for group in groups):
        return 1.0
    statistic = float(f_oneway(*groups).statistic)
    return between * statistic / (between * statistic + within)


def _by_value(measured: Measured) -> Table:
    """Predicted and observed by value of a segment: who is treated worse than their outcomes say?"""
    test = measured.evidence.test
    rows: list[tuple[Cell, ...]] = []
    for code, values in sorted(test.segments.items()):
        for value in np.unique(values[values != ""]):
            here = values == value
            if here.sum() < LEAST_VALUE_ROWS:
                continue
            one = grade_test(int(here.sum()), int(test.outcome[here].sum()), float(measured.pd[here].mean()))
            observed = interval(Estimate(one.observed, one.low, one.high))
            rows.append((segment_words(code), str(value), one.rows, one.mean_pd, observed, one.overpredicted))
    return table(
        "treatment",
        ("各客群的预测与实际", "Predicted and observed by segment"),
        [
            ("segment", "客群", "Segment", "words"),
            ("value", "取值", "Value", "text"),
            ("rows", "行", "Rows", "count"),
            ("mean_pd", "平均PD", "Mean PD", "percent"),
            ("observed", "实际 [Jeffreys 95 %]", "Observed [Jeffreys 95 %]", "rate"),
            ("overpredicted", "高估 p", "Over-predicted p", "p_value"),
        ],
        rows,
        ("高估 p 小表示该客群被过严对待。", "A small over-predicted p means that the segment is treated too strictly."),
    )
