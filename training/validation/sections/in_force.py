"""Of part 6: this model against the one in force, as the retraining job compared them and judged by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.discrimination import Estimate
from training.validation.report import Light, Statement, Table
from training.validation.writing import interval, shown, statement, table, words

METRICS: Mapping[str, tuple[str, str]] = {"auc": ("AUC", "AUC"), "brier": ("Brier", "Brier")}


def in_force_statements(against: Mapping[str, Any] | None) -> tuple[Statement, ...]:
    """How both were scored, and what the paired difference says; nothing where there was no model in force."""
    if against is None:
        return ()
    gain = Estimate(**against["auc"]["gain"])
    if against["identical"]:
        light: Light = "amber"
        said = ("与现用模型逐行打分完全相同", "Scores every row exactly as the model in force does")
    elif gain.low > 0:
        light, said = "green", ("区分能力高于现用模型", "Orders defaults better than the model in force")
    elif gain.high < 0:
        light, said = "red", ("区分能力低于现用模型", "Orders defaults worse than the model in force")
    else:
        light, said = "amber", ("与现用模型相当", "As good as the model in force on these rows")
    return (
        statement(f"{said[0]}：AUC 增益 {shown(gain, 4)}。", f"{said[1]}: gain in AUC {shown(gain, 4)}.", light),
        statement(str(against["scored"]["zh"]), str(against["scored"]["en"])),
    )


def in_force_tables(against: Mapping[str, Any] | None) -> tuple[Table, ...]:
    """AUC and Brier of both with the paired gain, positive where this model is better."""
    if against is None:
        return ()
    champion = str(against["champion"])[:12]
    return (
        table(
            "in_force",
            (f"与现用模型 {champion} 比较", f"Against the model in force, {champion}"),
            [
                ("metric", "指标", "Metric", "words"),
                ("this_model", "本模型", "This model", "interval"),
                ("in_force", "现用模型", "In force", "interval"),
                ("gain", "增益（成对）", "Gain (paired)", "interval"),
            ],
            [
                (
                    words(*METRICS[name]),
                    *(interval(Estimate(**against[name][who])) for who in ("challenger", "champion", "gain")),
                )
                for name in METRICS
            ],
            (
                f"{against['rows']:,} 行，{against['defaults']:,} 违约；区间按企业聚类。",
                f"{against['rows']:,} rows, {against['defaults']:,} defaults; intervals are clustered by enterprise.",
            ),
        ),
    )
