"""Of part 8: whether observed rates of the test rows lie in the probability's interval, and how wide it is.

Venn-Abers promises that one of its two probabilities is calibrated if rows are exchangeable. That is no promise that
so many of a hundred groups lie inside, nor that a later year does; so the share is reported and no line is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.discrimination import Estimate
from training.validation.grade_tests import grade_test
from training.validation.measured import Measured
from training.validation.report import Cell, Statement, Table
from training.validation.writing import interval, statement, table

GROUPS = 10


@dataclass(frozen=True)
class Group:
    """Rows with about the same PD. `low`, `high`: mean ends of their intervals; `observed` with its Jeffreys 95 %."""

    rows: int
    defaults: int
    mean_pd: float
    low: float
    high: float
    observed: Estimate

    @property
    def inside(self) -> bool:
        """Whether the observed rate lies in the mean interval."""
        return self.low <= self.observed.value <= self.high

    @property
    def apart(self) -> bool:
        """Whether not even the 95 % interval of the observed rate touches the mean interval: more than chance."""
        return self.observed.high < self.low or self.observed.low > self.high


def groups_of(measured: Measured) -> list[Group]:
    """Tenths of the test rows by PD; none where the model has no interval."""
    if measured.test_interval is None:
        return []
    low, high = measured.test_interval
    order = np.argsort(measured.pd, kind="stable")
    found = []
    for members in np.array_split(order, min(GROUPS, len(order))):
        one = grade_test(len(members), int(measured.outcome[members].sum()), float(measured.pd[members].mean()))
        ends = float(low[members].mean()), float(high[members].mean())
        found.append(Group(one.rows, one.defaults, one.mean_pd, *ends, Estimate(one.observed, one.low, one.high)))
    return found


def interval_facts(measured: Measured) -> tuple[list[Statement], list[Table]]:
    """The share of tenths whose observed rate lies inside, the mean width, what both mean, and the table."""
    groups = groups_of(measured)
    if not groups or measured.test_interval is None:
        return [], []
    low, high = measured.test_interval
    inside, apart = sum(group.inside for group in groups), sum(group.apart for group in groups)
    share, width = inside / len(groups), float((high - low).mean())
    said = statement(
        f"Venn-Abers 区间：{len(groups)} 组中 {inside} 组（{share:.0%}）的实际违约率落在区间内，{apart} 组超出偶然；"
        f"平均宽度 {width:.2%}。",
        f"Venn-Abers interval: in {inside} of {len(groups)} tenths ({share:.0%}) the observed rate lies inside, in "
        f"{apart} it is outside by more than chance; mean width {width:.2%}.",
        "amber" if apart else "green",
    )
    meaning = statement(
        "含义：区间说明同样得分的企业的违约率，而非单个企业的结果；它保证两个概率之一是校准的（在行可交换时），并不保证各组的覆盖率，"
        "也不覆盖整体违约水平随年份的变化。每组的实际违约率本身也有误差。",
        "What it means: the interval is about the default rate of enterprises with such a score, not about the fate of "
        "one. It promises that one of its two probabilities is calibrated while rows are exchangeable; it promises no "
        "coverage of groups, and does not hold a level that moves from year to year. The observed rate of a tenth is "
        "itself uncertain.",
    )
    rows: list[tuple[Cell, ...]] = [
        (
            number, group.rows, group.low, group.mean_pd, group.high, group.high - group.low, interval(group.observed),
            "inside" if group.inside else "apart" if group.apart else "outside, within chance",
        )
        for number, group in enumerate(groups, start=1)
    ]  # fmt: skip
    made = table(
        "interval",
        ("违约概率区间与实际违约率（十等分组）", "The interval of the probability and observed rates, by tenths"),
        [
            ("group", "组", "Group", "count"),
            ("rows", "行", "Rows", "count"),
            ("low", "平均下限", "Mean low", "percent"),
            ("mean_pd", "平均PD", "Mean PD", "percent"),
            ("high", "平均上限", "Mean high", "percent"),
            ("width", "宽度", "Width", "percent"),
            ("observed", "实际 [Jeffreys 95 %]", "Observed [Jeffreys 95 %]", "rate"),
            ("where", "位置", "Where", "text"),
        ],
        rows,
        (
            "区间与概率均为移到中心趋势之前；来自未见过该企业的模型。",
            "Interval and probability before the move to the central tendency, by models that had not seen the rows.",
        )
        if measured.evidence.test_interval is not None
        else (
            "区间由已存模型包给出，移到中心趋势之前。",
            "By the stored bundle, before the move to the central tendency.",
        ),
    )
    return [said, meaning], [made]
