"""Who paid for the limit, what would change it, and which document is worth asking for."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from models.decision import ExplanationRecord
from models.explanation.catalogue import rule_words
from models.money import fen_from_yuan, yuan_for_reading
from service.cli.explained.bars import bar, left_bar
from service.cli.explained.language import Language
from service.cli.explained.page import title

HALF_WIDTH = 9
MOST_LEVERS = 6


def show_explanation(console: Console, explanation: ExplanationRecord, language: Language) -> None:
    """Print the parts that are made on demand."""
    for part in (attribution, levers, information):
        drawn = part(explanation, language)
        if drawn is not None:
            console.print(drawn)


def attribution(explanation: ExplanationRecord, language: Language) -> RenderableType:
    """The shares in yuan around nought; they add up from the reference's limit to this one."""
    split = explanation.attribution
    shares = [(share, fen_from_yuan(share.yuan)) for share in split.shares if fen_from_yuan(share.yuan)]
    largest = max((abs(fen) for _, fen in shares), default=1)
    table = _table()
    for _ in ("yuan", "against"):
        table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    reference = yuan_for_reading(fen_from_yuan(split.reference_limit_yuan))
    table.add_row(Text("  " + language.say("基准企业的额度", "limit of the reference"), "dim"), reference, "", "")
    for share, fen in sorted(shares, key=lambda item: -abs(item[1])):
        left = Text(left_bar(-fen / largest, HALF_WIDTH) if fen < 0 else " " * HALF_WIDTH, "red")
        right = Text(bar(fen / largest, HALF_WIDTH) if fen > 0 else "", "green")
        table.add_row("  " + language.say(share.zh, share.en), signed(fen), left, right)
    limit = yuan_for_reading(fen_from_yuan(explanation.limit_yuan))
    table.add_row(Text("  " + language.say("本企业额度", "this limit"), "bold"), Text(limit, "bold"), "", "")
    note = language.say("元，逐项相加，精确到分", "yuan; they add up to the fen")
    heading = title(language, "谁贡献了额度", "Who paid for the limit", note)
    return Group(heading, table, _against(explanation, language))


def levers(explanation: ExplanationRecord, language: Language) -> RenderableType | None:
    """What the enterprise can do, the gain, what binds next, how long it takes and what the bank must see."""
    if not explanation.levers:
        return None
    lines: list[RenderableType] = []
    for lever in explanation.levers[:MOST_LEVERS]:
        gain = ("≤ " if lever.up_to else "") + signed(fen_from_yuan(lever.gain_yuan))
        limit = yuan_for_reading(fen_from_yuan(lever.limit_yuan))
        head = Text("  ").append(gain, "bold green").append(f"  → {limit}", "dim")
        days = language.say(f"约{lever.horizon_days}天", f"about {lever.horizon_days} days")
        head.append(f"   {days}", "dim")
        next_binding = language.say("、", ", ").join(
            language.say(rule_words(code).zh, rule_words(code).en) for code in lever.next_binding
        )
        then = f"{language.say('此后受限于', 'then binds')}: {next_binding}" if next_binding else ""
        seen = f"{language.say('核验', 'to be seen')}: {language.say(lever.verification_zh, lever.verification_en)}"
        lines.append(_indented(head, Text(language.say(lever.zh, lever.en)), Text(then, "dim"), Text(seen, "dim")))
    note = language.say("按规则引擎重算，违约概率不变，非承诺", "recomputed at the same probability; no promise")
    return Group(title(language, "可以怎样提高", "What would raise it", note), *lines)


def information(explanation: ExplanationRecord, language: Language) -> RenderableType | None:
    """For each document the limit at its prudent and at its plausible best value."""
    if not explanation.information:
        return None
    table = _table()
    for _ in ("mark", "prudent", "best"):
        table.add_column(justify="right", no_wrap=True)
    heads = (language.say("审慎值", "prudent"), language.say("乐观值", "at best"))
    table.add_row(Text("  " + language.say("资料", "document"), "dim"), "", *(Text(head, "dim") for head in heads))
    together = False
    for item in explanation.information:
        ends = (item.prudent_yuan, item.best_yuan)
        mark = "? " if item.pending else "  "
        if ends[0] == ends[1] and item.together_prudent_yuan != item.together_best_yuan:
            ends, mark, together = (item.together_prudent_yuan, item.together_best_yuan), "* ", True
        shown = [yuan_for_reading(fen_from_yuan(end)) for end in ends]
        words = Padding(Text(language.say(item.zh, item.en), "yellow" if item.pending else ""), (0, 0, 0, 2))
        table.add_row(words, Text(mark.strip(), "yellow"), *shown)
    parts: list[RenderableType] = [
        title(language, "补充资料的价值", "What a document is worth", language.say("元", "yuan")),
        table,
    ]
    if any(item.pending for item in explanation.information):
        parts.append(Text("  " + language.say("? 待补：有规则正在等它", "? pending: a rule waits for it"), "dim"))
    if together:
        note = language.say("* 与其他待补资料一并提供时", "* together with the other pending documents")
        parts.append(Text("  " + note, "dim"))
    return Group(*parts)


def signed(fen: int) -> str:
    """An amount with its sign."""
    return f"+{yuan_for_reading(fen)}" if fen > 0 else yuan_for_reading(fen)


def _table() -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
    table.add_column(overflow="fold")
    return table


def _indented(head: Text, *lines: Text) -> RenderableType:
    return Group(head, *(Padding(line, (0, 0, 0, 4)) for line in lines if line.plain))


def _against(explanation: ExplanationRecord, language: Language) -> RenderableType:
    split = explanation.attribution
    words = language.say(split.reference_zh, split.reference_en)
    return Padding(Text(f"{words} · v{split.reference_version} {split.reference_sha256[:8]}", "dim"), (0, 0, 0, 2))
