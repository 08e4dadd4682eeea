"""7 Discrimination: Gini, AUC and KS with intervals, overall and by segment."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_curve

from training.clustered import Clusters, auc, ks_estimate
from training.discrimination import Estimate, ks
from training.validation.lights import gate, lines, whole, worst
from training.validation.measured import Measured, Observation, Part, entities, segment_words
from training.validation.report import Cell, Chart, Gate, Light, Section, Series, Table
from training.validation.writing import interval, number, same, shown, statement, table, words

MOST_VALUES = 12  # of a segment; the rest are not listed
ROC_POINTS = 60


def gini_of(area: Estimate) -> Estimate:
    """2 AUC - 1, with its interval."""
    return Estimate(*(2 * value - 1 for value in (area.value, area.low, area.high)))


def discrimination(measured: Measured) -> Part:
    """Section 7."""
    evidence, outcome, clusters, scores = (
        measured.evidence,
        measured.outcome,
        measured.clusters,
        measured.test_log_odds,
    )
    gini = gini_of(auc(scores, outcome, clusters))
    distance = ks_estimate(scores, outcome, clusters)
    gini_lines, ks_lines = lines(measured.policy, "gini"), lines(measured.policy, "ks")
    gates: list[Gate] = [
        gate(
            "gini",
            7,
            ("样本外基尼系数", "Gini on unseen rows"),
            light=gini_lines.with_interval(gini.value, gini.low),
            found=_same_pair(shown(gini)),
            line=gini_lines.as_words(),
            figure=gini.value,
        ),
        gate(
            "ks",
            7,
            ("样本外KS", "KS on unseen rows"),
            light=ks_lines.with_interval(distance.value, distance.low),
            found=_same_pair(shown(distance)),
            line=ks_lines.as_words(),
            figure=distance.value,
        ),
    ]
    before = gini_of(auc(measured.development_log_odds, evidence.development.outcome, _development(measured)))
    unseen = evidence.development_log_odds is not None
    drop = before.value - gini.value
    drop_lines = lines(measured.policy, "gini_drop")
    softened = not unseen and drop_lines.light(drop) == "red"
    why = words(
        "；开发样本为样本内打分，起点偏高，故红降为黄，不阻断",
        "; development was scored in-sample, which flatters it, so red counts as amber and does not bar",
    )
    line_zh, line_en = drop_lines.as_words()
    gates.append(
        gate(
            "gini_drop",
            7,
            ("基尼系数下降", "Drop of Gini"),
            light="amber" if softened else drop_lines.light(drop),
            found=(
                f"{before.value:.3f} → {gini.value:.3f}（下降 {drop:+.3f}）",
                f"{before.value:.3f} → {gini.value:.3f} (drop {drop:+.3f})",
            ),
            line=(line_zh + why.zh, line_en + why.en) if softened else (line_zh, line_en),
            figure=drop,
            blocking=unseen,  # an in-sample figure flatters the start of the fall
        )
    )
    few = whole(measured.policy, "fewest_defaults")
    defaults = int(outcome.sum())
    observations = []
    if defaults < few:
        observations.append(
            Observation(
                code="few_defaults",
                severity="medium",
                section=7,
                words=words("检验样本违约太少", "The test has few defaults"),
                evidence=words(f"{defaults} 个，少于 {few}", f"{defaults}, fewer than {few}"),
                control=words("额度按模型不确定性封顶", "limits are capped by the model-uncertainty ceiling"),
            )
        )
    segments, weak = _segments(measured)
    if weak:
        observations.append(
            Observation(
                code="weak_discrimination",
                severity="medium",
                section=7,
                words=words("部分客群区分能力不足", "Discrimination is weak in some segments"),
                evidence=same(", ".join(weak[:6])),
                control=words("该类客群交由人工审核", "refer these segments to a person"),
            )
        )
    false, true, _ = roc_curve(outcome, scores)
    at = np.unique(np.linspace(0, len(false) - 1, ROC_POINTS).astype(np.int64))
    charts = (
        Chart(
            code="roc",
            kind="roc",
            words=words("ROC 曲线", "ROC curve"),
            x_words=words("正常企业被判为高风险的比例", "Share of good ones above the cut"),
            y_words=words("违约企业被捕获的比例", "Share of defaults above the cut"),
            series=(
                Series(
                    code="model",
                    words=words("本模型", "this model"),
                    x=tuple(number(float(value)) or 0.0 for value in false[at]),
                    y=tuple(number(float(value)) or 0.0 for value in true[at]),
                ),
            ),
        ),
        _distribution(measured),
    )
    seen = words("已由未见过该行的模型打分", "scored unseen") if unseen else words("样本内", "in-sample: it flatters")
    section = Section(
        number=7,
        code="discrimination",
        words=words("区分能力", "Discrimination"),
        light=worst([each.light for each in gates]),
        statements=(
            statement(
                f"Gini {shown(gini)}，KS {shown(distance)}；{len(outcome):,} 行、{clusters.count:,} 家企业、"
                f"{defaults:,} 个违约。区间为95 %，按企业聚类。",
                f"Gini {shown(gini)}, KS {shown(distance)}; {len(outcome):,} rows of {clusters.count:,} enterprises, "
                f"{defaults:,} defaults. Intervals are of 95 %, clustered by enterprise.",
                gates[0].light,
            ),
            statement(
                f"开发样本 Gini {shown(before)}（{seen.zh}）。",
                f"Development Gini {shown(before)} ({seen.en}).",
            ),
        ),
        tables=(segments,),
        charts=charts,
    )
    return Part(section, tuple(gates), tuple(observations))


def _development(measured: Measured) -> Clusters:
    return Clusters(measured.evidence.development.enterprise)


def _same_pair(text: str) -> tuple[str, str]:
    return text, text


def _segments(measured: Measured) -> tuple[Table, list[str]]:
    """Each value of each segment; a value with too few defaults is named but not judged."""
    test, scores, outcome = measured.evidence.test, measured.test_log_odds, measured.outcome
    fewest, limits = whole(measured.policy, "segment_defaults"), lines(measured.policy, "gini")
    rows: list[tuple[Cell, ...]] = []
    weak = []
    for code, values in sorted(test.segments.items()):
        known, counts = np.unique(values, return_counts=True)
        by_size = sorted((-int(count), str(value)) for value, count in zip(known, counts, strict=True) if value)
        for _, value in by_size[:MOST_VALUES]:
            here = values == value
            part = test.rows(here)
            defaults = int(part.outcome.sum())
            head: tuple[Cell, ...] = (segment_words(code), value, len(part), entities(part), defaults)
            if not fewest <= defaults <= len(part) - fewest:
                rows.append((*head, float(part.outcome.mean()), None, None, "grey"))
                continue
            gini = gini_of(auc(scores[here], outcome[here], Clusters(part.enterprise)))
            light: Light = limits.light(gini.value)
            if light == "red":
                weak.append(f"{code} {value}")
            distance = ks(scores[None, here], outcome[here])
            rows.append((*head, float(part.outcome.mean()), interval(gini), distance, light))
    found = table(
        "segments",
        ("分客群区分能力", "Discrimination by segment"),
        [
            ("segment", "客群", "Segment", "words"),
            ("value", "取值", "Value", "text"),
            ("rows", "行", "Rows", "count"),
            ("enterprises", "企业", "Enterprises", "count"),
            ("defaults", "违约", "Defaults", "count"),
            ("default_rate", "违约率", "Default rate", "percent"),
            ("gini", "Gini [95 %]", "Gini [95 %]", "interval"),
            ("ks", "KS", "KS", "number"),
            ("light", "判断", "Light", "light"),
        ],
        rows,
        (
            f"违约或正常少于 {fewest} 个的客群不单独评价。" if rows else "没有已知客群。",
            f"A segment with fewer than {fewest} of either outcome is not judged alone."
            if rows
            else "No segment is known.",
        ),
    )
    return found, weak


def _distribution(measured: Measured) -> Chart:
    """Histogram of the log-odds of defaults and of the rest, each as a share of its own."""
    scores, outcome = measured.test_log_odds, measured.outcome
    low, high = (float(end) for end in np.quantile(scores, [0.001, 0.999]))
    edges = np.linspace(low, high, 31)
    middle = (edges[:-1] + edges[1:]) / 2
    series = []
    for code, zh, en, here in (
        ("good", "正常", "good", outcome == 0),
        ("default", "违约", "defaulted", outcome == 1),
    ):
        counts, _ = np.histogram(np.clip(scores[here], edges[0], edges[-1]), bins=edges)
        series.append(
            Series(
                code=code,
                words=words(zh, en),
                x=tuple(number(float(value)) or 0.0 for value in middle),
                y=tuple(number(float(value)) or 0.0 for value in counts / max(here.sum(), 1)),
            )
        )
    return Chart(
        code="distribution",
        kind="histogram",
        words=words("得分分布（违约对数几率）", "Distribution of scores (log-odds of default)"),
        x_words=words("违约对数几率", "log-odds of default"),
        y_words=words("占比", "share"),
        series=tuple(series),
    )
