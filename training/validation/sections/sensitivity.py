"""10 Sensitivity, stress, missing feeds and weak segments."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from models.grades import grade_index
from training.clustered import Clusters, auc
from training.sample import Matrix
from training.validation.lights import gate, lines, value, worst
from training.validation.measured import (
    SEGMENT_WORDS,
    Measured,
    Observation,
    Part,
    feed_words,
    spread_rows,
)
from training.validation.report import Cell, Gate, Interval, Light, Section, Statement, Table, Words
from training.validation.weak_segments import Segment, weak_segments
from training.validation.writing import number, same, statement, table, words

MOST_ROWS = 2_000  # moved feature by feature
MOST_FEED_ROWS = 10_000
MOST_SEGMENTS = 25


def sensitivity(measured: Measured) -> Part:
    """Section 10."""
    shifts = _one_by_one(measured)
    stress, stress_gate = _stress(measured)
    feeds, feeds_gate, feed_observations = _feeds(measured)
    weak, weak_gate, weak_observations = _weak(measured)
    gates = (stress_gate, *feeds_gate, *weak_gate)
    section = Section(
        number=10,
        code="sensitivity",
        words=words("敏感性、压力、缺失数据源与薄弱客群", "Sensitivity, stress, missing feeds, weak segments"),
        light=worst([each.light for each in gates]),
        statements=(stress, *weak),
        tables=(*feeds, shifts, _weak_table(measured)),
        charts=(),
    )
    return Part(section, gates, (*feed_observations, *weak_observations))


def _moved(measured: Measured) -> tuple[Matrix, Matrix, Matrix]:
    """Some test rows, their log-odds, and the standard deviation of each feature in development."""
    test, development = measured.evidence.test, measured.evidence.development
    rows = test.matrix[spread_rows(len(test), MOST_ROWS)]
    known = ~np.isnan(development.matrix)
    spread = np.array(
        [
            float(development.matrix[known[:, at], at].std()) if known[:, at].any() else 0.0
            for at in range(rows.shape[1])
        ]
    )
    return rows, measured.score(rows), spread


def _one_by_one(measured: Measured) -> Table:
    rows, base, spread = _moved(measured)
    grade = grade_index(np.asarray(expit(base)), measured.upper_pd)
    found: list[tuple[Cell, ...]] = []
    for at, name in enumerate(measured.bundle.features):
        sign = measured.bundle.directions[at] or 1
        moved = rows.copy()
        moved[:, at] += sign * spread[at]
        worse = measured.score(moved)
        moved[:, at] = rows[:, at] - sign * spread[at]
        better = measured.score(moved)
        if not measured.bundle.directions[at] and better.mean() > worse.mean():
            sign, worse, better = -sign, better, worse  # without a direction the worse side is what the model says
        down = grade_index(np.asarray(expit(worse)), measured.upper_pd) > grade
        found.append(
            (
                name,
                measured.words(name),
                "↑" if sign > 0 else "↓",
                spread[at],
                float(expit(worse).mean() / expit(base).mean()),
                float(expit(better).mean() / expit(base).mean()),
                float(down.mean()),
            )
        )
    found.sort(key=lambda row: (-float(str(row[4])), str(row[0])))
    return table(
        "one_by_one",
        ("逐个特征移动一个标准差", "Each feature moved one standard deviation"),
        [
            ("feature", "特征", "Feature", "text"),
            ("words", "含义", "Meaning", "words"),
            ("adverse", "不利方向", "Adverse", "text"),
            ("deviation", "标准差", "Standard deviation", "number"),
            ("worse", "不利：平均PD之比", "Adverse: mean PD ratio", "number"),
            ("better", "有利：平均PD之比", "Favourable: mean PD ratio", "number"),
            ("downgraded", "降级比例", "Share downgraded", "percent"),
        ],
        found,
    )


def _stress(measured: Measured) -> tuple[Statement, Gate]:
    rows, base, spread = _moved(measured)
    signs = np.array(measured.bundle.directions, dtype=np.float64)
    stressed = measured.score(rows + signs * spread)
    ratio = float(expit(stressed).mean() / expit(base).mean())
    grade, after = (grade_index(np.asarray(expit(each)), measured.upper_pd) for each in (base, stressed))
    lowered = float((after > grade).mean())
    turned = int((stressed < base - 1e-9).sum())
    least = value(measured.policy, "stress_shift")
    light: Light = "red" if turned else "green" if ratio >= least else "amber"
    found = (
        f"平均PD为原来的 {ratio:.2f} 倍，{lowered:.0%} 降级，{turned} 行反而变好",
        f"mean PD times {ratio:.2f}, {lowered:.0%} downgraded, {turned} rows became better",
    )
    return (
        statement(
            f"全部有方向的特征同时不利移动一个标准差：{found[0]}。",
            f"Every signed feature one standard deviation for the worse at once: {found[1]}.",
            light,
        ),
        gate(
            "stress",
            10,
            ("整体压力", "General stress"),
            light=light,
            found=found,
            line=(f"≥ {least:g} 倍且无行变好", f"at least times {least:g}, no row becomes better"),
            figure=ratio,
            blocking=False,
        ),
    )


def _feeds(measured: Measured) -> tuple[tuple[Table, ...], tuple[Gate, ...], tuple[Observation, ...]]:
    if not measured.feeds:
        return (), (), ()
    test = measured.evidence.test
    chosen = spread_rows(len(test), MOST_FEED_ROWS)
    part = test.rows(chosen)
    base = measured.score(part.matrix)
    clusters = Clusters(part.enterprise)
    area = auc(base, part.outcome, clusters).value
    limits = lines(measured.policy, "feed_loss")
    rows: list[tuple[Cell, ...]] = []
    carrying: list[tuple[Words, float]] = []
    lights: list[Light] = []
    for feed, columns in measured.feeds.items():
        without = part.matrix.copy()
        without[:, columns] = np.nan
        scores = measured.score(without)
        loss = area - auc(scores, part.outcome, clusters).value
        light = limits.light(loss)
        lights.append(light)
        name = feed_words(measured, columns, feed)
        if light == "red":
            carrying.append((name, loss))
        rows.append(
            (
                name,
                float(np.isnan(part.matrix[:, columns]).all(axis=1).mean()),
                area - loss,
                loss,
                float(expit(scores).mean() / expit(base).mean()),
                float((scores < base - 1e-9).mean()),
                light,
            )
        )
    rows.sort(key=lambda row: -float(str(row[3])))
    made = gate(
        "feed_loss",
        10,
        ("缺失一个数据源", "One feed missing"),
        light=worst(lights),
        found=(f"最大 AUC 下降 {rows[0][3]:.3f}", f"largest fall of AUC {rows[0][3]:.3f}"),
        line=limits.as_words(),
        figure=float(str(rows[0][3])),
        blocking=False,
    )
    observations = tuple(
        Observation(
            code="feed_carries",
            severity="medium",
            section=10,
            words=words(f"模型主要依赖数据源 {name.zh}", f"The model hangs on the feed {name.en}"),
            evidence=words(f"缺失时 AUC 下降 {loss:.3f}", f"without it AUC falls by {loss:.3f}"),
            control=words("该数据源中断时转人工审核", "refer cases to a person while this feed is down"),
        )
        for name, loss in carrying
    )
    found = table(
        "feeds",
        ("每个数据源缺失时", "Each feed gone missing"),
        [
            ("feed", "数据源", "Feed", "words"),
            ("absent", "原已缺失", "Absent before", "percent"),
            ("auc", "AUC", "AUC without", "number"),
            ("loss", "AUC 下降", "AUC lost", "number"),
            ("pd_ratio", "平均PD之比", "Mean PD ratio", "number"),
            ("better", "得分变好的比例", "Share that looks better", "percent"),
            ("light", "判断", "Light", "light"),
        ],
        rows,
        (
            f"模型包本身打分，全部接入时 AUC {area:.3f}。",
            f"Scored by the bundle itself; AUC {area:.3f} with every feed.",
        ),
    )
    return (found,), (made,), observations


def _tested(measured: Measured) -> tuple[Segment, ...]:
    test = measured.evidence.test
    return weak_segments(
        test.matrix,
        measured.bundle.features,
        measured.pd,
        test.outcome,
        enterprise=test.enterprise,
        known=test.segments,
    )


def _weak(measured: Measured) -> tuple[tuple[Statement, ...], tuple[Gate, ...], tuple[Observation, ...]]:
    tested = _tested(measured)
    significance = value(measured.policy, "weak_significance")
    under = [one for one in tested if one.adjusted < significance and one.underpredicted]
    over = [one for one in tested if one.adjusted < significance and not one.underpredicted]
    light: Light = "grey" if not tested else "amber" if under else "green"
    found = (
        f"检验 {len(tested)} 个客群：{len(under)} 个低估，{len(over)} 个高估",
        f"{len(tested)} segments tested: {len(under)} under-predicted, {len(over)} over-predicted",
    )
    observations = tuple(
        Observation(
            code="weak_segment",
            severity="high" if one.observed > 2 * one.mean_pd else "medium",
            section=10,
            words=words("模型低估一个客群的违约", "The model under-predicts a segment"),
            evidence=words(
                f"{named(one).zh}：预测 {one.mean_pd:.2%}，实际 {one.observed:.2%}（{one.defaults}/{one.rows}，"
                f"校正 p = {one.adjusted:.2g}）",
                f"{named(one).en}: predicted {one.mean_pd:.2%}, observed {one.observed:.2%} "
                f"({one.defaults}/{one.rows}, adjusted p = {one.adjusted:.2g})",
            ),
            control=words(
                "该客群不自动批准；下次训练补充特征", "no automatic approval there; add features at retraining"
            ),
        )
        for one in under[:5]
    )
    made = gate(
        "weak_segments",
        10,
        ("薄弱客群", "Weak segments"),
        light=light,
        found=found,
        line=(f"校正 p ≥ {significance:g}", f"adjusted p at least {significance:g}"),
        figure=float(len(under)) if tested else None,
        blocking=False,
    )
    said = statement(
        f"薄弱客群搜索（残差浅树，在另一半企业上检验，多重性校正）：{found[0]}。",
        "Search for weak segments (a shallow tree on residuals, tested on the other half of the enterprises, adjusted "
        f"for multiplicity): {found[1]}.",
        light,
    )
    return (said,), (made,), observations


def _weak_table(measured: Measured) -> Table:
    significance = value(measured.policy, "weak_significance")
    rows: list[tuple[Cell, ...]] = [
        (
            named(one),
            one.rows,
            one.defaults,
            one.mean_pd,
            one.observed,
            _gap(one),
            one.adjusted,
            "green" if one.adjusted >= significance else "amber" if one.underpredicted else "green",
        )
        for one in _tested(measured)[:MOST_SEGMENTS]
    ]
    return table(
        "weak_segments",
        ("客群的预测与实际（检验半）", "Segments, predicted and observed (half that tests)"),
        [
            ("segment", "客群", "Segment", "words"),
            ("rows", "行", "Rows", "count"),
            ("defaults", "违约", "Defaults", "count"),
            ("mean_pd", "平均PD", "Mean PD", "percent"),
            ("observed", "实际", "Observed", "percent"),
            ("gap", "实际减预测 [95 %]", "Observed minus predicted [95 %]", "rate"),
            ("adjusted", "p（校正后）", "p (adjusted)", "p_value"),
            ("light", "判断", "Light", "light"),
        ],
        rows,
    )


def _gap(one: Segment) -> Interval:
    ends = (one.gap, one.gap - 1.96 * one.error, one.gap + 1.96 * one.error)
    value_, low, high = (number(end) or 0.0 for end in ends)
    return Interval(value=value_, low=low, high=high)


def named(one: Segment) -> Words:
    """A segment as a person reads it: its value, or the conditions that found it."""
    if one.kind != "found":
        zh, en = SEGMENT_WORDS.get(one.kind, (one.kind, one.kind))
        return words(f"{zh} {one.label}", f"{en} {one.label}")
    return same(" & ".join(f"{c.name} {'≤' if c.below else '>'} {c.threshold:.4g}" for c in one.conditions))
