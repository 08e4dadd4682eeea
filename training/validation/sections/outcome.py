"""15 Outcome analysis: predicted and observed day by day, overrides."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from training.clustered import Clusters, auc
from training.discrimination import Estimate
from training.validation.grade_tests import grade_test, traffic_light
from training.validation.lights import gate, lines, whole, worst
from training.validation.measured import Measured, Part
from training.validation.report import Cell, Chart, Light, Section, Series, Table
from training.validation.writing import interval, number, same, statement, table, words


def outcome_section(measured: Measured) -> Part:
    """Section 15."""
    found, chart, lights = _backtest(measured)
    light: Light = worst(lights) if lights else "grey"
    made = gate(
        "backtest",
        15,
        ("按时点回测", "Backtest by day"),
        light="amber" if light == "red" and lights.count("red") == 1 else light,
        found=(
            f"{len(lights)} 个时点：{lights.count('red')} 红，{lights.count('amber')} 黄",
            f"{len(lights)} days: {lights.count('red')} red, {lights.count('amber')} amber",
        )
        if lights
        else ("无日期", "no day"),
        line=lines(measured.policy, "grade_significance").as_words(),
        figure=float(lights.count("red")) if lights else None,
        blocking=False,
    )
    section = Section(
        number=15,
        code="outcome",
        words=words("结果分析", "Outcome analysis"),
        light=made.light,
        statements=(
            statement(
                "开发时点为样本内打分，仅作对照；检验时点为未见过的行。",
                "Development days are scored in-sample and stand for comparison only; tested days are unseen."
                if measured.evidence.development_log_odds is None
                else "Both development and tested days are scored unseen.",
            )
            if lights
            else statement(
                "行没有日期，不能按时点回测。", "The rows have no day: there is no backtest by day.", "grey"
            ),
            statement(
                "人工调整与政策例外在上线后按月统计；本报告的样本没有人工调整记录。",
                "Overrides and policy exceptions are counted monthly once the model is in use; these rows hold none.",
            ),
        ),
        tables=(found,) if lights else (),
        charts=(chart,) if lights else (),
    )
    return Part(section, (made,))


def _backtest(measured: Measured) -> tuple[Table, Chart, list[Light]]:
    evidence = measured.evidence
    significance, fewest = lines(measured.policy, "grade_significance"), whole(measured.policy, "segment_defaults")
    rows: list[tuple[Cell, ...]] = []
    lights: list[Light] = []
    points: list[tuple[str, float, Estimate]] = []
    sides = (
        (evidence.development, measured.development_log_odds, words("开发", "development"), False),
        (evidence.test, measured.test_log_odds, words("检验", "test"), True),
    )
    for part, log_odds, title, judged in sides:
        if part.day is None:
            continue
        for day in part.days:
            here = part.day == np.datetime64(day, "D")
            chosen, outcome = log_odds[here], part.outcome[here]
            one = grade_test(len(outcome), int(outcome.sum()), float(expit(chosen).mean()))
            light = traffic_light(one, significance) if judged else "grey"
            if judged:
                lights.append(light)
            area = None
            if fewest <= one.defaults < one.rows:
                area = auc(chosen, outcome, Clusters(part.enterprise[here]))
            observed = Estimate(one.observed, one.low, one.high)
            points.append((day.isoformat(), one.mean_pd, observed))
            rows.append(
                (
                    day.isoformat(),
                    title,
                    one.rows,
                    one.defaults,
                    one.mean_pd,
                    interval(observed),
                    interval(area),
                    one.jeffreys,
                    light,
                )
            )
    points.sort(key=lambda point: point[0])
    rows.sort(key=lambda row: str(row[0]))
    found = table(
        "backtest",
        ("按时点回测", "Backtest by day"),
        [
            ("day", "时点", "Day", "text"),
            ("sample", "样本", "Sample", "words"),
            ("rows", "行", "Rows", "count"),
            ("defaults", "违约", "Defaults", "count"),
            ("mean_pd", "平均PD", "Mean PD", "percent"),
            ("observed", "实际 [Jeffreys 95 %]", "Observed [Jeffreys 95 %]", "rate"),
            ("auc", "AUC [95 %]", "AUC [95 %]", "interval"),
            ("jeffreys", "Jeffreys p", "Jeffreys p", "p_value"),
            ("light", "判断", "Light", "light"),
        ],
        rows,
    )
    return found, _chart(points), lights


def _chart(points: list[tuple[str, float, Estimate]]) -> Chart:
    places = tuple(float(place) for place in range(len(points)))
    labels = tuple(same(day) for day, _, _ in points)
    return Chart(
        code="over_time",
        kind="over_time",
        words=words("预测与实际，按时点", "Predicted and observed by day"),
        x_words=words("时点", "day"),
        y_words=words("违约率", "default rate"),
        series=(
            Series(
                code="predicted",
                words=words("平均PD", "mean PD"),
                x=places,
                y=tuple(number(pd) or 0.0 for _, pd, _ in points),
                labels=labels,
            ),
            Series(
                code="observed",
                words=words("实际（95 %）", "observed (95 %)"),
                x=places,
                y=tuple(number(each.value) or 0.0 for _, _, each in points),
                low=tuple(number(each.low) or 0.0 for _, _, each in points),
                high=tuple(number(each.high) or 0.0 for _, _, each in points),
                labels=labels,
            ),
        ),
    )
