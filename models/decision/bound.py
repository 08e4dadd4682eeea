"""Which reasons of an amount a paper names: the ceilings that bind, then what is missing.

A record that is referred keeps the missing facts as its primary reasons, also where the amount was bound by something
else. Whoever is granted less reads what took it: each ceiling that binds, made from the caps that the record keeps, the
one that took most first. What lacks a fact and did not bind says so. The record itself keeps its bytes.
"""

from __future__ import annotations

from models.decision.record import CapV1, DecisionRecord, ReasonV1
from models.explanation.catalogue import BINDING_REASONS, rule_words
from models.explanation.figures import money
from models.limits import SOURCES_TOTAL
from models.money import fen_from_yuan

REQUESTED = "requested"
SMALLER = ("reduce", "refer")
TOOK_NOTHING = ("（未减少本次额度）", " (it did not reduce the amount)")


def reasons_with_what_bound(record: DecisionRecord) -> tuple[ReasonV1, ...]:
    """The reasons of a record with every ceiling that binds, in the order of what they took; then all others.

    As they are kept where no amount was reduced.
    """
    bound = [cap for cap in record.caps if cap.binding and cap.code != REQUESTED and cap.code in BINDING_REASONS]
    if record.outcome not in SMALLER or not bound:
        return record.reasons
    took = {step.code: -fen_from_yuan(step.delta_yuan) for step in record.waterfall}
    first = sorted(bound, key=lambda cap: (cap.code != SOURCES_TOTAL, -took.get(cap.code, 0)))  # sources take nothing
    named = {cap.code for cap in bound}
    ceilings: list[ReasonV1] = []
    for cap in first:
        kept = [reason for reason in record.reasons if reason.fact == cap.code]
        ceilings += kept or [_reason(cap, record)]
    values = {cap.code for cap in record.caps if cap.value_yuan is not None}
    others = [reason for reason in record.reasons if reason.fact not in named]
    return (*ceilings, *(_aside(reason) if reason.fact in values else reason for reason in others))


def _aside(reason: ReasonV1) -> ReasonV1:
    """What is missing, of a ceiling that did not bind at its prudent value."""
    if reason.about != "evidence":
        return reason
    zh, en = TOOK_NOTHING
    return reason.model_copy(update={"zh": reason.zh + zh, "en": reason.en + en})


def _reason(cap: CapV1, record: DecisionRecord) -> ReasonV1:
    """The catalogue's reason of a ceiling that binds, with what the record keeps of it."""
    text, value = BINDING_REASONS[cap.code], money(fen_from_yuan(cap.value_yuan or "0"))
    parts = [
        (rule_words(source.code), money(fen_from_yuan(source.value_yuan)))
        for source in record.sources
        if source.status != "not_applicable" and source.value_yuan is not None
    ]
    policy = cap.policy[0] if cap.policy else None
    return ReasonV1(
        code=text.code,
        about=text.about,
        zh=text.zh.format(
            value=value.zh, grade=record.grade or "", basis="，".join(f"{w.zh} {v.zh}" for w, v in parts)
        ),
        en=text.en.format(
            value=value.en, grade=record.grade or "", basis=", ".join(f"{w.en} {v.en}" for w, v in parts)
        ),
        title_zh=text.title_zh,
        title_en=text.title_en,
        fact=cap.code,
        value=value.text,
        threshold=None,
        unit="yuan",
        window_months=None,
        facts_on=record.as_of,
        policy=policy.name if policy else None,
        policy_from=policy.first_day if policy else None,
        document=None,
        points=None,
    )
