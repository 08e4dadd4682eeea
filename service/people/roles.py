"""The roles of the bank. A token or key names some of them; a route names those that it lets in."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is in the bank, as the identity provider says it."""

    OFFICER = "officer"
    APPROVER = "approver"
    RISK = "risk"
    MODEL_OWNER = "model_owner"
    VALIDATOR = "validator"
    AUDITOR = "auditor"
    SERVICE = "service"

    @property
    def zh(self) -> str:
        """The role in Chinese."""
        return WORDS[self][0]

    @property
    def en(self) -> str:
        """What the role does, in English."""
        return WORDS[self][1]


WORDS: dict[Role, tuple[str, str]] = {
    Role.OFFICER: ("客户经理", "submits applications and answers for them"),
    Role.APPROVER: ("审批人", "decides on what others submitted, within an authority"),
    Role.RISK: ("风险经理", "overrides, freezes and watches the portfolio"),
    Role.MODEL_OWNER: ("模型负责人", "trains and proposes models; sees no customer's case"),
    Role.VALIDATOR: (
        "模型验证人",
        "checks models on cases and signs what came of it; changes no case, not by a comment either",
    ),
    Role.AUDITOR: ("审计", "reads everything and writes nothing"),
    Role.SERVICE: ("系统", "a batch job or another system of the bank"),
}
EVERYONE = tuple(Role)

# A key belongs to no person: it submits and reads. Only a person decides.
ROLES_OF_KEYS = frozenset({Role.SERVICE, Role.OFFICER, Role.AUDITOR})
