"""The reasons of a decision as a person is told them, where the bank has lent or committed something already.

A record says of a ceiling what remains under it. Told to a person, that is not the ceiling: here stand its own value,
what this bank has lent and committed, and what remains. An early warning is told with the signals that fired. The
record itself keeps its bytes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.decision.record import CapV1, DecisionRecord, ReasonV1
from models.explanation.amount_words import EXPOSED_REASON, EXPOSURE_USES_UP, WARNING_SIGNALS, exposure_words
from models.explanation.catalogue import rule_words
from models.explanation.figures import Figure, figure, money
from models.limits import COMMITTED_LINES, EXISTING_EXPOSURE, Cases, LimitColumns, compute_limits
from models.limits.ceilings.early_warning import fired_triggers
from models.money import yuan_text

MOST_REASONS = 4
EARLY_WARNING = "early_warning"
_OWN = ("debt_own_exposure_fen", "lines_exposure_fen", "line_replaced_fen")  # what `Cases.own_exposure` is made of


def told_reasons(record: DecisionRecord, cases: Cases) -> tuple[ReasonV1, ...]:
    """The principal reasons of a record; `cases` is its case, as `cases_of` gives it.

    Where own exposure leaves nothing of a limit that there would be without it, that is the first reason, and points
    of the score, which did not decide the amount, are none.
    """
    if not cases.own_exposure[0]:
        return tuple(_with_signals(reason, cases) for reason in record.reasons)
    now, without = compute_limits(cases), compute_limits(_without_exposure(cases))
    told = tuple(_with_signals(_with_ceiling(reason, record, now, without, cases), cases) for reason in record.reasons)
    settled = not now.stopped[0] and not now.pending[0]
    if not settled or now.limit_fen[0] > 0 or without.limit_fen[0] <= 0:
        return told
    of_amount = [reason for reason in told if reason.about == "amount"]
    return (_uses_up(record, cases), *of_amount)[:MOST_REASONS]


def told_caps(record: DecisionRecord, cases: Cases) -> tuple[CapV1, ...]:
    """The caps of a record; the early warning's inputs have each signal that fired, and its threshold."""
    signals: dict[str, str | None] = {}
    for code, _, value, threshold in _signals(cases):
        signals |= {f"signal.{code}": value.text, f"threshold.{code}": threshold.text}
    return tuple(
        cap.model_copy(update={"inputs": {**cap.inputs, **signals}}) if cap.code == EARLY_WARNING else cap
        for cap in record.caps
    )


def _signals(cases: Cases) -> list[tuple[str, str, Figure, Figure]]:
    """Code, sign, value and threshold of each signal that put the case at its level."""
    found = []
    for trigger in fired_triggers(cases, 0):
        threshold = float(np.broadcast_to(trigger.threshold, len(cases))[0])
        sign = WARNING_SIGNALS[trigger.rule][1]
        value = float(trigger.value[0])
        found.append((trigger.rule, sign, figure(value, trigger.unit), figure(threshold, trigger.unit)))
    return found


def _with_signals(reason: ReasonV1, cases: Cases) -> ReasonV1:
    """The reason of an early warning with what warned."""
    signals = _signals(cases) if reason.fact == EARLY_WARNING else []
    if not signals:
        return reason
    words = {code: WARNING_SIGNALS[code][0] for code, *_ in signals}
    zh = "、".join(f"{words[code].zh} {value.zh}（{sign} {most.zh}）" for code, sign, value, most in signals)
    en = ", ".join(f"{words[code].en} {value.en} ({sign} {most.en})" for code, sign, value, most in signals)
    return reason.model_copy(update={"zh": f"{reason.zh}；触发信号：{zh}", "en": f"{reason.en}; it warns: {en}"})


def _without_exposure(cases: Cases) -> Cases:
    """The same enterprise, if this bank had lent and committed nothing."""
    gone = {name: np.zeros(len(cases)) for name in _OWN if name in cases.facts}
    return replace(cases, facts={**cases.facts, **gone})


def _parts(cases: Cases) -> tuple[int, int]:
    """What is lent, and what is committed beyond it, in fen."""
    exposure = int(cases.own_exposure[0])
    lent = min(int(cases.own_loans[0]), exposure)
    return lent, exposure - lent


def _with_ceiling(
    reason: ReasonV1, record: DecisionRecord, now: LimitColumns, without: LimitColumns, cases: Cases
) -> ReasonV1:
    """A reason of a binding cap with the cap's own value, if own exposure and nothing else lies between the two."""
    if reason.about != "amount":
        return reason
    pairs = zip(now.caps, without.caps, strict=True)
    found = next(((left, own) for left, own in pairs if left.code == reason.fact), None)
    if found is None:
        return reason
    left, own = (int(cap.value[0]) for cap in found)
    if left == own or left != max(own - int(cases.own_exposure[0]), 0):
        return reason
    rule, taken = rule_words(reason.fact), exposure_words(*_parts(cases))
    grade = record.grade if reason.fact == "grade_maximum" else None
    ceiling, remains = money(own), money(left)
    fill_zh = {"rule": f"{rule.zh}（{grade}）" if grade else rule.zh, "own": ceiling.zh, "left": remains.zh}
    fill_en = {"rule": f"{rule.en} ({grade})" if grade else rule.en, "own": ceiling.en, "left": remains.en}
    return reason.model_copy(
        update={
            "zh": EXPOSED_REASON.zh.format(taken=taken.zh, **fill_zh),
            "en": EXPOSED_REASON.en.format(taken=taken.en, **fill_en),
            "value": remains.text,
            "threshold": ceiling.text,
        }
    )


def _uses_up(record: DecisionRecord, cases: Cases) -> ReasonV1:
    text, (lent, committed) = EXPOSURE_USES_UP, _parts(cases)
    taken = exposure_words(lent, committed)
    return ReasonV1(
        code=text.code,
        about=text.about,
        zh=text.zh.format(taken=taken.zh),
        en=text.en.format(taken=taken.en),
        title_zh=text.title_zh,
        title_en=text.title_en,
        fact=COMMITTED_LINES if committed else EXISTING_EXPOSURE,
        value=yuan_text(lent + committed),
        threshold=None,
        unit="yuan",
        window_months=None,
        facts_on=record.as_of,
        policy=None,
        policy_from=None,
        document=None,
        points=None,
    )
