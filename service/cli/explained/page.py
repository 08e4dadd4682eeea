"""The parts of the page that are words: banner, head, reasons, documents, foot."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from models.decision import DecisionRecord, outcome_words
from models.money import fen_from_yuan, wan_text, yuan_for_reading
from service.cli.explained.language import Language
from service.cli.words import OUTCOME_STYLE

SHORT_DIGEST = 16
MARKS = {"eligibility": "✗", "evidence": "?", "amount": "•", "probability": "▼"}


def title(language: Language, zh: str, en: str, note: str = "") -> Text:
    """The heading of a part."""
    heading = Text("\n" + language.say(zh, en), "bold")
    return heading.append("  " + note, "not bold dim") if note else heading


def banner(decision: DecisionRecord, language: Language) -> RenderableType | None:
    """What must be known before any figure is read: the data is simulated."""
    if decision.caution is None:
        return None
    return cautioned(language.say(decision.caution.zh, decision.caution.en))


def cautioned(words: str) -> RenderableType:
    """The words that stand above every figure made of simulated data."""
    return Panel(Text(words, "bold black on yellow"), style="black on yellow", border_style="yellow", expand=False)


def head(decision: DecisionRecord, language: Language) -> RenderableType:
    """Who, when, what was asked, the outcome, the limit, the probability."""
    style = OUTCOME_STYLE[decision.outcome]
    fen = fen_from_yuan(decision.limit_yuan)
    facts = Table.grid(padding=(0, 3))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    facts.add_row(language.say("企业", "enterprise"), Text(decision.enterprise_id, "bold"))
    facts.add_row(language.say("评估日", "as of"), decision.as_of.isoformat())
    asked = decision.request.amount_yuan
    amount = (
        language.say("未指定金额", "no amount named")
        if asked is None
        else yuan_for_reading(fen_from_yuan(asked)) + " CNY"
    )
    months = language.say(f"{decision.request.tenor_months}个月", f"{decision.request.tenor_months} months")
    facts.add_row(language.say("申请", "applies for"), f"{amount} · {decision.request.product} · {months}")
    facts.add_row(language.say("结论", "outcome"), Text(language.say(*outcome_words(decision)), style))
    limit = Text(f"{yuan_for_reading(fen)} CNY", style)
    facts.add_row(language.say("额度", "limit"), limit.append(f"   {wan_text(fen)} 万元", "not bold dim"))
    facts.add_row(language.say("违约概率", "default probability"), probability(decision, language))
    return Panel(facts, border_style=style.removeprefix("bold "), expand=False, padding=(0, 2))


def probability(decision: DecisionRecord, language: Language) -> Text:
    """PD, grade and points; or that they are not known."""
    if decision.pd is None or decision.points is None:
        return Text(language.say("无法计算", "not known"), "yellow")
    shown = Text(f"{decision.pd:.2%}", "bold")
    if decision.pd_low is not None and decision.pd_high is not None:
        shown.append(f" [{decision.pd_low:.2%}, {decision.pd_high:.2%}]", "not bold dim")
    shown.append(f"   {language.say('等级', 'grade')} ", "not bold dim").append(decision.grade or "-", "bold")
    return shown.append(f"   {language.say('评分', 'points')} ", "not bold dim").append(
        f"{decision.points:.1f}", "bold"
    )


def reasons(decision: DecisionRecord, language: Language) -> RenderableType | None:
    """The principal reasons as sentences with value and threshold."""
    if not decision.reasons:
        return None
    lines = Table.grid(padding=(0, 1))
    lines.add_column(no_wrap=True)
    lines.add_column(overflow="fold")
    for reason in decision.reasons:
        words = Text(language.say(reason.zh, reason.en)).append(f"  {reason.code}", "dim")
        lines.add_row(f"  {MARKS[reason.about]}", words)
    return Group(title(language, "主要原因", "Principal reasons"), lines)


def documents(decision: DecisionRecord, language: Language) -> RenderableType | None:
    """What would settle what is pending."""
    if not decision.missing_documents:
        return None
    lines = [Text("  + " + language.say(one.zh, one.en), "yellow") for one in decision.missing_documents]
    return Group(title(language, "需补充的材料", "Documents that would settle it"), *lines)


def foot(decision: DecisionRecord, _: Language) -> RenderableType:
    """What the decision stands on, by digest."""
    origin = ", ".join(decision.data_origin) or "-"
    model = ", ".join(decision.bundle.data_origin) or "-"
    inputs = (decision.input_sha256 or "-")[:SHORT_DIGEST]
    lines = (
        f"decision {decision.decision_id[:SHORT_DIGEST]}   inputs {inputs} ({origin})",
        f"model    {decision.bundle.digest[:SHORT_DIGEST]} ({model})",
        f"policy   {decision.policy.digest[:SHORT_DIGEST]} on {decision.policy.on}   code {decision.code_version}",
    )
    return Padding(Text("\n".join(lines), "dim"), (1, 0, 0, 0))
