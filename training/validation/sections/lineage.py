"""3 Data lineage and quality."""

from __future__ import annotations

import numpy as np

from models.bundle import SIMULATED
from training.validation.lights import gate, lines, worst
from training.validation.measured import Measured, Observation, Part, entities, feed_words
from training.validation.report import Cell, Light, Section, Statement, Table, Words
from training.validation.writing import same, statement, table, words


def lineage(measured: Measured) -> Part:
    """Section 3."""
    facts, bundle = measured.evidence.lineage, measured.bundle
    origins = sorted({*facts.data_origin, *bundle.data_origin})
    statements: list[Statement] = [
        statement(
            f"数据来源：{'、'.join(origins) or '未说明'}；标签来源：{facts.label_origin or bundle.label_origin}。",
            f"Origin of the data: {', '.join(origins) or 'not stated'}; of the labels: "
            f"{facts.label_origin or bundle.label_origin}.",
        )
    ]
    observations = []
    if bundle.simulated:
        statements.insert(
            0,
            statement(
                "本报告的全部数字来自模拟数据：只证明流程可用，不证明预测能力。",
                "EVERY FIGURE OF THIS REPORT COMES FROM SIMULATED DATA: it proves mechanics, not predictive power.",
                "amber",
            ),
        )
        observations.append(
            Observation(
                code="simulated_data",
                severity="high",
                section=3,
                words=words("训练与检验数据是模拟的", "Training and test data are simulated"),
                evidence=words(
                    f"数据来源 {'、'.join(origins)}",
                    f"origin {', '.join(origins)}" + ("" if SIMULATED in " ".join(origins) else ", labels simulated"),
                ),
                control=words(
                    "只用于演示与测试；以真实数据重新训练并验证后方可用于授信",
                    "demonstration and tests only; train and validate on real data before any lending",
                ),
            )
        )
    if facts.consent is None:
        observations.append(
            Observation(
                code="consent",
                severity="low",
                section=3,
                words=words("数据使用的合法性与授权未随数据说明", "Lawful purpose and consent are not stated"),
                evidence=words("数据说明中没有授权声明", "no statement came with the data"),
                control=words(
                    "上线前由数据合规部门确认来源与授权",
                    "data compliance confirms source and consent before use",
                ),
            )
        )
    else:
        statements.append(statement(*facts.consent))
    feeds, light, rise = _feeds(measured)
    tables = [_samples(measured), feeds, _missing(measured)]
    if facts.excluded:
        tables.insert(
            1,
            table(
                "excluded",
                ("未使用的行", "Rows not used"),
                [("reason", "原因", "Reason", "words"), ("rows", "行数", "Rows", "count")],
                [(words(zh, en), count) for zh, en, count in facts.excluded],
            ),
        )
    if facts.days:
        tables.insert(1, _days(measured))
    if facts.digests:
        tables.append(
            table(
                "digests",
                ("数据摘要", "Digests of the data"),
                [("what", "内容", "What", "text"), ("sha256", "SHA-256", "SHA-256", "text")],
                list(facts.digests.items()),
            )
        )
    if facts.left_out:
        tables.append(
            table(
                "left_out",
                ("未用特征", "Features left out"),
                [("feature", "特征", "Feature", "text"), ("reason", "原因", "Reason", "text")],
                [(name, in_both(reason)) for name, reason in facts.left_out.items()],
            )
        )
    low, high = lines(measured.policy, "feed_missing").as_words()
    judged = gate(
        "feed_missing",
        3,
        ("数据源缺失率的上升", "Rise of the share without a feed"),
        light=light,
        found=(f"最多上升 {rise:.1%}", f"at most {rise:.1%}"),
        figure=rise,
        line=(low, high),
        blocking=False,
    )
    section = Section(
        number=3,
        code="lineage",
        words=words("数据来源与质量", "Data lineage and quality"),
        light=worst([light, "amber" if bundle.simulated else "green"]),
        statements=tuple(statements),
        tables=tuple(tables),
        charts=(),
    )
    return Part(section, (judged,), tuple(observations))


def _samples(measured: Measured) -> Table:
    evidence = measured.evidence
    rows: list[tuple[Cell, ...]] = []
    for title, part in (
        (words("开发样本", "Development"), evidence.development),
        (words("检验样本", "Test"), evidence.test),
    ):
        days = [day.isoformat() for day in part.days]
        rows.append(
            (
                title,
                len(part),
                entities(part),
                int(part.outcome.sum()),
                float(part.outcome.mean()),
                float(np.isnan(part.matrix).mean()),
                same(f"{days[0]} – {days[-1]} ({len(days)})") if days else words("无日期", "no day"),
            )
        )
    return table(
        "samples",
        ("样本", "Samples"),
        [
            ("sample", "样本", "Sample", "words"),
            ("rows", "行", "Rows", "count"),
            ("enterprises", "企业", "Enterprises", "count"),
            ("defaults", "违约", "Defaults", "count"),
            ("default_rate", "违约率", "Default rate", "percent"),
            ("missing", "缺失率", "Missing values", "percent"),
            ("days", "时点", "Days", "words"),
        ],
        rows,
    )


def _days(measured: Measured) -> Table:
    known = ("as_of", "borrowers", "already_defaulted", "immature", "rows", "defaults")
    return table(
        "days",
        ("各时点的行数", "Rows by day"),
        [
            ("as_of", "时点", "As of", "text"),
            ("borrowers", "借款企业", "Borrowers", "count"),
            ("already_defaulted", "已违约（剔除）", "Already in default (left out)", "count"),
            ("immature", "观察期未满（剔除）", "Immature (left out)", "count"),
            ("rows", "行", "Rows", "count"),
            ("defaults", "违约", "Defaults", "count"),
        ],
        [tuple(day.get(name) for name in known) for day in measured.evidence.lineage.days],
    )


def _feeds(measured: Measured) -> tuple[Table, Light, float]:
    """Share of rows without a feed, before and after; the light of the rise, and the largest rise."""
    limits = lines(measured.policy, "feed_missing")
    before, after = measured.evidence.development.matrix, measured.evidence.test.matrix
    rows: list[tuple[Cell, ...]] = []
    lights: list[Light] = []
    largest = 0.0
    for feed, columns in measured.feeds.items():
        absent = [float(np.isnan(part[:, columns]).all(axis=1).mean()) for part in (before, after)]
        rise = max(absent[1] - absent[0], 0.0)
        largest = max(largest, rise)
        light = limits.light(rise)
        lights.append(light)
        rows.append((feed_words(measured, columns, feed), len(columns), *absent, light))
    return (
        table(
            "feeds",
            ("数据源接入", "Feeds"),
            [
                ("feed", "数据源", "Feed", "words"),
                ("features", "特征数", "Features", "count"),
                ("absent_development", "开发样本缺失", "Absent, development", "percent"),
                ("absent_test", "检验样本缺失", "Absent, test", "percent"),
                ("light", "判断", "Light", "light"),
            ],
            rows,
            ("判断看缺失率的上升。", "The light judges the rise."),
        ),
        worst(lights),
        largest,
    )


def _missing(measured: Measured) -> Table:
    before, after = measured.evidence.development.matrix, measured.evidence.test.matrix
    rows = sorted(
        (
            (name, measured.words(name), float(np.isnan(before[:, at]).mean()), float(np.isnan(after[:, at]).mean()))
            for at, name in enumerate(measured.bundle.features)
        ),
        key=lambda row: (-row[3], row[0]),
    )
    return table(
        "missing",
        ("特征缺失率", "Missing values by feature"),
        [
            ("feature", "特征", "Feature", "text"),
            ("words", "含义", "Meaning", "words"),
            ("missing_development", "开发样本", "Development", "percent"),
            ("missing_test", "检验样本", "Test", "percent"),
        ],
        rows,
    )


def in_both(reason: str) -> Words:
    """The words of a model card, which has Chinese and English in one line, each for itself."""
    zh, _, en = reason.partition(" / ")
    return Words(zh=zh, en=en or zh)
