"""The reasons of one decision as sentences with value, threshold, unit, window and source day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from models.default_probability import ProbabilityColumns
from models.explanation.catalogue import (
    AVERAGE,
    BELOW_MINIMUM,
    DOCUMENTS,
    PROBABILITY_EN,
    PROBABILITY_ZH,
    ROUNDED,
    About,
    rule_words,
)
from models.explanation.features import feature_words, reason_code
from models.explanation.figures import MISSING, Figure, figure, money
from models.explanation.selection import Candidate, ReasonColumns
from models.limits import SOURCES_TOTAL, AmountColumns, Document, GateColumns, LimitColumns
from models.policy import Policy


@dataclass(frozen=True)
class Reason:
    """One reason. `value` and `threshold` are exact text in `unit` (money in yuan); `facts_on` is the day they hold."""

    code: str
    about: About
    zh: str
    en: str
    title_zh: str
    title_en: str
    fact: str
    value: str | None
    threshold: str | None
    unit: str
    window_months: int | None
    facts_on: date
    policy: str | None = None
    policy_from: date | None = None
    document: str | None = None
    points: float | None = None


def primary_reasons(
    columns: ReasonColumns, limits: LimitColumns, probability: ProbabilityColumns, policy: Policy, as_of: date, row: int
) -> list[Reason]:
    """The chosen reasons of one row, in order."""
    chosen = [
        _sentence(candidate, limits, policy, as_of, row)
        for place, candidate in enumerate(columns.candidates)
        if columns.chosen[row, place]
    ]
    slots = int(columns.probability_slots[row])
    return [*chosen, *probability_reasons(columns, probability, as_of, row)[:slots]]


def probability_reasons(columns: ReasonColumns, probability: ProbabilityColumns, as_of: date, row: int) -> list[Reason]:
    """Why this probability: the features that cost most points against whom it compares with, tiny ones left out."""
    reasons = []
    whom = probability.against or AVERAGE
    for index in columns.costly[row]:
        if index < 0:
            break
        name = columns.feature_names[index]
        words = feature_words(name)
        points = float(probability.contributions[row, index])
        value = figure(float(probability.values[row, index]), words.unit)
        lost = f"{-points:.1f}"
        reasons.append(
            Reason(
                code=reason_code(name),
                about="probability",
                zh=PROBABILITY_ZH.format(name=words.zh, value=value.zh, whom=whom.zh, points=lost),
                en=PROBABILITY_EN.format(name=words.en, value=value.en, whom=whom.en, points=lost),
                title_zh=words.title_zh,
                title_en=words.title_en,
                fact=name,
                value=value.text,
                threshold=None,
                unit="yuan" if words.unit == "fen" else words.unit,
                window_months=words.window,
                facts_on=as_of,
                points=points,
            )
        )
    return reasons


@dataclass(frozen=True)
class _Filling:
    fact: str
    unit: str
    value: Figure
    threshold: Figure
    policy_name: str | None = None
    document: Document = Document.NONE
    basis: Figure = MISSING
    grade: str = ""


def _sentence(candidate: Candidate, limits: LimitColumns, policy: Policy, as_of: date, row: int) -> Reason:
    text, fill = candidate.text, _filling(candidate, limits, row)
    words = DOCUMENTS.get(fill.document)
    known = words is not None and text.about == "evidence"
    return Reason(
        code=text.code,
        about=text.about,
        zh=text.zh.format(
            value=fill.value.zh,
            threshold=fill.threshold.zh,
            document=words.zh if words else "",
            basis=fill.basis.zh,
            grade=fill.grade,
        ),
        en=text.en.format(
            value=fill.value.en,
            threshold=fill.threshold.en,
            document=words.en if words else "",
            basis=fill.basis.en,
            grade=fill.grade,
        ),
        title_zh=text.title_zh,
        title_en=text.title_en,
        fact=fill.fact,
        value=fill.value.text,
        threshold=fill.threshold.text,
        unit="yuan" if fill.unit == "fen" else fill.unit,
        window_months=feature_words(fill.fact).window,
        facts_on=as_of,
        policy=fill.policy_name,
        policy_from=policy.in_force(fill.policy_name).first_day if fill.policy_name else None,
        document=words.code if words is not None and known else None,
    )


def _filling(candidate: Candidate, limits: LimitColumns, row: int) -> _Filling:
    rule = candidate.rule
    if isinstance(rule, GateColumns):
        return _Filling(
            fact=rule.fact,
            unit=rule.unit,
            value=figure(float(rule.value[row]), rule.unit),
            threshold=figure(rule.threshold, rule.unit),
            policy_name=rule.policy_name,
            document=rule.document_at(row),
        )
    if isinstance(rule, AmountColumns):
        return _Filling(
            fact=rule.code,
            unit="fen",
            value=money(int(rule.value[row])),
            threshold=MISSING,
            policy_name=rule.policy_names[0] if rule.policy_names else None,
            document=rule.document_at(row),
            basis=_basis(limits, row) if rule.code == SOURCES_TOTAL else MISSING,
            grade=figure(float(rule.inputs["grade"].values[row]), "grade").en if "grade" in rule.inputs else "",
        )
    before = money(int(limits.steps[-2].running[row]))
    if candidate.text is BELOW_MINIMUM:
        return _Filling("limit", "fen", before, money(int(limits.minimum_fen[row])))
    if candidate.text is ROUNDED:
        lost = money(int(-limits.steps[-2].delta[row]))
        return _Filling("limit", "fen", lost, money(int(limits.step_fen[row])))
    raise KeyError(candidate.text.code)


def _basis(limits: LimitColumns, row: int) -> Figure:
    """How the sources come to their amounts: for invoice turnover, share times net sales."""
    zh, en = [], []
    for source in limits.sources:
        if not source.counts_at(row) or (source.value[row] == 0 and len(limits.sources) > 1):
            continue
        behind = source.inputs.get("sales_behind_debtors_fen")
        if {"sales_12m_fen", "advance_share"} <= source.inputs.keys() and (behind is None or behind.values[row] == 0):
            sales = figure(float(source.inputs["counted_sales_fen"].values[row]), "fen")
            netted = source.inputs["counted_sales_fen"].values[row] < source.inputs["sales_12m_fen"].values[row]
            share = figure(float(source.inputs["advance_share"].values[row]), "fraction")
            zh.append(f"近12个月净销售额{'（扣除关联与循环交易）' if netted else ''} {sales.zh} × {share.zh}")
            without = " without related and circular trade" if netted else ""
            en.append(f"{share.en} of net 12-month sales{without} of {sales.en}")
        else:
            amount = money(int(source.value[row]))
            words = rule_words(source.code)
            zh.append(f"{words.zh} {amount.zh}")
            en.append(f"{words.en} {amount.en}")
    return Figure(None, "，".join(zh), ", ".join(en))
