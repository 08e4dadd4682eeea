"""The notice of an adverse decision: what was decided, the principal reasons, where to object, by when who answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from models.decision import reasons_as_told
from models.decision.record import DecisionRecord, ReasonV1
from models.errors import AssetlightError
from models.explanation.features import feature_words, reason_code
from models.money import fen_from_yuan
from models.tables import BANK_ZONE
from service.applications.transitions import State
from service.notices.case_file import CaseFile
from service.notices.words import RATING_CODES, source_of

MOST_REASONS = 4
DECIDED = (State.APPROVED, State.ACTIVE, State.FROZEN, State.DECLINED, State.CLOSED)
KINDS = {
    "declined": ("授信申请未获批准", "Your application was declined"),
    "frozen": ("授信额度已暂停使用", "Your credit line was frozen"),
    "lower": ("授信额度低于申请金额", "You were granted less than you applied for"),
}


class NoticeNotDue(AssetlightError):
    """Nothing adverse was decided, so there is nothing to give notice of: 409."""


@dataclass(frozen=True)
class Because:
    """A reason with its source."""

    code: str
    zh: str
    en: str
    source_zh: str
    source_en: str
    facts_on: date
    about_score: bool  # points lost against whom the score compares with


@dataclass(frozen=True)
class Notice:
    """What the applicant is told. `draft`: the decision is not final yet, so this must not go out."""

    case: CaseFile
    kind: Literal["declined", "frozen", "lower"]
    draft: bool
    decided_on: date
    asked_fen: int
    granted_fen: int
    reasons: tuple[Because, ...]
    said: str | None  # what the person who decided gave as reason
    ask_until: date
    days_to_answer: int
    days_to_correct: int

    @property
    def title(self) -> tuple[str, str]:
        """What happened, in Chinese and English."""
        return KINDS[self.kind]


def notice_of(case: CaseFile) -> Notice:
    """The notice of a case. Raises NoticeNotDue."""
    application, decision = case.application, case.decision
    state = application.state
    granted = _granted_fen(case)
    kind: Literal["declined", "frozen", "lower"]
    if state == State.DECLINED or (state not in DECIDED and decision.outcome == "decline"):
        kind, granted = "declined", 0
    elif state == State.FROZEN:
        kind = "frozen"
    elif granted < application.amount_fen and (
        state in DECIDED or decision.outcome == "reduce" or case.standing.counting
    ):
        kind = "lower"
    else:
        raise NoticeNotDue(
            "nothing adverse was decided about this application",
            expected="a declined or frozen application, or one with less than was applied for",
            found=f"{state.value}, {decision.outcome}",
            advice="where facts are missing, ask the applicant for the documents that the assessment names",
        )
    step = case.last("decline" if kind == "declined" else "freeze" if kind == "frozen" else "approve")
    decided_on = _day(step.at) if step is not None else application.updated_at.astimezone(BANK_ZONE).date()
    clock = case.decided_by
    told = principal_reasons(decision.model_copy(update={"reasons": reasons_as_told(decision, clock)}))
    return Notice(
        case=case,
        kind=kind,
        draft=state not in DECIDED,
        decided_on=decided_on,
        asked_fen=application.amount_fen,
        granted_fen=granted,
        reasons=tuple(_because(reason) for reason in told),
        said=step.content.get("reason") if step is not None else None,
        ask_until=decided_on + timedelta(days=clock.whole("notice.days_to_ask_review")),
        days_to_answer=clock.whole("notice.days_to_answer_review"),
        days_to_correct=clock.whole("notice.days_to_correct_data"),
    )


def principal_reasons(decision: DecisionRecord) -> list[ReasonV1]:
    """At most four reasons of the decision, at least one of which is about the applicant and not about its score.

    Where only the score bound the amount: those ceilings, then what is missing, then what cost the score most.
    """
    chosen = decision.reasons
    decisive = [reason for reason in chosen if reason.about != "evidence"]
    if any(not _of_rating(reason) for reason in decisive) or (chosen and not decisive):
        return list(chosen[:MOST_REASONS])
    missing = [reason for reason in chosen if reason.about == "evidence"]
    behind = list(decision.probability_reasons) or _slightest(decision)
    ceilings = decisive[: MOST_REASONS - 1]
    room = MOST_REASONS - len(ceilings)
    behind = behind[: max(1, room - len(missing))]
    return [*ceilings, *missing[: room - len(behind)], *behind]


def _of_rating(reason: ReasonV1) -> bool:
    return reason.code in RATING_CODES or reason.fact == "requested"


def _slightest(decision: DecisionRecord) -> list[ReasonV1]:
    """Where nothing cost enough to be a reason of its own: what cost most, however little."""
    costly = sorted((points, name) for name, points in decision.contributions.items() if points < 0)[:MOST_REASONS]
    found = []
    for points, name in costly:
        words = feature_words(name)
        found.append(
            ReasonV1(
                code=reason_code(name),
                about="probability",
                zh=words.title_zh,
                en=words.title_en,
                title_zh=words.title_zh,
                title_en=words.title_en,
                fact=name,
                value=None,
                threshold=None,
                unit=words.unit,
                window_months=words.window,
                facts_on=decision.as_of,
                policy=None,
                policy_from=None,
                document=None,
                points=points,
            )
        )
    return found


def _granted_fen(case: CaseFile) -> int:
    application = case.application
    if application.state == State.FROZEN:
        return 0
    if application.approved_fen is not None:
        return application.approved_fen
    proposed = fen_from_yuan(case.decision.limit_yuan)
    moved = case.standing.counting_of("amount")
    return min(proposed, application.amount_fen) if moved is None else fen_from_yuan(moved.after)


def _because(reason: ReasonV1) -> Because:
    zh, en = source_of(reason)
    return Because(reason.code, reason.zh, reason.en, zh, en, reason.facts_on, reason.about == "probability")


def _day(at: str) -> date:
    return datetime.fromisoformat(at).astimezone(BANK_ZONE).date()
