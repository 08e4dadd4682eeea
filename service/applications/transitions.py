"""The one table of who may take an application from where to where. Documents and API are rendered from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from service.people import Role


class State(StrEnum):
    """Where an application stands."""

    ASSESSED = "assessed"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    DECLINED = "declined"
    RETURNED = "returned"
    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"

    @property
    def zh(self) -> str:
        """The state in Chinese."""
        return ZH[self]


ZH = {
    State.ASSESSED: "已评估",
    State.IN_REVIEW: "审批中",
    State.APPROVED: "已批准",
    State.DECLINED: "已拒绝",
    State.RETURNED: "已退回",
    State.ACTIVE: "已生效",
    State.FROZEN: "已冻结",
    State.CLOSED: "已关闭",
}


class Action(StrEnum):
    """What moves an application."""

    SUBMIT = "submit"
    REASSESS = "reassess"
    APPROVE = "approve"
    DECLINE = "decline"
    RETURN = "return"
    WITHDRAW = "withdraw"
    ACTIVATE = "activate"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    CLOSE = "close"


@dataclass(frozen=True)
class Transition:
    """One row. `own`: only by the officer of the case; `not_own`: never by that officer (four eyes).

    `reason`: must be given in words. `within_authority`: amount and grade lie in the caller's authority, and the caller
    has overridden nothing of the case.
    """

    action: Action
    zh: str
    sources: tuple[State, ...]
    target: State
    roles: tuple[Role, ...]
    own: bool = False
    not_own: bool = False
    reason: bool = False
    within_authority: bool = False


DESK = (State.ASSESSED, State.RETURNED)
TRANSITIONS: tuple[Transition, ...] = (
    Transition(Action.SUBMIT, "送审", DESK, State.IN_REVIEW, (Role.OFFICER, Role.SERVICE), own=True),
    Transition(Action.REASSESS, "重新评估", DESK, State.ASSESSED, (Role.OFFICER, Role.SERVICE), own=True),
    Transition(
        Action.APPROVE,
        "批准",
        (State.IN_REVIEW,),
        State.APPROVED,
        (Role.APPROVER,),
        not_own=True,
        within_authority=True,
    ),
    Transition(Action.DECLINE, "拒绝", (State.IN_REVIEW,), State.DECLINED, (Role.APPROVER,), not_own=True, reason=True),
    Transition(
        Action.RETURN, "退回", (State.IN_REVIEW,), State.RETURNED, (Role.APPROVER, Role.RISK), not_own=True, reason=True
    ),
    Transition(
        Action.WITHDRAW,
        "撤回",
        (*DESK, State.IN_REVIEW, State.APPROVED),
        State.CLOSED,
        (Role.OFFICER, Role.SERVICE),
        own=True,
        reason=True,
    ),
    Transition(Action.ACTIVATE, "生效", (State.APPROVED,), State.ACTIVE, (Role.OFFICER, Role.SERVICE), own=True),
    Transition(Action.FREEZE, "冻结", (State.ACTIVE,), State.FROZEN, (Role.RISK, Role.SERVICE), reason=True),
    Transition(Action.UNFREEZE, "解冻", (State.FROZEN,), State.ACTIVE, (Role.RISK,), not_own=True, reason=True),
    Transition(Action.CLOSE, "关闭", (State.ACTIVE, State.FROZEN), State.CLOSED, (Role.RISK,), reason=True),
)
BY_ACTION = {one.action: one for one in TRANSITIONS}
ROLES_THAT_MOVE = tuple(role for role in Role if any(role in one.roles for one in TRANSITIONS))
OVERRIDE_STATES = (State.ASSESSED, State.RETURNED, State.IN_REVIEW)  # before it is decided
ROLES_THAT_OVERRIDE = (Role.APPROVER, Role.RISK)


def possible(state: State) -> tuple[Action, ...]:
    """The actions that a state allows, whoever takes them."""
    return tuple(one.action for one in TRANSITIONS if state in one.sources)
