"""`assetlight notice` and `assetlight memo`: what a case gives in writing, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.bootstrap import Service, build
from service.cli.app import commands
from service.cli.context import HomeOption, JsonOption, open_context
from service.notices import CaseFile, Language, case_file, memo_html, notice_html, notice_of, pdf_of

IdArgument = Annotated[str, typer.Argument(help="The id of an application.", metavar="ID")]
LanguageOption = Annotated[
    Language, typer.Option("--lang", envvar="ASSETLIGHT_LANG", help="Words in Chinese or in English.")
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="Where to: .pdf or .html.", show_default="HOME/results/notice-ID.zh.pdf"
    ),
]


@commands.command(epilog="Example: assetlight notice 018f2c1e-7a00-7000-8000-3d0c1f5a9b21 --lang en --out notice.html")
def notice(
    application_id: IdArgument,
    lang: LanguageOption = Language.ZH,
    out: OutOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the notice of an adverse decision: reasons, sources, where to object, who looks again, by when."""
    write("notice", application_id, lang, out, home, as_json=as_json)


@commands.command(epilog="Example: assetlight memo 018f2c1e-7a00-7000-8000-3d0c1f5a9b21 --out memo.pdf")
def memo(
    application_id: IdArgument,
    lang: LanguageOption = Language.ZH,
    out: OutOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the credit memo (审批意见书) of a case, with the waterfall as a picture."""
    write("memo", application_id, lang, out, home, as_json=as_json)


def write(
    what: str, application_id: str, lang: Language, out: Path | None, home: Path | None, *, as_json: bool
) -> None:
    """Make a paper and put it into a file, in one step."""
    context = open_context(home, as_json=as_json)
    place = out or context.settings.results / f"{what}-{application_id}.{lang.value}.pdf"
    if place.suffix not in (".pdf", ".html"):
        raise typer.BadParameter("a paper is a .pdf or a .html file", param_hint="--out")
    service = build(context.settings)
    case = case_file(
        service.office, service.assessments, service.settings, application_id, None, explained=what == "memo"
    )
    page = memo_html(case, lang) if what == "memo" else notice_html(notice_of(case), lang)
    content = pdf_of(page) if place.suffix == ".pdf" else page
    told(service, case, what)
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.draft")
    draft.write_bytes(content)
    draft.replace(place)
    context.finish(
        {"file": str(place), "application_id": case.application.id, "simulated": case.decision.simulated},
        lambda console: console.print(f"{what} of {case.application.id}: {place}", soft_wrap=True),
    )


def told(service: Service, case: CaseFile, what: str) -> None:
    """The ledger says who made it before it is there."""
    service.recorder.accessed(case.application.id, what, service.operator, service.clock())
    service.close()
