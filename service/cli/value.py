"""`assetlight value`: what an enterprise's IP rights, data assets and pool are worth on a day, as a page."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from models.money import fen_from_yuan, yuan_for_reading
from service.assessing import Question, has_stored_rows, nothing_stored
from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import AsOfOption, HomeOption, JsonOption, open_context
from service.cli.explained import Language
from service.cli.explained.page import cautioned, title
from service.cli.score import ProductOption
from service.valuing import value as value_of


@commands.command(epilog="Example: assetlight value E10 --as-of 2020-02-29 --lang en")
def value(
    enterprise: Annotated[str, typer.Argument(metavar="ENTERPRISE", help="The id of a stored enterprise.")],
    as_of: AsOfOption,
    product: ProductOption = None,
    lang: Annotated[
        Language, typer.Option("--lang", envvar="ASSETLIGHT_LANG", help="Words in Chinese or in English.")
    ] = Language.ZH,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Value one enterprise's IP rights, data assets and asset pool: range, method, evidence, knock-outs, signals.

    The same valuation as POST /v1/valuations gives. A feed that is not connected is said to be so: it is not zero.
    """
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    if not has_stored_rows(service.lake):
        raise nothing_stored(service.lake)
    assessor = service.assessor
    day = assessor.day(as_of)
    request = assessor.application(day, product=product, amount_yuan=None)
    found = value_of(assessor, Question(enterprise, day, request))
    context.finish(found, lambda console: show_valuation(console, found, lang))


def show_valuation(console: Console, found: dict[str, Any], language: Language) -> None:
    """Print the page: one part per feed."""
    if found["caution"]:
        console.print(cautioned(language.say(found["caution"]["zh"], found["caution"]["en"])))
    console.print(Text(f"{found['enterprise_id']}  {found['as_of']}", "bold"))
    parts = (("ip", "知识产权", "IP rights"), ("data", "数据资产", "Data assets"))
    for code, zh, en in parts:
        heading = title(language, zh, en)
        if found[code] is None:
            console.print(Group(heading, Text("  " + not_connected(language), "dim")))
            continue
        if not found[code]["assets"]:
            nothing = language.say("该企业无登记资产", "nothing on file of this enterprise")
            console.print(Group(heading, Text("  " + nothing, "dim")))
            continue
        console.print(Group(heading, sums(found[code], language), *(card(a, language) for a in found[code]["assets"])))
    heading = title(language, "资产池", "Asset pool")
    if found["pool"] is None:
        console.print(Group(heading, Text("  " + not_connected(language), "dim")))
    else:
        console.print(Group(heading, pool(found["pool"], language)))


def not_connected(language: Language) -> str:
    """No feed is not nought."""
    return language.say("未接入数据（不等于零）", "not connected (which is not zero)")


def sums(found: dict[str, Any], language: Language) -> Table:
    """What all assets of a feed are worth together, and what lends."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("  " + language.say("估值", "value"), span(found["value"]))
    grid.add_row("  " + language.say("可授信额", "lends"), span(found["lending"]))
    refer = language.say("，需人工复核", ", refer to a person") if found["refer"] else ""
    confidence = language.say(found["confidence"]["zh"], found["confidence"]["en"])
    grid.add_row("  " + language.say("置信度", "confidence"), confidence + refer)
    return grid


def card(asset: dict[str, Any], language: Language) -> Group:
    """One asset: range, methods, evidence, and what speaks against it."""
    head = Text(f"\n  {asset['register_no']}", "bold").append(f"  {asset['asset_type'] or ''}  ", "dim")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("    " + language.say("估值", "value"), span(asset["value"]))
    for method in asset["methods"]:
        grid.add_row("    " + language.say(method["zh"], method["en"]).split(" (")[0].split("（")[0], span(method))
    lists = (
        ("evidence_used", "已用证据", "evidence used", ""),
        ("evidence_missing", "缺少证据", "missing", "yellow"),
        ("pending", "待核实", "pending", "yellow"),
        ("signals", "异常信号", "signals", "bold yellow"),
        ("knocked_out_by", "一票否决", "knocked out", "bold red"),
    )
    for name, zh, en, style in lists:
        if asset[name]:
            words = language.say("、", ", ").join(language.say(word["zh"], word["en"]) for word in asset[name])
            grid.add_row("    " + language.say(zh, en), Text(words, style))
    return Group(head, grid)


def pool(found: dict[str, Any], language: Language) -> Group:
    """The pool, and each asset in it after pledge rate and caps."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("  " + language.say("登记号", "register number"), overflow="fold")
    table.add_column(language.say("价值", "value"), justify="right", no_wrap=True)
    table.add_column(language.say("计入", "counts"), justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for asset in found["assets"]:
        against = [*asset["knocked_out_by"], *asset["pending"], *asset["signals"]]
        words = language.say("、", ", ").join(language.say(word["zh"], word["en"]) for word in against)
        amounts = (shown(asset["value_yuan"]), shown(asset["counted_yuan"]))
        table.add_row(f"  {asset['register_no']}", *amounts, Text(words, "yellow"))
    total = language.say("池价值", "pool")
    table.add_row(Text(f"  {total}", "bold"), "", Text(shown(found["pool_yuan"]), "bold"), "")
    return Group(table)


def span(found: dict[str, Any]) -> str:
    """A range in yuan."""
    return f"{shown(found['low_yuan'])} – {shown(found['central_yuan'])} – {shown(found['high_yuan'])}"


def shown(yuan: str) -> str:
    """Yuan for reading."""
    return yuan_for_reading(fen_from_yuan(yuan))
