"""Where the champion is a scorecard: attribute, bin, weight of evidence and points of a decision."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from models.explanation.features import feature_words
from models.explanation.figures import figure
from models.explanation.scorecard import ScorecardLine
from service.cli.explained.language import Language
from service.cli.explained.page import title


def scorecard(lines: Sequence[ScorecardLine], base_points: float, language: Language) -> RenderableType | None:
    """Every line of the card; the base and the points add up to the score."""
    if not lines:
        return None
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=True)
    table.add_column(language.say("特征", "attribute"), overflow="fold")
    table.add_column(language.say("取值", "value"), justify="right", no_wrap=True)
    table.add_column(language.say("分箱", "bin"), overflow="fold")
    for heading in ("WoE", language.say("分", "points")):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_row(Text(language.say("基准", "base"), "dim"), "", "", "", f"{base_points:.1f}")
    for line in lines:
        value = figure(math.nan if line.value is None else line.value, feature_words(line.column).unit)
        woe = "" if line.woe is None else f"{line.woe:+.3f}"
        words = language.say(line.zh, line.en)
        table.add_row(words, Text(language.shown(value), "dim"), line.bin, woe, f"{line.points:+.1f}")
    note = language.say(
        "WoE 为正较安全；全表见 assetlight scorecard", "a positive WoE is safer; assetlight scorecard has all bins"
    )
    return Group(title(language, "评分卡", "Scorecard", note), table)
