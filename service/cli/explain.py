"""`assetlight explain`: one enterprise's limit, explained as a page that a person reads."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from service.assessing import Question, has_stored_rows, nothing_stored
from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import AsOfOption, HomeOption, JsonOption, open_context
from service.cli.explained import Language, show_decision
from service.cli.score import AmountOption, ProductOption


@commands.command(epilog="Example: assetlight explain E10 --as-of 2020-02-29 --amount 1500000 --lang zh")
def explain(
    enterprise: Annotated[str, typer.Argument(metavar="ENTERPRISE", help="The id of a stored enterprise.")],
    as_of: AsOfOption,
    amount: AmountOption = None,
    product: ProductOption = None,
    lang: Annotated[
        Language, typer.Option("--lang", envvar="ASSETLIGHT_LANG", help="Words in Chinese or in English.")
    ] = Language.ZH,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain one enterprise's limit: PD and grade, waterfall, table of ceilings, reasons, contributions, digests.

    The same decision as the API and `score` give, to the last bit. Nothing is kept. With --json: the decision record.
    """
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    if not has_stored_rows(service.lake):
        raise nothing_stored(service.lake)
    assessor = service.assessor
    day = assessor.day(as_of)
    request = None
    if amount is not None or product is not None:
        request = assessor.application(day, product=product, amount_yuan=amount)
    decision = assessor.decide(Question(enterprise, day, request))
    context.finish(json.loads(decision.to_json()), lambda console: show_decision(console, decision, lang))
