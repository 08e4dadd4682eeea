"""All four explanations of one decision, from the kept record itself, and the check that they explain that decision.

A record holds every fact that the limit engine read, so the case can be built again from it to the bit and sent
through the engine once more. Only the levers that name a debtor need rows beyond it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from models.decision.bound import reasons_with_what_bound
from models.decision.errors import DecisionNotReproduced
from models.decision.record import CapV1, CautionV1, ComparedWithV1, DecisionRecord, Frozen, ReasonV1, StepV1
from models.decision.told import told_caps, told_reasons
from models.explanation.attribution import attribute, load_reference
from models.explanation.information import Information, load_ranges, value_of_information
from models.explanation.levers import Lever, find_levers
from models.explanation.situation import Situation
from models.grades import GRADES, UNKNOWN
from models.limits import NO_REQUEST, Cases, compute_limits
from models.money import fen_from_yuan, yuan_text
from models.policy import Policy
from models.positions import Positions


class ShareV1(Frozen):
    """What a group of evidence brought (or cost) against the reference enterprise."""

    code: str
    zh: str
    en: str
    yuan: str


class AttributionV1(Frozen):
    """The exact Shapley split: the shares add up to limit minus reference limit, to the fen."""

    reference: str
    reference_zh: str
    reference_en: str
    reference_version: int
    reference_sha256: str
    reference_limit_yuan: str
    coalitions: int
    shares: tuple[ShareV1, ...]


class LeverV1(Frozen):
    """What the enterprise can do: the smallest change, what the engine gives after it, what binds next.

    `change` is yuan, a count, or the new tenor in months. `up_to`: computed at the best a document may plausibly say.
    """

    code: str
    subject: str | None
    change: str
    unit: Literal["yuan", "count", "months"]
    items: tuple[str, ...]
    rule: str
    rule_before_yuan: str
    rule_after_yuan: str
    limit_yuan: str
    gain_yuan: str
    up_to: bool
    binding: tuple[str, ...]
    next_binding: tuple[str, ...]
    zh: str
    en: str
    verification_zh: str
    verification_en: str
    horizon_days: int


class InformationV1(Frozen):
    """A document that is pending or missing: the limit at its prudent and at its plausible best value."""

    code: str
    zh: str
    en: str
    pending: bool
    prudent_yuan: str
    best_yuan: str
    together_prudent_yuan: str
    together_best_yuan: str
    width_yuan: str


class ExplanationRecord(Frozen):
    """Why this probability, why this amount, who paid for it, what would change it. Never kept: made on demand."""

    schema_version: Literal[1]
    decision_id: str
    enterprise_id: str
    limit_yuan: str
    outcome: str
    pd: float | None
    pd_low: float | None
    pd_high: float | None
    points: float | None
    base_points: float
    compared_with: ComparedWithV1 | None = None  # None: the average of training
    contributions: dict[str, float]
    reasons: tuple[ReasonV1, ...]
    probability_reasons: tuple[ReasonV1, ...]
    waterfall: tuple[StepV1, ...]
    caps: tuple[CapV1, ...]
    attribution: AttributionV1
    levers: tuple[LeverV1, ...]
    information: tuple[InformationV1, ...]
    data_origin: tuple[str, ...]
    simulated: bool
    caution: CautionV1 | None
    debtors_at_hand: bool  # false: the rows behind the decision are not the same any more, so no lever names a debtor


def cases_of(record: DecisionRecord, policy: Policy) -> Cases:
    """The case of a record, to the bit. Raises DecisionNotReproduced where policy or engine decide otherwise now."""
    if policy.digest != record.policy.digest:
        raise _differs(record, "policy", record.policy.digest, policy.digest)
    requested = NO_REQUEST if record.request.amount_yuan is None else fen_from_yuan(record.request.amount_yuan)
    facts = {name: np.array([np.nan if value is None else value]) for name, value in record.feature_values.items()}
    cases = Cases(
        facts=facts,
        grade=np.array([UNKNOWN if record.grade is None else GRADES.index(record.grade)], dtype=np.int16),
        products=tuple(policy.products.values()),
        product=np.array([list(policy.products).index(record.request.product)], dtype=np.int64),
        requested_fen=np.array([requested], dtype=np.int64),
        policy=policy,
    )
    again = compute_limits(cases)
    steps = {step.code: yuan_text(int(step.running[0])) for step in again.steps}
    kept = {step.code: step.running_yuan for step in record.waterfall}
    different = [code for code in kept if steps.get(code) != kept[code]]
    if different or yuan_text(int(again.limit_fen[0])) != record.limit_yuan:
        raise _differs(record, "code", record.limit_yuan, yuan_text(int(again.limit_fen[0])))
    return cases


def explain(record: DecisionRecord, policy: Policy, positions: Positions | None = None) -> ExplanationRecord:
    """Everything that explains the record. `positions`: the very rows that it was decided on, where they are at hand.

    Attribution takes some 20 to 50 ms, levers about as long, so this is made when asked for, not with every decision.
    """
    cases = cases_of(record, policy)
    situation = Situation.of(cases, 0, positions)
    information = value_of_information(situation, load_ranges(policy.on))
    split = attribute(cases, 0, load_reference(record.request.product, policy.on))
    return ExplanationRecord(
        schema_version=1,
        decision_id=record.decision_id,
        enterprise_id=record.enterprise_id,
        limit_yuan=record.limit_yuan,
        outcome=record.outcome,
        pd=record.pd,
        pd_low=record.pd_low,
        pd_high=record.pd_high,
        points=record.points,
        base_points=record.base_points,
        compared_with=record.compared_with,
        contributions=record.contributions,
        reasons=told_reasons(record, cases),
        probability_reasons=record.probability_reasons,
        waterfall=record.waterfall,
        caps=told_caps(record, cases),
        attribution=AttributionV1(
            reference=split.reference.name,
            reference_zh=split.reference.zh,
            reference_en=split.reference.en,
            reference_version=split.reference.version,
            reference_sha256=split.reference.sha256,
            reference_limit_yuan=yuan_text(split.reference_limit_fen),
            coalitions=split.coalitions,
            shares=tuple(ShareV1(code=s.code, zh=s.zh, en=s.en, yuan=yuan_text(s.fen)) for s in split.shares),
        ),
        levers=tuple(_lever(item) for item in find_levers(situation, information)),
        information=tuple(_information(item) for item in information),
        data_origin=record.data_origin,
        simulated=record.simulated,
        caution=record.caution,
        debtors_at_hand=positions is not None,
    )


def reasons_as_told(record: DecisionRecord, policy: Policy) -> tuple[ReasonV1, ...]:
    """The reasons of a record as a paper tells them: what bound first; as kept, where it cannot be decided again."""
    told = record.model_copy(update={"reasons": reasons_with_what_bound(record)})
    try:
        return told_reasons(told, cases_of(record, policy))
    except DecisionNotReproduced:
        return told.reasons


def _lever(lever: Lever) -> LeverV1:
    money = lever.unit == "fen"
    return LeverV1(
        code=lever.code,
        subject=lever.subject,
        change=yuan_text(lever.change) if money else str(lever.change),
        unit="yuan" if money else "months" if lever.unit == "months" else "count",
        items=lever.items,
        rule=lever.rule,
        rule_before_yuan=yuan_text(lever.rule_before_fen),
        rule_after_yuan=yuan_text(lever.rule_after_fen),
        limit_yuan=yuan_text(lever.limit_fen),
        gain_yuan=yuan_text(lever.gain_fen),
        up_to=lever.up_to,
        binding=lever.binding,
        next_binding=lever.next_binding,
        zh=lever.zh,
        en=lever.en,
        verification_zh=lever.verification_zh,
        verification_en=lever.verification_en,
        horizon_days=lever.horizon_days,
    )


def _information(item: Information) -> InformationV1:
    return InformationV1(
        code=item.code,
        zh=item.zh,
        en=item.en,
        pending=item.pending,
        prudent_yuan=yuan_text(item.prudent_fen),
        best_yuan=yuan_text(item.best_fen),
        together_prudent_yuan=yuan_text(item.together_prudent_fen),
        together_best_yuan=yuan_text(item.together_best_fen),
        width_yuan=yuan_text(item.width_fen),
    )


def _differs(record: DecisionRecord, what: str, kept: str, now: str) -> DecisionNotReproduced:
    return DecisionNotReproduced(
        f"the {what} decides otherwise than when the assessment was made",
        expected=kept,
        found=now,
        where=f"decision {record.decision_id[:12]}",
        field=what,
        advice="assess the enterprise again; the kept decision stands as it was made",
    )
