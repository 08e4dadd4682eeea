"""The papers as HTML: style and picture inside, no script, nothing fetched; the same case gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape
from markupsafe import Markup

from models.decision import reasons_as_told
from models.decision.reading import cap_rows, outcome_words, signed_yuan
from models.decision.record import DecisionRecord
from models.explanation.catalogue import AVERAGE
from models.explanation.features import feature_words
from models.explanation.figures import figure
from models.money import fen_from_yuan, yuan_for_reading
from models.tables import BANK_ZONE
from service import notices
from service.applications.since import changed_since, words
from service.applications.view import shown_exposure
from service.notices.adverse import Notice
from service.notices.case_file import CaseFile
from service.notices.exact import to_the_fen
from service.notices.picture import waterfall_svg
from service.notices.words import Language

MOST_CONTRIBUTIONS = 12
PARTS = ("notice.html.j2", "memo.html.j2", "paper.css.j2")
REFERENCE_LENGTH = 8  # characters of an application's id that people read to each other


def notice_html(notice: Notice, language: Language) -> bytes:
    """The notice to the applicant, UTF-8."""
    of_the_score = any(reason.about_score for reason in notice.reasons)
    whom = _whom(notice.case.decision, language) if of_the_score else None
    return _rendered("notice.html.j2", notice.case, language, notice=notice, whom=whom)


def memo_html(case: CaseFile, language: Language) -> bytes:
    """The credit memo, UTF-8. `case` is explained, as far as it can be."""
    return _rendered(
        "memo.html.j2",
        case,
        language,
        picture=Markup(waterfall_svg(case.decision, language)),  # noqa: S704  (drawn here; matplotlib escapes its texts)
        reasons=reasons_as_told(case.decision, case.decided_by),
        caps=cap_rows(case.decision),
        outcome=language.say(*outcome_words(case.decision)),
        contributions=contributions(case.decision, language),
        whom=_whom(case.decision, language),
        proposed_fen=case.standing.proposed_fen(case.decided_by),
        exposure=shown_exposure(case.standing, case.decided_by),
        changed=None if (changed := changed_since(case.standing)) is None else words(changed, case.application.state),
    )


def contributions(decision: DecisionRecord, language: Language) -> list[tuple[str, str, float]]:
    """Feature, value and points of what moved the score most, either way."""
    ordered = sorted(decision.contributions.items(), key=lambda item: (-abs(item[1]), item[0]))
    rows = []
    for name, points in ordered[:MOST_CONTRIBUTIONS]:
        words, value = feature_words(name), decision.feature_values.get(name)
        shown = figure(float("nan") if value is None else value, words.unit)
        value_shown = language.say(to_the_fen(shown.zh, shown.en), shown.en)
        rows.append((language.say(words.zh, words.en), value_shown, points))
    return rows


def _whom(decision: DecisionRecord, language: Language) -> str:
    """With whom the points compare."""
    whom = decision.compared_with or AVERAGE
    return language.say(whom.zh, whom.en)


def _rendered(name: str, case: CaseFile, language: Language, **more: Any) -> bytes:  # noqa: ANN401
    def money(fen: int) -> str:
        return language.say(f"{yuan_for_reading(fen)}元", f"CNY {yuan_for_reading(fen)}")

    def say(zh: str, en: str) -> str:
        return language.say(to_the_fen(zh, en), en)

    product = case.decided_by.product(case.application.product)
    text = (
        _environment()
        .get_template(name)
        .render(
            case=case,
            application=case.application,
            decision=case.decision,
            standing=case.standing,
            explanation=case.explanation,
            product=language.say(product.zh, product.en),
            reference=case.application.id[:REFERENCE_LENGTH].upper(),
            language=language.value,
            say=say,
            money=money,
            yuan=lambda amount: money(fen_from_yuan(amount)),
            moment=lambda at: _moment(at, language),
            signed=signed_yuan,
            **more,
        )
    )
    return text.encode()


def _moment(at: str | datetime, language: Language) -> str:
    """A moment on the bank's clock, to the minute, and which clock that is."""
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{found.astimezone(BANK_ZONE):%Y-%m-%d %H:%M}{language.say('（北京时间）', ' (UTC+8)')}"


@cache
def _environment() -> Environment:
    read: Callable[[str], str] = lambda name: files(notices).joinpath(name).read_text(encoding="utf-8")  # noqa: E731
    return Environment(
        loader=DictLoader({name: read(name) for name in PARTS}),
        autoescape=select_autoescape(["j2"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
