"""Callers for tests: tokens of the development issuer, and clients that carry them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from service.api import create_app
from service.bootstrap import Service
from service.people import EVERYONE, EVERYWHERE, Role
from service.people.development import DevelopmentIssuer

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # test clocks move, also backwards


def token_at(
    home: Path,
    *roles: Role,
    subject: str = "dev:someone",
    branches: Collection[str] = (EVERYWHERE,),
    parks: Collection[str] = (),
    authority: str | None = None,
    name: str | None = None,
) -> str:
    """A token for somebody at the data directory; without roles one of every role."""
    return DevelopmentIssuer(home).token(
        subject=subject,
        name=name or subject,
        roles=roles or EVERYONE,
        branches=branches,
        parks=parks,
        authority=authority,
        now=LONG_AGO,
        lifetime=timedelta(days=365 * 100),
    )


def token(service: Service, *roles: Role, **who: Any) -> str:
    """A token for somebody at a service."""
    return token_at(service.settings.home, *roles, **who)


def bearer(text: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {text}"}


def client_of(service: Service, *roles: Role, **who: Any) -> TestClient:
    """A client of the real application in somebody's name; a failure is an answer, as it is for a caller."""
    return TestClient(create_app(service), raise_server_exceptions=False, headers=bearer(token(service, *roles, **who)))
