"""The card's section on calibration as Markdown, from its JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HOW = {
    "years": "长期平均违约率加审慎边际 long-run average with margins of conservatism",
    "given": "人工给定 given by hand",
    "sample": "未设定，为样本违约率 not set: at the rate of the sample",
}


def calibration_text(section: Mapping[str, Any]) -> str:
    """Central tendency with its years and margins, the interval, and the grades after the move."""
    tendency = section["central_tendency"]
    rate = "" if tendency["rate"] is None else f" {tendency['rate']:.4%}"
    lines = [
        "## 校准水平 Central tendency",
        "",
        f"- 中心趋势 Central tendency: {HOW[tendency['how']]}{rate}; 样本 sample {section['sample_rate']:.4%}, "
        f"平移 shift {section['prior_shift']:+.4f}, 平移后检验样本平均PD mean PD of the tested rows after it "
        f"{section['mean_pd_after_shift']:.4%}",
    ]
    if section["interval"]:
        table = section["interval"]
        lines.append(
            f"- 区间 Interval: {table['method']}, {table['rows']:,} rows, {table['defaults']:,} defaults, "
            f"{table['steps']} steps"
        )
    if tendency["long_run"]:
        lines += _years(tendency["long_run"])
    return "\n".join([*lines, "", *_grades(section["grades"] or []), ""]) + "\n"


def _years(found: Mapping[str, Any]) -> list[str]:
    return [f"- {words['zh']} {words['en']}" for words in found["deficits"]] + [
        "",
        "| 年 Year from | 企业 Enterprises | 违约 Defaults | 违约率 Rate |",
        "| --- | --- | --- | --- |",
        *(
            f"| {year['day']} | {year['enterprises']:,} | {year['defaults']:,} | {year['rate']:.3%} |"
            for year in found["years"]
        ),
        f"| 平均 mean | | | {found['long_run_average']:.3%} |",
        *(f"| + {each['category']} {each['zh']} {each['en']} | | | {each['rate']:.3%} |" for each in found["margins"]),
        f"| **= tau** | | | **{found['rate']:.3%}** |",
    ]


def _grades(lines: list[Mapping[str, Any]]) -> list[str]:
    """Grades that hold somebody: (!) is crowded, * has few defaults and states its upper bound."""
    held = [line for line in lines if line["mean_pd"] is not None]
    if not held:
        return []
    return [
        "| 等级 Grade | 企业 Obligors | 占比 Share | 违约 Defaults | 平均PD Mean | 上限 Upper bound | 列示PD Stated |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {line['grade']} | {line['obligors']:,} | {line['share']:.1%}{' (!)' if line['crowded'] else ''} "
            f"| {line['defaults']:,} | {line['mean_pd']:.3%} | {line['upper_pd']:.3%} "
            f"| {line['stated_pd']:.3%}{' *' if line['few_defaults'] else ''} |"
            for line in held
        ),
        "",
        "(!) 占比过高，需依据 crowded, needs evidence; * 低违约等级 few defaults: Pluto-Tasche",
        "",
    ]
