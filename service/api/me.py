"""`/v1/me`: who the caller is to this service."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from service.api.access import require
from service.people import EVERYONE, Principal, Role

routes = APIRouter(prefix="/v1/me", tags=["people"])


class RoleHeld(BaseModel):
    """One role in both languages."""

    role: Role
    zh: str
    en: str


class Me(BaseModel):
    """The caller as the token or key says it."""

    subject: str = Field(description="the identity provider's id, or `key:` and the id of an API key")
    name: str
    kind: str = Field(examples=["person"])
    roles: list[RoleHeld]
    branches: list[str] = Field(description="whose cases are in reach; `*`: every branch")
    parks: list[str] = Field(description="empty: not narrowed to parks")
    authority: str | None = Field(description="of an approver, the level that the token names; null: the lowest level")


@routes.get("", summary="Who am I?")
def read_me(caller: Annotated[Principal, require(*EVERYONE)]) -> Me:
    """Subject, roles and reach: what a front end needs to know what to show."""
    held = [RoleHeld(role=role, zh=role.zh, en=role.en) for role in Role if role in caller.roles]
    return Me(
        subject=caller.subject,
        name=caller.name,
        kind=caller.kind,
        roles=held,
        branches=sorted(caller.branches),
        parks=sorted(caller.parks),
        authority=caller.authority,
    )
