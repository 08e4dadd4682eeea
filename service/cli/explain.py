"""`assetlight explain`: one enterprise's limit, explained as a page that a person reads."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from models.canonical import canonical_json
from models.explanation.scorecard import scorecard_lines
from service.assessing import Question, has_stored_rows, nothing_stored
from service.bootstrap import build
from service.cli.app import commands
from service.cli.context import AsOfOption, HomeOption, JsonOption, open_context, parse_enterprise
from service.cli.explained import Language, scorecard, show_decision, show_explanation
from service.cli.score import AmountOption, ProductOption
from service.explaining import explanation_of, grounds_of
from service.recording import asked_of
from service.store import Assessment

MADE_ON_DEMAND = ("attribution", "levers", "information", "debtors_at_hand")

EnterpriseArgument = Annotated[
    str, typer.Argument(parser=parse_enterprise, metavar="ENTERPRISE", help="The id of a stored enterprise.")
]


@commands.command(epilog="Example: assetlight explain E10 --as-of 2020-02-29 --amount 1500000 --lang zh")
def explain(
    enterprise: Annotated[str, EnterpriseArgument],
    as_of: AsOfOption,
    amount: AmountOption = None,
    product: ProductOption = None,
    growth: Annotated[
        float | None,
        typer.Option(
            "--growth",
            metavar="FRACTION",
            help="The applicant's forecast of next year's revenue growth: 0.15 is 15 %. Default: last year's growth.",
        ),
    ] = None,
    lang: Annotated[
        Language, typer.Option("--lang", envvar="ASSETLIGHT_LANG", help="Words in Chinese or in English.")
    ] = Language.ZH,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain one enterprise's limit: waterfall, ceilings, reasons, points, who paid for it, what would raise it.

    The same decision as the API and `score` give, to the last bit, and kept like theirs. With --json: the decision
    record, and beside it under `explanation` the attribution, levers and the value of information.
    """
    context = open_context(home, as_json=as_json)
    service = build(context.settings)
    if not has_stored_rows(service.lake):
        raise nothing_stored(service.lake)
    assessor = service.assessor
    day = assessor.day(as_of)
    request = None
    if amount is not None or product is not None or growth is not None:
        request = assessor.application(day, product=product, amount_yuan=amount, forecast_growth=growth)
    made = assessor.made(Question(enterprise, day, request))
    decision = made.decision
    moment = service.clock()
    kept = Assessment(
        id=service.new_id(moment),
        created_at=moment,
        enterprise_id=enterprise,
        as_of=day,
        decision_id=decision.decision_id,
        decision=made.content,
        request=canonical_json(asked_of(enterprise, day, product, amount, growth)),
    )
    service.recorder.keep(made, kept, service.operator)
    service.close()
    explanation = explanation_of(grounds_of(assessor, decision, made.tables))
    told = {name: explanation.model_dump(mode="json")[name] for name in MADE_ON_DEMAND}
    card = assessor.bundles.named(decision.bundle.digest).card
    lines = scorecard_lines(card, decision.feature_values, decision.contributions)
    if lines:
        told["scorecard"] = [asdict(line) for line in lines]

    def show(console: Console) -> None:
        show_decision(console, decision.model_copy(update={"reasons": explanation.reasons}), lang)
        if lines:
            console.print(scorecard(lines, decision.base_points or 0.0, lang))
        show_explanation(console, explanation, lang)

    context.finish({**json.loads(decision.to_json()), "explanation": told}, show)
