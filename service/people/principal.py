"""Somebody who has shown who they are: roles, and the branches and parks whose cases they may see."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from service.people.roles import Role

EVERYWHERE = "*"  # in a claim: every branch, every park
SEES_EVERY_CASE_IN_SCOPE = frozenset({Role.APPROVER, Role.RISK, Role.VALIDATOR, Role.AUDITOR, Role.SERVICE})


@dataclass(frozen=True)
class Principal:
    """A person or a batch job. `subject` is the identity provider's id of it, or `key:` and the id of an API key.

    `authority`: the level of an approver's authority in the bank's policy; None: the lowest one.
    `routes`: the only routes that a key opens, as `METHOD /path/{template}`; empty: every route of its roles.
    """

    subject: str
    name: str
    roles: frozenset[Role]
    branches: frozenset[str] = frozenset()
    parks: frozenset[str] = frozenset()
    kind: Literal["person", "key"] = "person"
    authority: str | None = None
    routes: frozenset[str] = frozenset()

    @cached_property
    def pseudonym(self) -> str:
        """What the log calls it: stable, and no personal data."""
        return hashlib.sha256(self.subject.encode()).hexdigest()[:16]

    def has(self, *roles: Role) -> bool:
        """Whether it has any of the roles."""
        return not self.roles.isdisjoint(roles)

    def reaches(self, branch: str | None, park: str | None) -> bool:
        """Whether a branch, and a park inside it, are in its scope. No branch in the token: no case at all.

        A token without parks is not narrowed by them; one with parks reaches only cases of those.
        """
        in_branch = EVERYWHERE in self.branches or (branch is not None and branch in self.branches)
        return in_branch and (not self.parks or EVERYWHERE in self.parks or (park is not None and park in self.parks))

    def sees(self, *, owner: str, branch: str | None, park: str | None) -> bool:
        """Whether it may know that a case exists: its own, or one in scope for a role that sees more than its own."""
        if not self.reaches(branch, park):
            return False
        return owner == self.subject or self.has(*SEES_EVERY_CASE_IN_SCOPE)
