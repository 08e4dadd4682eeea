"""Why this amount: the waterfall in order, the order-free table of ceilings, the gates."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from models.decision import DecisionRecord, cap_rows, gate_rows, waterfall_rows
from models.money import fen_from_yuan
from service.cli.explained.bars import bar
from service.cli.explained.language import Language, readable
from service.cli.explained.page import title

BAR_WIDTH = 22
GATE_MARKS = {
    "passed": "[green]✓[/]",
    "fired": "[bold red]✗[/]",
    "pending": "[yellow]?[/]",
    "not_applicable": "[dim]–[/]",
}


def waterfall(decision: DecisionRecord, language: Language) -> RenderableType:
    """From sources to the limit; a bar shows what is left, its pale end what the step took."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    running = [fen_from_yuan(step.running_yuan) for step in decision.waterfall]
    largest = max([*running, 1])
    before = 0
    for at, (row, after) in enumerate(zip(waterfall_rows(decision), running, strict=True)):
        changed, last = after != before, at == len(running) - 1
        kept = Text(bar(min(before, after) / largest, BAR_WIDTH), "cyan" if changed or last else "dim cyan")
        if after > before:
            kept = Text(bar(after / largest, BAR_WIDTH), "green")
        elif after < before:
            taken = len(bar(before / largest, BAR_WIDTH)) - len(kept.plain)
            kept.append("░" * max(taken, 1), "red")
        style = "bold" if last else "" if changed else "dim"
        delta = Text(row.delta if changed else "·", "green" if after > before else "red" if changed else "dim")
        table.add_row(Text("  " + language.say(row.zh, row.en), style), delta, Text(row.running, style), kept)
        before = after
    return Group(title(language, "额度瀑布", "From evidence to limit", language.say("元", "yuan")), table)


def ceilings(decision: DecisionRecord, language: Language) -> RenderableType:
    """Every cap beside the limit: value, room above the limit, and which one binds."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=True)
    table.add_column(language.say("上限", "ceiling"), overflow="fold")
    table.add_column(language.say("金额", "value"), justify="right", no_wrap=True)
    table.add_column(language.say("余量", "slack"), justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    absent: list[str] = []
    for row, cap in zip(cap_rows(decision), decision.caps, strict=True):
        if cap.status == "not_applicable":
            absent.append(language.say(row.zh, row.en))
            continue
        style = "bold" if row.binding else "" if row.rank else "dim"
        mark = Text("◀ " + language.say("决定额度", "binds"), "bold magenta") if row.binding else Text("", style)
        if not row.rank:
            mark = Text(language.say(row.status_zh, row.status_en), "dim")
        table.add_row(Text(language.say(row.zh, row.en), style), Text(row.value, style), Text(row.slack, style), mark)
    parts: list[RenderableType] = [title(language, "上限一览（与次序无关）", "Ceilings, in no order"), table]
    if absent:
        words = language.say("不适用：", "not applicable: ") + language.say("、", ", ").join(absent)
        parts.append(Padding(Text(words, "dim"), (0, 0, 0, 2)))
    return Group(*parts)


def gates(decision: DecisionRecord, language: Language) -> RenderableType:
    """Every gate: the value beside its threshold."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    for row, gate in zip(gate_rows(decision), decision.gates, strict=True):
        value = language.shown(readable(gate.value, gate.unit))
        threshold = language.shown(readable(gate.threshold, gate.unit)) if gate.threshold is not None else ""
        words = f"{language.say('门槛', 'threshold')} {threshold}" if threshold else ""
        if gate.unit == "count" and gate.threshold == "1":  # is it there at all: the mark says so
            there = {"passed": ("有", "available"), "fired": ("无", "none"), "pending": ("缺失", "not available")}
            value, words = language.say(*there.get(gate.status, ("—", "—"))), ""
        elif gate.value is None:
            value = f"— {language.say(row.status_zh, row.status_en)}"
        table.add_row(f"  {GATE_MARKS[gate.status]}", language.say(row.zh, row.en), value, words)
    return Group(title(language, "准入与证据", "Gates"), table)
