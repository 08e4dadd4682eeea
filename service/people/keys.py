"""API keys for batch jobs: shown once, kept as a digest, scoped to roles and routes, expiring, revocable."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Row, select, update
from sqlalchemy.exc import SQLAlchemyError

from service.errors import StoreUnusable
from service.ledger import Kind, append
from service.ledger.reading import Chosen, require_as_told
from service.ledger.rows_told import row_told, with_rows
from service.people.errors import KeyNotFound, KeyNotPossible, KeyRefused
from service.people.principal import Principal
from service.people.roles import ROLES_OF_KEYS, Role
from service.store import Store
from service.store.schema import API_KEYS

PREFIX = "alk"  # assetlight key: found by those who search code for what should not be in it
ID_BYTES, SECRET_BYTES = 6, 32  # a secret of 256 bits needs no slow hash: nobody guesses it
TEXT = re.compile(rf"{PREFIX}_([0-9a-f]{{{2 * ID_BYTES}}})_([A-Za-z0-9_-]{{43}})")
COMPARED_FOR = timedelta(minutes=1)
OF_A_KEY = Chosen(API_KEYS, API_KEYS.c.id)
LONGEST_LIFE = timedelta(days=366)
UNKNOWN = "unknown"  # who made or closed a key, where the caller does not say
ROUTE = re.compile(r"(GET|POST|PUT|PATCH|DELETE) /[\w\-./{}]{0,200}")


@dataclass(frozen=True)
class ApiKey:
    """What is kept of a key: never the key."""

    id: str
    name: str
    roles: tuple[Role, ...]
    routes: tuple[str, ...]
    branches: tuple[str, ...]
    parks: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """In force, expired or revoked."""
        return "revoked" if self.revoked_at is not None else "expired" if self.expires_at <= now else "in force"


@dataclass(frozen=True)
class KeyAsked:
    """What a new key shall be for. No routes: every route of its roles."""

    name: str
    roles: Collection[Role]
    lifetime: timedelta
    branches: Collection[str]
    routes: Collection[str] = ()
    parks: Collection[str] = ()


class ApiKeys:
    """The keys in the store. Asked at every request, so that a revoked key opens nothing from that moment on.

    A row is held against the ledger when it is seen for the first time, when it is another than the last time, and
    once a minute: whoever edits it in the database lets nobody in.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._compared: dict[str, tuple[Row[tuple[str, ...]], datetime]] = {}

    def create(self, asked: KeyAsked, now: datetime, actor: str = UNKNOWN) -> tuple[ApiKey, str]:
        """A new key and its text, which is nowhere else from now on. Raises KeyNotPossible, StoreUnusable."""
        check_asked(asked)
        key = ApiKey(
            id=secrets.token_hex(ID_BYTES),
            name=asked.name,
            roles=tuple(sorted(asked.roles)),
            routes=tuple(sorted(asked.routes)),
            branches=tuple(sorted(asked.branches)),
            parks=tuple(sorted(asked.parks)),
            created_at=now,
            expires_at=now + asked.lifetime,
            revoked_at=None,
        )
        text = f"{PREFIX}_{key.id}_{secrets.token_urlsafe(SECRET_BYTES)}"
        row = {
            "id": key.id,
            "digest": digest_of(text),
            "name": key.name,
            **{part: json.dumps(getattr(key, part)) for part in ("roles", "routes", "branches", "parks")},
            "created_at": instant(now),
            "expires_at": instant(key.expires_at),
            "revoked_at": None,
        }
        with self._store.writing() as connection:
            connection.execute(API_KEYS.insert().values(row))
            told = with_rows({"action": "create"}, [row_told(API_KEYS, row)])
            append(connection, Kind.API_KEY, key.id, actor, told, at=now)
        return key, text

    def principal(self, text: str, now: datetime) -> Principal:
        """Who a key is of. Raises KeyRefused, StoreUnusable, RowNotAsTold."""
        form = TEXT.fullmatch(text)
        row = None if form is None else self._row(form[1])
        # The same work and the same words whether the id is unknown or the secret wrong.
        if not hmac.compare_digest(digest_of(text), row.digest if row is not None else "-" * 64) or row is None:
            raise KeyRefused("the API key is not known", reason="unknown_key")
        self._require_as_told(row, now)
        key = _key(row)
        if key.state(now) != "in force":
            raise KeyRefused(f"the API key is {key.state(now)}", reason=key.state(now), advice="make a new one")
        return Principal(
            subject=f"key:{key.id}",
            name=key.name,
            roles=frozenset(key.roles),
            branches=frozenset(key.branches),
            parks=frozenset(key.parks),
            kind="key",
            routes=frozenset(key.routes),
        )

    def every(self) -> list[ApiKey]:
        """All keys, the newest first; never their text."""
        with self._store.reading() as connection:
            return [_key(row) for row in connection.execute(select(API_KEYS).order_by(API_KEYS.c.created_at.desc()))]

    def revoke(self, key_id: str, now: datetime, actor: str = UNKNOWN) -> ApiKey:
        """Close a key for good; one that is closed already stays as it was. Raises KeyNotFound."""
        with self._store.writing() as connection:
            closed = connection.execute(
                update(API_KEYS)
                .where(API_KEYS.c.id == key_id, API_KEYS.c.revoked_at.is_(None))
                .values(revoked_at=instant(now))
            ).rowcount
            row = connection.execute(select(API_KEYS).where(API_KEYS.c.id == key_id)).one_or_none()
            if row is not None and closed:
                told = with_rows({"action": "revoke"}, [row_told(API_KEYS, row._mapping)])  # noqa: SLF001
                append(connection, Kind.API_KEY, key_id, actor, told, at=now)
        if row is None:
            raise KeyNotFound(
                "no API key has this id", expected="an id of `assetlight people keys list`", found=key_id, field="id"
            )
        return _key(row)

    def _require_as_told(self, row: Row[tuple[str, ...]], now: datetime) -> None:
        """Refuse a key whose row is not as the ledger told of it. Raises RowNotAsTold, StoreUnusable."""
        known = self._compared.get(row.id)
        if known is not None and known[0] == row and abs(now - known[1]) < COMPARED_FOR:
            return
        self._compared.pop(row.id, None)
        try:
            with self._store.snapshot() as connection:
                require_as_told(connection, [row.id], OF_A_KEY)
        except SQLAlchemyError as refusal:
            raise StoreUnusable("the ledger cannot be read", found=type(refusal).__name__) from None
        self._compared[row.id] = row, now

    def _row(self, key_id: str) -> Row[tuple[str, ...]] | None:
        try:
            with self._store.reading() as connection:
                return connection.execute(select(API_KEYS).where(API_KEYS.c.id == key_id)).one_or_none()
        except SQLAlchemyError as refusal:
            raise StoreUnusable("the API keys cannot be read", found=type(refusal).__name__) from None


def check_asked(asked: KeyAsked) -> None:
    """Refuse a key that would let a machine decide, never end, or open nothing. Raises KeyNotPossible."""
    beyond = sorted(set(asked.roles) - ROLES_OF_KEYS)
    if beyond or not asked.roles:
        raise KeyNotPossible(
            "a key cannot have these roles: only a person decides",
            field="roles",
            expected="some of " + ", ".join(sorted(ROLES_OF_KEYS)),
            found=", ".join(beyond) or "none",
        )
    if not timedelta() < asked.lifetime <= LONGEST_LIFE:
        raise KeyNotPossible(
            "a key cannot live that long",
            field="days",
            expected=f"1 to {LONGEST_LIFE.days} days",
            found=asked.lifetime.days,
        )
    for route in asked.routes:
        if not ROUTE.fullmatch(route):
            raise KeyNotPossible(
                "not a route",
                field="route",
                expected="METHOD /path as in /docs, e.g. POST /v1/assessments",
                found=route,
            )


def digest_of(text: str) -> str:
    """What is kept of a key's text: SHA-256, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def instant(moment: datetime) -> str:
    """A moment as it is kept: ISO 8601, UTC, microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _key(row: Row[tuple[str, ...]]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        roles=tuple(Role(role) for role in json.loads(row.roles)),
        routes=tuple(json.loads(row.routes)),
        branches=tuple(json.loads(row.branches)),
        parks=tuple(json.loads(row.parks)),
        created_at=datetime.fromisoformat(row.created_at),
        expires_at=datetime.fromisoformat(row.expires_at),
        revoked_at=None if row.revoked_at is None else datetime.fromisoformat(row.revoked_at),
    )
