"""5 Conceptual soundness: every feature with its direction, unit and meaning, and whether its sign holds alone."""

from __future__ import annotations

import numpy as np

from training.clustered import Clusters, auc
from training.discrimination import Estimate
from training.sample import Sample
from training.validation.lights import gate, value, worst
from training.validation.measured import Measured, Observation, Part, spread_rows
from training.validation.report import Cell, Light, Section
from training.validation.sweep import sweep
from training.validation.writing import FEATURES, interval, statement, table, words

MOST_ROWS = 20_000
FEWEST_DEFAULTS = 20
ARROWS = {1: "↑", -1: "↓", 0: "·"}
VERDICTS = {
    "too few": words("违约太少", "too few defaults"),
    "dead": words("单独看无区分力", "says nothing alone"),
    "tells": words("有区分力", "tells apart"),
    "as expected": words("符号相符", "as expected"),
    "inverted": words("符号相反", "against its sign"),
}


def soundness(measured: Measured) -> Part:
    """Section 5."""
    evidence, bundle = measured.evidence, measured.bundle
    sample = evidence.development.rows(spread_rows(len(evidence.development), MOST_ROWS))
    rows: list[tuple[Cell, ...]] = []
    inverted = []
    for at, name in enumerate(bundle.features):
        area = _alone(sample, at, bundle.directions[at])
        verdict = _verdict(area, bundle.directions[at])
        if verdict == "inverted":
            inverted.append(name)
        feature = FEATURES.get(name)
        rows.append(
            (
                name,
                measured.words(name),
                measured.family[at],
                (feature.unit if feature else evidence.test.units[at]) or "–",
                ARROWS[bundle.directions[at]],
                float(measured.gain[at]),
                interval(area),
                VERDICTS[verdict],
                "amber" if verdict == "inverted" else "grey" if verdict == "too few" else "green",
            )
        )
    rows.sort(key=lambda row: -float(str(row[5])))
    monotone, sentence = _monotone(measured)
    largest = float(measured.gain.max()) if len(measured.gain) else 0.0
    most = value(measured.policy, "single_gain")
    leaning: Light = "amber" if largest > most else "green"
    top = bundle.features[int(np.argmax(measured.gain))]
    gates = (
        gate(
            "monotone",
            5,
            ("单调性逐点扫描", "Monotonicity, swept by brute force"),
            light=monotone,
            found=sentence,
            line=("违反次数为0", "no violation"),
        ),
        gate(
            "single_gain",
            5,
            ("对单一特征的依赖", "Leaning on one feature"),
            light=leaning,
            found=(f"{top} 占 {largest:.0%}", f"{top} has {largest:.0%}"),
            line=(f"≤ {most:.0%}", f"≤ {most:.0%}"),
            figure=largest,
            blocking=False,
        ),
    )
    observations: tuple[Observation, ...] = ()
    if inverted:
        shown = ", ".join(inverted[:6])
        observations = (
            Observation(
                code="signs",
                severity="low",
                section=5,
                words=words("部分特征单独看与方向相反", "Some features alone point against their direction"),
                evidence=words(f"{len(inverted)} 个：{shown}", f"{len(inverted)}: {shown}"),
                control=words("模型按方向单调，反向取值不会加分", "the trees are held to the direction all the same"),
            ),
        )
    section = Section(
        number=5,
        code="soundness",
        words=words("概念合理性", "Conceptual soundness"),
        light=worst([monotone, leaning, "amber" if inverted else "green"]),
        statements=(
            statement(
                "方向来自特征目录，是先验业务判断；AUC 按方向取向，高于0.5即相符。",
                "Directions come from the catalogue: they are business judgement made beforehand. The AUC is turned by "
                "the direction, so above 0.5 agrees.",
            ),
            statement(*sentence, monotone),
        ),
        tables=(
            table(
                "features",
                ("特征与符号检验", "Features and sign checks"),
                [
                    ("feature", "特征", "Feature", "text"),
                    ("words", "含义", "Meaning", "words"),
                    ("family", "类别", "Family", "text"),
                    ("unit", "单位", "Unit", "text"),
                    ("direction", "方向", "Risk", "text"),
                    ("gain", "增益占比", "Gain", "percent"),
                    ("auc", "单独AUC", "AUC alone", "interval"),
                    ("verdict", "结论", "Verdict", "words"),
                    ("light", "判断", "Light", "light"),
                ],
                rows,
                (
                    "方向：↑ 数值越大风险越高，↓ 越低，· 不限。样本为开发样本。",
                    "Risk: ↑ a larger value raises it, ↓ lowers it, · free. On the development sample.",
                ),
            ),
        ),
        charts=(),
    )
    return Part(section, gates, observations)


def _alone(sample: Sample, at: int, direction: int) -> Estimate | None:
    column = sample.matrix[:, at]
    known = ~np.isnan(column)
    defaults = int(sample.outcome[known].sum())
    if not FEWEST_DEFAULTS <= defaults < int(known.sum()):
        return None
    return auc(column[known] * (direction or 1), sample.outcome[known], Clusters(sample.enterprise[known]))


def _verdict(area: Estimate | None, direction: int) -> str:
    if area is None:
        return "too few"
    if area.low <= 0.5 <= area.high:
        return "dead"
    if not direction:
        return "tells"
    return "as expected" if area.value > 0.5 else "inverted"


def _monotone(measured: Measured) -> tuple[Light, tuple[str, str]]:
    """Sweep the stored bundle anew: what training swept was the model in memory."""
    swept = sweep(measured.bundle, measured.evidence.development.matrix)
    if swept.turned:
        names = ", ".join(name for name, _ in swept.turned[:6])
        return "red", (f"违反方向：{names}", f"turns against its direction: {names}")
    return "green", (
        f"扫描 {swept.features} 个特征、{swept.scores:,} 个得分，无违反。",
        f"{swept.features} features swept, {swept.scores:,} scores, no violation.",
    )
