"""What the bank committed itself to after a case was assessed: the figures of the assessment do not have it.

The approval refuses such a case (`authority.require_same_exposure`); whoever looks at it is told before they try.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.money import yuan_text
from service.applications.application import Application, Standing
from service.applications.commitments import REPLACEABLE
from service.applications.transitions import State


@dataclass(frozen=True)
class Changed:
    """What is otherwise now than the assessment counted, in fen.

    `committed_fen`: lines of the enterprise that it did not see; `gone_fen`: the line that the case would replace,
    where that can no longer be replaced; `own_now_fen`: exposure to the enterprise with those lines.
    """

    committed_fen: int
    gone_fen: int
    own_now_fen: int


def unseen(application: Application, lines: Iterable[Application]) -> list[tuple[Application, int]]:
    """Lines that the assessment did not count, or counted smaller, with how much of each it did not.

    A line whose own assessment counted this case is no news: whoever approved that one knew of both.
    """
    seen = application.exposure.lines
    found = [
        (one, (one.approved_fen or 0) - seen.get(one.id, 0))
        for one in lines
        if one.id not in (application.id, application.replaces) and application.id not in one.exposure.lines
    ]
    return [(one, more) for one, more in found if more > 0]


def gone_fen(standing: Standing) -> int:
    """What can no longer be replaced of the line that the case was assessed to replace."""
    application = standing.application
    line = standing.beside.line(application.replaces)
    left = (line.approved_fen or 0) if line is not None and line.state in REPLACEABLE else 0
    return max((application.exposure.replaced_fen or 0) - left, 0)


def changed_since(standing: Standing) -> Changed | None:
    """What has changed since the assessment, as long as somebody may still decide on it; None: nothing.

    Of lines of the enterprise itself; those of its group are compared when somebody approves.
    """
    application = standing.application
    if application.state not in ADVICE:
        return None
    new = unseen(application, standing.beside.lines)
    gone = gone_fen(standing)
    if not new and not gone:
        return None
    amounts = {one.id: one.approved_fen or 0 for one in standing.beside.lines}
    more = sum(max(amount - amounts.get(one.replaces or "", 0), 0) for one, amount in new)
    return Changed(sum(amount for _, amount in new), gone, application.exposure.own_fen + more)


ADVICE = {
    State.ASSESSED: ("送审前请重新评估（reassess）。", "Have it assessed again (reassess) before it is submitted."),
    State.RETURNED: ("送审前请重新评估（reassess）。", "Have it assessed again (reassess) before it is submitted."),
    State.IN_REVIEW: (
        "现在批准会被拒绝：请退回（return），重新评估（reassess）后再送审。",
        "An approval is refused now: return it, have it assessed again (reassess) and submitted again.",
    ),
    State.APPROVED: (
        "现在生效会被拒绝：请撤回（withdraw）后重新申请。",
        "Activation is refused now: withdraw it and apply again.",
    ),
}


def words(changed: Changed, state: State) -> tuple[str, str]:
    """What has changed and what to do, in Chinese and English."""
    zh, en = [], []
    if changed.committed_fen:
        amount = yuan_text(changed.committed_fen)
        zh.append(f"评估之后本行又对该企业承诺额度{amount}元，评估的敞口和限额未计入。")
        en.append(
            f"After the assessment the bank committed {amount} yuan to this enterprise, which its exposure and limit "
            "do not have."
        )
    if changed.gone_fen:
        amount = yuan_text(changed.gone_fen)
        zh.append(f"拟替换的额度{amount}元已不能被替换。")
        en.append(f"The line of {amount} yuan that it would replace can no longer be replaced.")
    advice = ADVICE[state]
    return "".join([*zh, advice[0]]), " ".join([*en, advice[1]])
