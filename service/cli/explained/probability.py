"""Why this probability: the contributions in points, which add up to the score exactly."""

from __future__ import annotations

import math

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from models.decision import DecisionRecord
from models.explanation.catalogue import AVERAGE
from models.explanation.features import feature_words
from models.explanation.figures import figure
from service.cli.explained.bars import bar, left_bar
from service.cli.explained.language import Language
from service.cli.explained.page import title

MOST_SHOWN = 12
HALF_WIDTH = 8


def contributions(decision: DecisionRecord, language: Language) -> RenderableType | None:
    """Signed bars around nought; the features beyond the largest ones are one line, and everything adds up."""
    if not decision.contributions or decision.points is None:
        return None
    ordered = sorted(decision.contributions.items(), key=lambda item: (-abs(item[1]), item[0]))
    shown, rest = ordered[:MOST_SHOWN], ordered[MOST_SHOWN:]
    largest = max(abs(shown[0][1]), 1e-9)
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
    table.add_column(overflow="fold")
    for _ in ("value", "points", "against"):
        table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    whom = decision.compared_with or AVERAGE
    base = language.say(f"基准：{whom.zh}", f"base: {whom.en}")
    table.add_row(Text("  " + base, "dim"), "", f"{decision.base_points:.1f}", "", "")
    for name, points in shown:
        words = feature_words(name)
        value = decision.feature_values.get(name)
        figures = figure(math.nan if value is None else value, words.unit)
        left = Text(left_bar(-points / largest, HALF_WIDTH) if points < 0 else " " * HALF_WIDTH, "red")
        right = Text(bar(points / largest, HALF_WIDTH) if points > 0 else "", "green")
        table.add_row(
            Padding(language.say(words.zh, words.en), (0, 0, 0, 2)),
            Text(language.shown(figures), "dim"),
            f"{points:+.1f}",
            left,
            right,
        )
    if rest:
        words_rest = language.say(f"其余{len(rest)}项", f"{len(rest)} others")
        table.add_row(Text("  " + words_rest, "dim"), "", f"{math.fsum(points for _, points in rest):+.1f}", "", "")
    table.add_row(
        Text("  " + language.say("评分", "points"), "bold"), "", Text(f"{decision.points:.1f}", "bold"), "", ""
    )
    note = language.say("分数越高越安全，逐项相加即为评分", "higher is safer; the parts add up to the points")
    return Group(title(language, "违约概率的构成", "What makes the probability", note), table)
