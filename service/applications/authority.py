"""Whether a person may take a step: role, four eyes, authority. Pure; the desk asks it inside its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from models.money import fen_from_yuan, yuan_text
from models.policy import Policy
from models.policy.approval_rules import ApprovalRules, Level
from service.applications.application import Application, Exposure, Standing, Today
from service.applications.errors import (
    AmountNotApprovable,
    AssessmentTooOld,
    AuthorityExceeded,
    ExposureChanged,
    FourEyes,
    NotForThisRole,
    StepWithoutReason,
    TransitionNotPossible,
    WarnedSince,
)
from service.applications.since import gone_fen, unseen
from service.applications.transitions import Transition, possible
from service.people import Principal

FROZEN = ("orange", "red")  # early warnings that freeze new draws, DOMAIN 2.2


def require_person(transition: Transition, caller: Principal, standing: Standing) -> None:
    """Refuse whoever may never take this step on this case, whatever its version. Raises NotForThisRole, FourEyes."""
    officer = standing.application.officer
    if not caller.has(*transition.roles):
        raise NotForThisRole(
            f"none of the caller's roles may {transition.action} an application",
            expected="one of " + ", ".join(transition.roles),
            found=", ".join(sorted(caller.roles)),
            field="action",
        )
    if transition.own and officer != caller.subject:
        raise NotForThisRole(
            f"only the officer of the case may {transition.action} it",
            expected="the officer of the case",
            field="action",
        )
    if transition.not_own and officer == caller.subject:
        raise FourEyes(
            f"nobody may {transition.action} an application of their own",
            expected="another person than the one who submitted it",
            field="action",
        )


def require_fresh_eyes(transition: Transition, caller: Principal, standing: Standing) -> None:
    """Refuse whoever has judged this case already. What others did may change it, so the version comes before.

    Raises FourEyes.
    """
    own = [one for one in standing.overrides if one.application_id == standing.application.id]
    judged = {one.actor for one in own if one in standing.counting}
    judged |= {one.withdrawn.actor for one in own if one.withdrawn is not None}
    if transition.within_authority and caller.subject in judged:
        raise FourEyes(
            "whoever overrode a grade or an amount, or ended an override, does not approve the case",
            expected="another person than the one who overrode",
            field="action",
        )
    if transition.within_authority and any(one.approver == caller.subject for one in standing.application.approvals):
        raise FourEyes(
            "the second approval is another person's",
            expected="another person than the first approver",
            field="action",
        )


def require_state(transition: Transition, standing: Standing, reason: str | None) -> None:
    """Refuse a step that the state does not allow. Raises TransitionNotPossible, StepWithoutReason."""
    application = standing.application
    if application.state not in transition.sources:
        allowed = ", ".join(possible(application.state)) or "nothing: it is closed for good"
        raise TransitionNotPossible(
            f"the action {transition.action} is not possible for an application that is {application.state}",
            current=application.current(),
            expected="from here: " + allowed,
            found=transition.action.value,
            field="action",
        )
    if transition.reason and not reason:
        raise StepWithoutReason(f"to {transition.action} needs a reason", field="reason", expected="a reason in words")


def approved_amount(standing: Standing, policy: Policy, asked_yuan: str | None) -> int:
    """The amount in fen that an approval is for. Raises AmountNotApprovable."""
    proposed = standing.proposed_fen(policy)
    first = standing.application.approvals[0].amount_fen if standing.application.approvals else None
    amount = fen_from_yuan(asked_yuan) if asked_yuan is not None else proposed if first is None else first
    if first is not None and amount != first:
        raise AmountNotApprovable(
            "the second approval is of the same amount as the first",
            field="amount_yuan",
            expected=yuan_text(first),
            found=yuan_text(amount),
            advice="return the application to have another amount approved",
        )
    if not 0 < amount <= proposed:
        raise AmountNotApprovable(
            "the amount cannot be approved for this case",
            field="amount_yuan",
            expected=f"above zero, at most {yuan_text(proposed)}",
            found=yuan_text(amount),
            advice="a higher amount needs an override with reason and evidence",
        )
    return amount


def require_same_exposure(standing: Standing, committed: Sequence[Application]) -> None:
    """Refuse to approve what was assessed before the bank committed itself to more. Raises ExposureChanged.

    `committed`: the lines that count now, of the enterprise and of whoever may be in its group.
    """
    application, seen = standing.application, standing.application.exposure
    new, gone = sum(more for _, more in unseen(application, committed)), gone_fen(standing)
    if new or gone:
        raise ExposureChanged(
            "the bank's exposure to the enterprise or its group is not what the case was assessed on",
            current=application.current(),
            field="action",
            expected="the lines that the assessment counted, " + yuan_text(sum(seen.lines.values())) + " together",
            found=yuan_text(new) + " committed since"
            if new
            else "a line of " + yuan_text(gone) + " that can no longer be replaced",
            advice="return the application and have it assessed again",
        )


def require_no_new_exposure(standing: Standing, now: Exposure, committed: Sequence[Application]) -> None:
    """Refuse to commit the bank on less exposure than there is by now, loans included. Raises ExposureChanged.

    A line whose own assessment counted this case is no news: whoever approved that one knew of both.
    """
    application, seen = standing.application, standing.application.exposure
    later = [one for one in committed if application.id in one.exposure.lines and one.id != application.id]
    mine = sum(one.approved_fen or 0 for one in later if one.enterprise_id == application.enterprise_id)
    others = sum(one.approved_fen or 0 for one in later if one.enterprise_id != application.enterprise_id)
    for whose, then, today in (
        ("enterprise", seen.own_fen, now.own_fen - mine),
        ("rest of its group", seen.group_fen or 0, (now.group_fen or 0) - others),
    ):
        if today > then:
            raise ExposureChanged(
                f"the bank's exposure to the {whose} is more than the case was assessed on",
                current=application.current(),
                field="action",
                expected=f"at most {yuan_text(then)}, as assessed",
                found=f"{yuan_text(today)} now",
                advice="have it assessed again: return it, or withdraw what is approved and apply again",
            )


def require_not_warned(standing: Standing, now: Today, amount_fen: int) -> None:
    """Refuse an approval of more than the early warning of today leaves, whatever it was when the case was assessed.

    Yellow holds a line where it stands, orange and red freeze it (DOMAIN 2.2). Raises WarnedSince.
    """
    if now.most_fen is not None and amount_fen > now.most_fen:
        raise WarnedSince(
            f"the early warning is {now.warning} today",
            current=standing.application.current(),
            field="action",
            expected=f"at most {yuan_text(now.most_fen)} under this warning",
            found=yuan_text(amount_fen),
            advice="return the application and have it assessed again: the assessment says which signals warn",
        )


def require_not_frozen(standing: Standing, now: Today) -> None:
    """Refuse to open an approved line under an orange or red warning; yellow lets it stand. Raises WarnedSince."""
    if now.warning in FROZEN and now.most_fen is not None:
        raise WarnedSince(
            f"the early warning is {now.warning} today: nothing new may be drawn",
            current=standing.application.current(),
            field="action",
            expected="a warning below orange",
            found=now.warning,
            advice="assess the enterprise to see which signals warn; activate once they are settled, or withdraw it",
        )


def require_recent_assessment(standing: Standing, rules: ApprovalRules) -> None:
    """Refuse to approve on an assessment that is too old. Raises AssessmentTooOld."""
    application = standing.application
    last = application.as_of + timedelta(days=rules.assessment_valid_days)
    if standing.today > last:
        raise AssessmentTooOld(
            f"the assessment is older than {rules.assessment_valid_days} days",
            current=application.current(),
            field="action",
            expected=f"an approval not after {last}",
            found=standing.today.isoformat(),
            advice="return the application and have it assessed again",
        )


def require_authority(caller: Principal, rules: ApprovalRules, standing: Standing, total_fen: int) -> Level:
    """The caller's level, if grade and total lie in its authority.

    `total_fen`: everything that the bank would have committed, not this application alone. Raises AuthorityExceeded.
    """
    level = rules.level(caller.authority)
    if level is None:
        raise AuthorityExceeded(
            "the caller's level of authority is not one of the policy",
            expected=", ".join(one.code for one in rules.levels),
            found=caller.authority,
        )
    highest = level.up_to_fen[standing.grade]
    if total_fen > highest:
        able = [one.code for one in rules.levels if one.up_to_fen[standing.grade] >= total_fen]
        raise AuthorityExceeded(
            f"what would be committed to the enterprise and its group lies beyond the authority of {level.code} in "
            f"grade {standing.grade}",
            field="amount_yuan",
            expected=f"at most {yuan_text(highest)}",
            found=yuan_text(total_fen),
            advice="ask an approver of level " + " or ".join(able) if able else "no level approves this",
        )
    return level
