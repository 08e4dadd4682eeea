"""12 Explanation: contributions add up, agree with another implementation, are faithful and stable."""

from __future__ import annotations

import warnings

import numpy as np

from models.default_probability import ProbabilityColumns, score_features
from models.default_probability.matrix import filled
from training.sample import Matrix
from training.validation.feature_rows import feature_rows
from training.validation.lights import gate, lines, value, worst
from training.validation.measured import Measured, Part, spread_rows
from training.validation.report import Chart, Gate, Section, Series, Table
from training.validation.writing import number, statement, table, words

MOST_ROWS = 300
TOP = 4  # reasons that a person reads
DRAWS = 5  # of random features, per row
MOST_BARS = 15
SEED = 20


def explanation(measured: Measured) -> Part:
    """Section 12."""
    test = measured.evidence.test
    matrix = test.matrix[spread_rows(len(test), MOST_ROWS)]
    explained = score_features(feature_rows(matrix, measured.bundle), measured.bundle)
    residual = float(np.abs(explained.base_points + explained.contributions.sum(axis=1) - explained.points).max())
    other = _by_shap(matrix, measured)
    gap = float(np.abs(other - explained.contributions).max())
    wins, top_move, random_move = _deletion(matrix, explained, measured)
    overlap = _overlap(matrix, explained, measured)
    most = value(measured.policy, "explanation_residual")
    wins_lines, overlap_lines = lines(measured.policy, "deletion_win"), lines(measured.policy, "reason_overlap")
    gates: list[Gate] = [
        gate(
            "additivity",
            12,
            ("贡献合计等于得分", "Contributions add up to the score"),
            light="green" if residual <= most else "red",
            found=("相等", "they add up")
            if residual <= most
            else (f"最大差 {residual:.1e} 分", f"largest gap {residual:.1e} points"),
            line=(f"差 ≤ {most:.0e} 分", f"gap ≤ {most:.0e} points"),
            figure=residual if residual > most else 0.0,  # below the line the last bits are the processor's
        ),
        gate(
            "other_implementation",
            12,
            ("与 shap.TreeExplainer 一致", "Agrees with shap.TreeExplainer"),
            light="green" if gap <= 1e-6 else "red",
            found=("一致", "they agree") if gap <= 1e-6 else (f"最大差 {gap:.1e} 分", f"largest gap {gap:.1e} points"),
            line=("≤ 1e-06 分", "≤ 1e-06 points"),
            figure=gap if gap > 1e-6 else 0.0,
            blocking=False,
        ),
        gate(
            "deletion",
            12,
            ("删除检验", "Deletion test"),
            light=wins_lines.light(wins),
            found=(
                f"{wins:.0%} 的行；前{TOP}个移动 {top_move:.1f} 分，随机 {random_move:.1f} 分",
                f"{wins:.0%} of the rows; the top {TOP} move it {top_move:.1f} points, random ones {random_move:.1f}",
            ),
            line=wins_lines.as_words(),
            figure=wins,
            blocking=False,
        ),
        gate(
            "reason_overlap",
            12,
            ("原因的稳定性", "Stability of the reasons"),
            light=overlap_lines.light(overlap),
            found=(f"前{TOP}个重合 {overlap:.0%}", f"top {TOP} overlap {overlap:.0%}"),
            line=overlap_lines.as_words(),
            figure=overlap,
            blocking=False,
        ),
    ]
    noise = value(measured.policy, "noise_share")
    section = Section(
        number=12,
        code="explanation",
        words=words("解释的忠实与稳定", "Explanation fidelity and stability"),
        light=worst([each.light for each in gates]),
        statements=(
            statement(
                f"{len(matrix)} 行：贡献与基准分之和等于得分（{gates[0].found.zh}）；{gates[1].found.zh}。",
                f"{len(matrix)} rows: base and contributions add up to the score ({gates[0].found.en}); against shap: "
                f"{gates[1].found.en}.",
                worst([gates[0].light, gates[1].light]),
            ),
            statement(
                f"删除检验：把贡献最大的 {TOP} 个特征换成中位值，与随机 {TOP} 个相比：{gates[2].found.zh}。",
                f"Deletion: the {TOP} features that contribute most are set to their median, against {TOP} random "
                f"ones: {gates[2].found.en}.",
                gates[2].light,
            ),
            statement(
                f"扰动 {noise:.0%} 个标准差后，{gates[3].found.zh}。",
                f"Under noise of {noise:.0%} of a standard deviation: {gates[3].found.en}.",
                gates[3].light,
            ),
            statement("归因不是因果。", "Attribution is not causation."),
        ),
        tables=(_strength(explained, measured),),
        charts=(_bars(explained, measured),),
    )
    return Part(section, tuple(gates))


def _by_shap(matrix: Matrix, measured: Measured) -> Matrix:
    """The contributions in points by shap, from the filled rows."""
    bundle = measured.bundle
    with warnings.catch_warnings():
        # Its plots set up colour maps in a way that matplotlib will drop, and it announces the shape of its answer.
        warnings.simplefilter("ignore")
        import shap  # noqa: PLC0415  (it takes seconds to import)

        found = np.asarray(shap.TreeExplainer(bundle.booster).shap_values(filled(matrix, bundle)))
    found = found[..., 1] if found.ndim == 3 else found
    return (-bundle.points.per_log_odds * bundle.calibration.slope) * found


def _medians(measured: Measured) -> Matrix:
    development = measured.evidence.development.matrix
    return np.array(
        [
            float(np.median(column[~np.isnan(column)])) if (~np.isnan(column)).any() else np.nan
            for column in development.T
        ]
    )


def _deletion(matrix: Matrix, explained: ProbabilityColumns, measured: Measured) -> tuple[float, float, float]:
    """Share of the rows where the top features move the score more than random others, and both mean moves (points)."""
    neutral, width = _medians(measured), matrix.shape[1]
    count = min(TOP, max(1, width // 2))
    order = np.argsort(-np.abs(explained.contributions), axis=1, kind="stable")
    base = measured.score(matrix)
    per_log_odds = measured.bundle.points.per_log_odds

    def moved(columns: np.ndarray) -> Matrix:
        without = matrix.copy()
        rows = np.arange(len(matrix))[:, None]
        without[rows, columns] = neutral[columns]
        return np.abs(measured.score(without) - base) * per_log_odds

    top = moved(order[:, :count])
    rng = np.random.default_rng(SEED)
    others = order[:, count:] if width > count else order
    draws = [
        moved(np.take_along_axis(others, _picks(rng, len(matrix), others.shape[1], count), axis=1))
        for _ in range(DRAWS)
    ]
    random = np.mean(draws, axis=0)
    return float((top > random).mean()), float(top.mean()), float(random.mean())


def _picks(rng: np.random.Generator, rows: int, width: int, count: int) -> np.ndarray:
    return np.argsort(rng.random((rows, width)), axis=1)[:, : min(count, width)]


def _overlap(matrix: Matrix, explained: ProbabilityColumns, measured: Measured) -> float:
    """Mean share of the top reasons that stay under small noise on every known value."""
    development = measured.evidence.development.matrix
    spread = np.array(
        [float(column[~np.isnan(column)].std()) if (~np.isnan(column)).any() else 0.0 for column in development.T]
    )
    noise = np.random.default_rng(SEED).standard_normal(matrix.shape) * spread * value(measured.policy, "noise_share")
    again = score_features(feature_rows(matrix + noise, measured.bundle), measured.bundle)
    count = min(TOP, matrix.shape[1])
    first, second = (
        np.argsort(-np.abs(each.contributions), axis=1, kind="stable")[:, :count] for each in (explained, again)
    )
    return float(np.mean([len(np.intersect1d(a, b)) / count for a, b in zip(first, second, strict=True)]))


def _order(explained: ProbabilityColumns) -> tuple[np.ndarray, Matrix]:
    strength = np.abs(explained.contributions).mean(axis=0)
    return np.argsort(-strength, kind="stable"), strength


def _strength(explained: ProbabilityColumns, measured: Measured) -> Table:
    order, strength = _order(explained)
    names = measured.bundle.features
    hurting = (explained.contributions < 0).mean(axis=0)
    first = np.bincount(np.argmin(explained.contributions, axis=1), minlength=len(names)) / len(explained)
    return table(
        "contributions",
        ("贡献（分）", "Contributions (points)"),
        [
            ("feature", "特征", "Feature", "text"),
            ("words", "含义", "Meaning", "words"),
            ("strength", "平均绝对贡献", "Mean absolute", "number"),
            ("hurting", "拉低得分的比例", "Share of rows it hurts", "percent"),
            ("first", "首要不利原因的比例", "First reason against", "percent"),
        ],
        [
            (names[at], measured.words(names[at]), float(strength[at]), float(hurting[at]), float(first[at]))
            for at in order.tolist()
        ],
    )


def _bars(explained: ProbabilityColumns, measured: Measured) -> Chart:
    order, strength = _order(explained)
    order = order[:MOST_BARS]
    names = measured.bundle.features
    return Chart(
        code="contributions",
        kind="bars",
        words=words("平均贡献最大的特征（分）", "Features by mean contribution (points)"),
        x_words=words("平均绝对贡献（分）", "mean absolute contribution (points)"),
        y_words=words("特征", "feature"),
        series=(
            Series(
                code="contribution",
                words=words("平均绝对贡献", "mean absolute contribution"),
                x=tuple(float(place) for place in range(len(order))),
                y=tuple(number(float(strength[at])) or 0.0 for at in order),
                labels=tuple(measured.words(names[int(at)]) for at in order),
            ),
        ),
    )
