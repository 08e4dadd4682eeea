"""The sections about the run itself: summary, grades and limits, concentration, early warning, loss, failures."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np

from models.allocation.terms import GROUPS
from models.explanation.catalogue import OUTCOME_WORDS, rule_words
from models.limits.ceilings.early_warning import LEVELS
from service.batch.report.rows import GRADE_LABELS, NO_GRADE, Pair, RunRows, Vector, counted, places
from service.batch.report.value import (
    Cell,
    Chart,
    Section,
    Series,
    Table,
    Words,
    change,
    count,
    percent,
    text,
    yuan,
)

NOW, BEFORE = Words("本次", "this run"), Words("上次", "the run before")
GROUP_WORDS = {
    "industry": Words("行业", "industry"),
    "region": Words("地区", "region"),
    "park": Words("园区", "park"),
    "core_enterprise": Words("核心企业", "core enterprise"),
}
LEVEL_WORDS = {
    "normal": Words("正常", "normal"),
    "yellow": Words("黄色", "yellow"),
    "orange": Words("橙色", "orange"),
    "red": Words("红色", "red"),
}
SIZES_YUAN = (0, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000)  # upper ends of the classes of limits
MOST_NAMED = 10
NOT_SAID = Words("未知", "not stated")


def summary(run: RunRows, before: RunRows | None, loss_share: float) -> Section:
    """Counters, amounts, expected loss; beside those of the run before."""
    runs = [run] if before is None else [run, before]
    rows: list[tuple[Cell, ...]] = []

    def row(zh: str, en: str, values: list[float]) -> None:
        more = [values[0] - values[1]] if len(values) == 2 else []
        rows.append((Words(zh, en), *values, *more))

    for name, zh, en in (
        ("planned", "计划户数", "planned"), ("scored", "已评户数", "scored"), ("failed", "失败", "failed"),
    ):  # fmt: skip
        row(zh, en, [one.manifest["counters"][name] for one in runs])
    for code, words in OUTCOME_WORDS.items():
        row(words.zh, words.en, [one.manifest["outcomes"].get(code, 0) for one in runs])
    counters = Table(
        "counters",
        Words("户数", "Enterprises"),
        (text("指标", "figure"), count(*NOW), *((count(*BEFORE), change("变动", "change")) if before else ())),
        tuple(rows),
    )
    rows = []
    row("同意额度合计（元）", "limits given, yuan", [float(one.limits.sum()) for one in runs])
    row("预期损失（元）", "expected loss, yuan", [float(one.expected_loss(loss_share).sum()) for one in runs])
    amounts = Table(
        "amounts",
        Words("金额", "Amounts"),
        (text("指标", "figure"), yuan(*NOW), *((yuan(*BEFORE), yuan("变动", "change")) if before else ())),
        tuple(rows),
    )
    rows = []
    row("平均违约概率", "mean PD", [_mean(one.probability) for one in runs])
    row(
        "预期损失率", "expected loss / limits",
        [float(one.expected_loss(loss_share).sum()) / max(float(one.limits.sum()), 1.0) for one in runs],
    )  # fmt: skip
    rates = Table(
        "rates",
        Words("比率", "Rates"),
        (text("指标", "figure"), percent(*NOW), *((percent(*BEFORE), percent("变动", "change")) if before else ())),
        tuple(rows),
    )
    return Section("summary", Words("概览", "Summary"), tables=(counters, amounts, rates))


def grades_and_limits(run: RunRows, before: RunRows | None, loss_share: float) -> Section:
    """How many and how much by grade, and the classes of limits."""
    size = len(GRADE_LABELS)
    numbers, limits = counted(run.grades, size), counted(run.grades, size, run.limits)
    losses = counted(run.grades, size, run.expected_loss(loss_share))
    total = max(sum(numbers), 1.0)
    by_grade = Table(
        "by_grade",
        Words("等级分布", "By grade"),
        (
            text("等级", "grade"),
            count("户数", "number"),
            percent("占比", "share"),
            yuan("额度（元）", "limits, yuan"),
            yuan("预期损失（元）", "expected loss, yuan"),
        ),
        tuple(
            (_grade(label), int(numbers[at]), numbers[at] / total, limits[at], losses[at])
            for at, label in enumerate(GRADE_LABELS)
            if numbers[at]
        ),
    )  # fmt: skip
    series = [Series(NOW, tuple(value / total for value in numbers))]
    if before is not None:
        earlier = counted(before.grades, size)
        series.append(Series(BEFORE, tuple(value / max(sum(earlier), 1.0) for value in earlier)))
    grades = Chart(
        "grades", Words("等级分布", "Enterprises by grade"), tuple(map(_grade, GRADE_LABELS)), tuple(series),
        Words("户数占比", "share of enterprises"), percent=True,
    )  # fmt: skip
    ends = np.array(SIZES_YUAN, dtype=np.float64) * 100
    at = np.searchsorted(ends, run.limits, side="left")
    labels = _classes()
    sizes = Table(
        "limit_classes",
        Words("额度分布", "Limits by size"),
        (text("额度（元）", "limit, yuan"), count("户数", "number"), yuan("额度（元）", "limits, yuan")),
        tuple(
            (label, int(number_), amount)
            for label, number_, amount in zip(
                labels, counted(at, len(labels)), counted(at, len(labels), run.limits), strict=True
            )
        ),
    )
    chart = Chart(
        "limits", Words("额度分布（不含零额度）", "Enterprises by limit (without those of zero)"), labels[1:],
        (Series(NOW, tuple(counted(at, len(labels))[1:])),), Words("户数", "enterprises"),
    )  # fmt: skip
    return Section("grades", Words("等级与额度", "Grades and limits"), tables=(by_grade, sizes), charts=(grades, chart))


def concentration(run: RunRows, loss_share: float) -> Section:
    """The largest of each grouping by the limits given, and how concentrated the whole is (HHI)."""
    tables, charts, said = [], [], []
    losses = run.expected_loss(loss_share)
    for group in GROUPS:
        names = run.texts(group)
        words = GROUP_WORDS[group]
        labels = sorted({name for name in names if name})
        if not labels:
            said.append(Words(f"没有记录说明企业的{words.zh}。", f"No record says the {words.en} of any enterprise."))
            continue
        at = places(names, [*labels, ""])
        numbers, limits = counted(at, len(labels) + 1), counted(at, len(labels) + 1, run.limits)
        loss = counted(at, len(labels) + 1, losses)
        total = max(sum(limits), 1.0)
        hhi = sum((amount / total) ** 2 for amount in limits[:-1])
        said.append(
            Words(
                f"{words.zh}：赫芬达尔指数 {hhi:.3f}，最大一组占 {max(limits[:-1]) / total:.1%}。",
                f"{words.en.capitalize()}: Herfindahl index {hhi:.3f}; the largest holds "
                f"{max(limits[:-1]) / total:.1%}.",
            )
        )
        largest = sorted(range(len(labels)), key=lambda place: (-limits[place], -numbers[place], labels[place]))
        shown = [*largest[:MOST_NAMED], *([len(labels)] if numbers[-1] else [])]
        rows = tuple(
            (labels[place] if place < len(labels) else NOT_SAID, int(numbers[place]), limits[place],
             limits[place] / total, loss[place])
            for place in shown
        )  # fmt: skip
        tables.append(
            Table(
                f"by_{group}",
                Words(f"按{words.zh}", f"By {words.en}"),
                (
                    text(words.zh, words.en), count("户数", "number"), yuan("额度（元）", "limits, yuan"),
                    percent("占比", "share"), yuan("预期损失（元）", "expected loss, yuan"),
                ),
                rows,
            )
        )  # fmt: skip
        charts.append(
            Chart(
                f"by_{group}",
                Words(f"额度按{words.zh}", f"Limits by {words.en}"),
                tuple(Words(labels[place], labels[place]) for place in largest[:MOST_NAMED]),
                (Series(NOW, tuple(limits[place] / total for place in largest[:MOST_NAMED])),),
                Words("占额度合计", "share of all limits"),
                kind="bars",
                percent=True,
            )
        )
    return Section("concentration", Words("集中度", "Concentration"), tuple(said), tuple(tables), tuple(charts))


def early_warning(run: RunRows, pair: Pair | None) -> Section:
    """How many enterprises are at each level, and who went up since the run before."""
    labels = (*LEVELS, "")
    at = places(run.texts("early_warning"), labels)
    numbers = counted(at, len(labels))
    limits = counted(at, len(labels), run.limits)
    columns = [text("预警", "level"), count("户数", "number"), yuan("额度（元）", "limits, yuan")]
    earlier: list[float] | None = None
    if pair is not None:
        earlier = counted(places(pair.before.texts("early_warning"), labels), len(labels))
        columns.append(count("上次户数", "number before"))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (LEVEL_WORDS[level], int(numbers[place]), limits[place], *([] if earlier is None else [int(earlier[place])]))
        for place, level in enumerate(LEVELS)
    )
    said = []
    if pair is not None:
        here, there = pair.common
        was = places(pair.before.texts("early_warning"), labels)[there]
        worse, better = int((at[here] > was).sum()), int((at[here] < was).sum())
        said.append(Words(f"预警上升 {worse} 户，下降 {better} 户。", f"{worse} went up a level, {better} came down."))
    shown = [Series(NOW, tuple(numbers[1 : len(LEVELS)]))]
    if earlier is not None:
        shown.append(Series(BEFORE, tuple(earlier[1 : len(LEVELS)])))
    chart = Chart(
        "warnings", Words("预警户数", "Enterprises by level of warning"),
        tuple(LEVEL_WORDS[level] for level in LEVELS[1:]), tuple(shown), Words("户数", "enterprises"),
    )  # fmt: skip
    table = Table("warnings", Words("预警状态", "Early warning"), tuple(columns), rows)
    return Section("warnings", Words("早期预警", "Early warning"), tuple(said), (table,), (chart,))


def vintage_and_loss(run: RunRows, loss_share: float) -> Section:
    """Loans of this bank by quarter of drawing, and the expected loss of the limits by grade."""
    vintages = run.manifest["vintages"]
    said = [
        Words(
            f"预期损失 = 违约概率 × 违约损失率 {loss_share:.0%} × 额度（存量贷款按余额）；违约损失率取自政策。",
            f"Expected loss = PD x loss given default {loss_share:.0%} x limit (loans: balance); LGD is the policy's.",
        )
    ]
    if not vintages:
        said.append(
            Words("没有本行存量贷款记录，无账龄分析。", "No loan of this bank is on record, so there are no vintages.")
        )
        return Section("vintage", Words("账龄与预期损失", "Vintage and expected loss"), tuple(said))
    rows = tuple(
        (
            quarter, one["loans"], one["principal_fen"], one["balance_fen"],
            one["past_due_fen"] / max(one["balance_fen"], 1), one["pd_weighted_fen"] * loss_share,
        )
        for quarter, one in sorted(vintages.items())
    )  # fmt: skip
    table = Table(
        "vintage",
        Words("按放款季度", "By quarter of drawing"),
        (
            text("放款季度", "quarter"), count("笔数", "loans"), yuan("放款额（元）", "drawn, yuan"),
            yuan("余额（元）", "balance, yuan"), percent("逾期30天以上占比", "more than 30 days past due"),
            yuan("预期损失（元）", "expected loss, yuan"),
        ),
        rows,
    )  # fmt: skip
    chart = Chart(
        "vintage", Words("逾期30天以上占余额", "More than 30 days past due, share of balance"),
        tuple(Words(quarter, quarter) for quarter in sorted(vintages)), (Series(NOW, tuple(row[4] for row in rows)),),
        Words("占余额", "share of balance"), percent=True,
    )  # fmt: skip
    return Section("vintage", Words("账龄与预期损失", "Vintage and expected loss"), tuple(said), (table,), (chart,))


def waiting(run: RunRows) -> Section:
    """What refers cases, and who could not be scored."""
    causes = Counter(code for joined in run.texts("referred_because") for code in (joined or "").split("; ") if code)
    refers = Table(
        "referred",
        Words("转人工原因", "Why cases are referred"),
        (text("原因", "rule"), count("户数", "number")),
        tuple(
            (Words(rule_words(code).zh, rule_words(code).en), times)
            for code, times in sorted(causes.items(), key=lambda one: (-one[1], one[0]))[:20]
        ),
    )
    failed = run.failures().sort_by("enterprise_id") if run.manifest["counters"]["failed"] else None
    rows = () if failed is None else tuple(
        (row["enterprise_id"], row["error"], row["reason"]) for row in failed.slice(0, 50).to_pylist()
    )  # fmt: skip
    fails = Table(
        "failures",
        Words("无法评分", "Not scored"),
        (text("企业", "enterprise"), text("错误", "error"), text("原因", "reason")),
        rows,
    )
    return Section("waiting", Words("待处理", "Waiting for somebody"), tables=(refers, fails))


def _mean(values: Vector) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0


def _grade(label: str) -> Words:
    return Words("无等级", "no grade") if label == NO_GRADE else Words(label, label)


def _classes() -> tuple[Words, ...]:
    found = [Words("0", "0")]
    for low, high in itertools.pairwise(SIZES_YUAN):
        found.append(Words(f"{low / 1e4:,.0f}–{high / 1e4:,.0f} 万", f"{low / 1e6:g}–{high / 1e6:g} m"))
    last = SIZES_YUAN[-1]
    return (*found, Words(f"{last / 1e4:,.0f} 万以上", f"above {last / 1e6:g} m"))
