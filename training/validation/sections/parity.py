"""14 Implementation parity: the stored bundle gives the same bits, one row alone the same as among many."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from models import __version__
from models.bundle import Bundle
from models.default_probability import score_features
from training.validation.feature_rows import feature_rows
from training.validation.lights import gate, worst
from training.validation.measured import Measured, Part, spread_rows
from training.validation.report import Cell, Gate, Light, Section, Statement, Words
from training.validation.writing import statement, table, words

MOST_ROWS, ALONE = 2_000, 25


def parity(measured: Measured) -> Part:
    """Section 14."""
    bundle, test = measured.bundle, measured.evidence.test
    rows = feature_rows(test.matrix[spread_rows(len(test), MOST_ROWS)], bundle)
    many = score_features(rows, bundle)
    with tempfile.TemporaryDirectory() as folder:
        reloaded = Bundle.load(bundle.write(Path(folder) / "bundle"))
    again = score_features(rows, reloaded)
    ones = [score_features(rows.slice(row, 1), bundle) for row in range(min(ALONE, len(rows)))]
    turned = score_features(rows.take(np.arange(len(rows))[::-1]), bundle)
    direct = measured.score(many.values)
    checks: list[tuple[Words, int, int]] = [
        (
            words("写盘再读入，得分与贡献逐位相同", "Written and read back: scores and contributions the same bits"),
            len(many),
            _different(many.points, again.points) + _different(many.contributions, again.contributions),
        ),
        (
            words("读入后摘要相同", "The digest is the same after reading"),
            1,
            int(reloaded.digest != bundle.digest),
        ),
        (
            words("单行与批量逐位相同", "One row alone: the same bits as among many"),
            len(ones),
            sum(
                _different(one.points, many.points[row : row + 1])
                + _different(one.contributions, many.contributions[row : row + 1])
                for row, one in enumerate(ones)
            ),
        ),
        (
            words("行的顺序无关", "The order of the rows does not matter"),
            len(many),
            _different(turned.points[::-1], many.points),
        ),
        (
            words("打分路径与直接读树一致", "The scoring path agrees with the trees read directly"),
            len(many),
            int((np.abs(bundle.points.at_even_odds - bundle.points.per_log_odds * direct - many.points) > 1e-9).sum()),
        ),
    ]
    if measured.evidence.directory is not None:
        stored = Bundle.load(measured.evidence.directory)
        checks.append(
            (
                words("所存模型包即所验证者", "The stored bundle is the one validated"),
                1,
                int(stored.digest != bundle.digest),
            )
        )
    wrong = sum(count for _, _, count in checks)
    light: Light = "red" if wrong else "green"
    found = (f"{len(checks)} 项，{wrong} 处不同", f"{len(checks)} checks, {wrong} differences")
    reproduced = _reproduced(measured)
    made = gate(
        "parity",
        14,
        ("实现一致性", "Implementation parity"),
        light=light,
        found=found,
        line=("无不同", "no difference"),
    )
    listed: list[tuple[Cell, ...]] = [
        (title, looked, count, "red" if count else "green") for title, looked, count in checks
    ]
    section = Section(
        number=14,
        code="parity",
        words=words("实现一致性与延迟", "Implementation parity and latency"),
        light=worst([light, *(each.light for each in reproduced)]),
        statements=(
            *(Statement(words=each.found, light=each.light) for each in reproduced),
            statement(
                "延迟随机器而变，不进入本报告（同样的输入须得到同样的报告）；"
                "assetlight validate 打印实测值并写入 latency.json。",
                "Latency depends on the machine and stays out of this report, which is the same for the same input; "
                "assetlight validate prints what it measured and writes latency.json beside it.",
            ),
        ),
        tables=(
            table(
                "checks",
                ("检查项", "Checks"),
                [
                    ("check", "检查", "Check", "words"),
                    ("looked", "次数", "Looks", "count"),
                    ("different", "不同", "Differences", "count"),
                    ("light", "判断", "Light", "light"),
                ],
                listed,
            ),
        ),
        charts=(),
    )
    return Part(section, (made, *reproduced))


def _reproduced(measured: Measured) -> tuple[Gate, ...]:
    """Whether training a second time gave the same bundle; nothing where nobody did."""
    again = measured.evidence.reproduction
    if again is None:
        return ()
    if again.same_bundle:
        light: Light = "green"
        found = (
            "由记录重新训练得到同一模型包，摘要相同",
            "trained again from the records: the same bundle, digest for digest",
        )
    elif again.same_rows:
        light = "amber"
        found = (
            f"同样的行，重新训练得到另一模型包 {again.digest[:12]}（代码 {again.code_version} 与 {__version__}）",
            f"the same rows gave another bundle, {again.digest[:12]} (code {again.code_version} and {__version__})",
        )
    else:
        light = "amber"
        found = ("记录已变：行与训练时不同", "the records have changed: the rows are not those of the training")
    return (
        gate(
            "reproduction",
            14,
            ("由记录重现", "Reproduced from the records"),
            light=light,
            found=found,
            line=("摘要相同", "the same digest"),
            blocking=False,
        ),
    )


def _different(one: np.ndarray, other: np.ndarray) -> int:
    """How many values differ in a bit; two NaN are the same."""
    return int((~((one == other) | (np.isnan(one) & np.isnan(other)))).sum())
