"""6 Alternatives: other models on the very same rows, with paired differences."""

from __future__ import annotations

import numpy as np

from training.clustered import auc, auc_difference, brier, calibration, ks_estimate
from training.discrimination import Estimate
from training.validation.lights import gate
from training.validation.measured import Measured, Observation, Part
from training.validation.report import Cell, Light, Section, Statement
from training.validation.sections.in_force import in_force_statements, in_force_tables
from training.validation.writing import interval, shown, statement, table, words


def challengers(measured: Measured) -> Part:
    """Section 6."""
    evidence, outcome, clusters = measured.evidence, measured.outcome, measured.clusters
    champion = measured.test_log_odds
    area = auc(champion, outcome, clusters)
    rows: list[tuple[Cell, ...]] = [_row("本模型", "This model", champion, measured, probability=True)]
    differences: list[tuple[str, str, Estimate]] = []
    for other in evidence.challengers:
        difference = auc_difference(champion, other.log_odds, outcome, clusters)
        differences.append((other.zh, other.en, difference))
        row = _row(other.zh, other.en, other.log_odds, measured, probability=other.probability)
        rows.append((*row[:-1], interval(difference)))
    better = [(zh, en, each) for zh, en, each in differences if each.high < 0]
    equal = [(zh, en, each) for zh, en, each in differences if each.low <= 0 <= each.high]
    light: Light = "grey" if not differences else "red" if better else "amber" if equal else "green"
    statements: list[Statement] = []
    for zh, en, each in differences:
        if each.low > 0:
            words_zh, words_en, mark = f"区分能力高于{zh}", f"Orders defaults better than {en}", "green"
        elif each.high < 0:
            words_zh, words_en, mark = f"区分能力低于{zh}", f"Orders defaults worse than {en}", "red"
        else:
            words_zh, words_en, mark = f"{zh}与本模型相当", f"{en} is as good on this sample", "amber"
        statements.append(
            statement(
                f"{words_zh}：AUC 差 {shown(each)}。",
                f"{words_en}: AUC difference {shown(each)}.",
                mark,  # type: ignore[arg-type]
            )
        )
    if not differences:
        statements.append(statement("没有挑战者模型。", "There is no challenger.", "amber"))
    settings = [
        (words(each.zh, each.en), words(each.zh_settings or "–", each.en_settings or "–"))
        for each in evidence.challengers
        if each.zh_settings or each.en_settings
    ]
    best = max((-each.value for _, _, each in differences), default=0.0)
    gates = (
        gate(
            "challengers",
            6,
            ("没有更好的简单模型", "No challenger is better"),
            light="amber" if light == "red" else light,
            found=(f"最大优势 {best:+.3f}", f"largest advantage {best:+.3f}") if differences else ("无", "none"),
            line=("成对差区间不全在0以下", "no paired interval lies below 0"),
            figure=best if differences else None,
            blocking=False,
        ),
    )
    observations = tuple(
        Observation(
            code="challenger_better",
            severity="medium",
            section=6,
            words=words(f"{zh}区分能力更高", f"{en} orders defaults better"),
            evidence=words(f"AUC 差 {shown(each)}", f"AUC difference {shown(each)}"),
            control=words(
                "作为影子模型运行并按预定指标比较", "run it in shadow and compare by a metric fixed beforehand"
            ),
        )
        for zh, en, each in better
    )
    section = Section(
        number=6,
        code="challengers",
        words=words("替代方案与挑战者", "Alternatives and challengers"),
        light="amber" if light == "red" else light,
        statements=(
            statement(f"本模型 AUC {shown(area)}。", f"AUC of this model {shown(area)}."),
            *statements,
            *in_force_statements(evidence.against),
        ),
        tables=(
            table(
                "comparison",
                ("同一检验样本上的比较", "Compared on the same rows"),
                [
                    ("model", "模型", "Model", "words"),
                    ("auc", "AUC [95 %]", "AUC [95 %]", "interval"),
                    ("gini", "Gini", "Gini", "number"),
                    ("ks", "KS", "KS", "interval"),
                    ("brier", "Brier", "Brier", "interval"),
                    ("slope", "校准斜率", "Slope", "interval"),
                    ("difference", "AUC 差（本模型减去）", "AUC difference (this model minus)", "interval"),
                ],
                rows,
                (
                    "同样的分折、同样的校准；区间按企业聚类。",
                    "Same folds, same calibration; intervals are clustered by enterprise.",
                ),
            ),
            *(
                (
                    table(
                        "settings",
                        ("挑战者说明", "The challengers"),
                        [("model", "模型", "Model", "words"), ("settings", "说明", "Made with", "words")],
                        settings,
                    ),
                )
                if settings
                else ()
            ),
            *in_force_tables(evidence.against),
        ),
        charts=(),
    )
    return Part(section, gates, observations)


def _row(zh: str, en: str, log_odds: np.ndarray, measured: Measured, *, probability: bool) -> tuple[Cell, ...]:
    outcome, clusters = measured.outcome, measured.clusters
    area = auc(log_odds, outcome, clusters)
    slope = calibration(log_odds, outcome, clusters)["slope"] if probability else None
    return (
        words(zh, en),
        interval(area),
        2 * area.value - 1,
        interval(ks_estimate(log_odds, outcome, clusters)),
        interval(brier(log_odds, outcome, clusters)) if probability else None,
        interval(Estimate(slope["value"], slope["low"], slope["high"])) if slope else None,
        None,
    )
