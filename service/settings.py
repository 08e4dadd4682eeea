"""What the service takes from its surroundings: environment variables `ASSETLIGHT_*`, nothing from elsewhere."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from limits import parse as parse_rate
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.lake.manifest import DEFAULT_BUCKETS
from models.lake.rebucketing import MOST_BUCKETS
from service.errors import SettingNotUsable

PREFIX = "ASSETLIGHT_"
DEFAULT_HOME = Path("var")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Settings(BaseSettings):
    """Every setting with its default; the variable of `home` is ASSETLIGHT_HOME, and so on.

    The data directory holds `lake/`, `quarantine/`, `bundles/`, `results/` and `assessments.sqlite3`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    home: Path = Field(DEFAULT_HOME, description="data directory")
    policy_dir: Path | None = Field(None, description="the bank's own policy folder, laid over the defaults")
    database_url: str | None = Field(
        None, repr=False, description="postgresql://... or sqlite:///...; default: SQLite inside the data directory"
    )
    host: str = Field("127.0.0.1", description="address on which the API listens")
    port: int = Field(8000, ge=0, le=65535, description="port on which the API listens; 0 takes a free one")
    max_body_bytes: int = Field(4 * 1024 * 1024, gt=0, description="largest request body the API reads")
    max_batch_json_bytes: int = Field(
        32 * 1024 * 1024, gt=0, description="largest batch of records posted as JSON, which is held in memory"
    )
    max_batch_ndjson_bytes: int = Field(
        1024**3, gt=0, description="largest batch of records posted as NDJSON, which goes to disk first"
    )
    max_batch_rows: int = Field(1_000_000, gt=0, description="most rows in one posted batch")
    max_attachment_bytes: int = Field(20 * 1024 * 1024, gt=0, description="largest attachment of an application")
    lake_buckets: int = Field(
        DEFAULT_BUCKETS, ge=1, le=MOST_BUCKETS,
        description="hash buckets of a lake that is made: the most tasks of a batch, and a file of each kind for each; "
        "one that is there keeps its own until `assetlight rebucket`",
    )  # fmt: skip
    lake_wait_s: float = Field(10.0, ge=0, description="how long a writer waits for another before it gives up")

    request_timeout_s: float = Field(30.0, gt=0, description="how long a request may take; then 504, nothing kept")
    upload_timeout_s: float = Field(600.0, gt=0, description="the same for batches of records and attachments")
    max_json_depth: int = Field(32, gt=0, description="how deeply objects and arrays of a JSON body may be nested")
    rate_limit: str = Field(
        "1200/minute", description="requests of one person in a time, in each process; `off`: no limit"
    )
    rate_limit_keys: str = Field("12000/minute", description="the same for an API key")
    stop_wait_s: float = Field(20.0, ge=0, description="how long requests in flight may take when the service stops")
    metrics_on_loopback: bool = Field(
        False, description="let this machine read /metrics without a credential; not behind a proxy on this machine"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least severe line of the log")

    issuer: str | None = Field(None, description="`iss` of the bank's identity provider; without one no token is taken")
    audience: str | None = Field(None, description="`aud` that a token must be for")
    jwks_url: str | None = Field(None, description="where the provider's public keys are; https, or http on loopback")
    jwks_file: Path | None = Field(None, description="the same as a file, read again when a key is unknown")
    roles_claim: str = Field("roles", description="where a token lists roles; a dot leads into an object")
    branches_claim: str = Field("branches", description="where a token lists branches; `*` in it: every branch")
    parks_claim: str = Field("parks", description="where a token lists industrial parks; none: not narrowed to parks")
    name_claim: str = Field("name", description="where a token has the person's name")
    authority_claim: str = Field("authority", description="where a token has the level of an approver's authority")
    token_leeway_s: float = Field(30.0, ge=0, le=300, description="how far the provider's clock may be off")
    development_issuer: bool = Field(False, description="take tokens of `assetlight people token`; never in production")
    registry_required: bool = Field(
        False, description="refuse to score before a model was promoted through the registry (production)"
    )
    registry_key: SecretStr | None = Field(
        None, description="key that seals the registry's records; default: a file in the data directory"
    )

    event_source: str = Field(
        "urn:assetlight", min_length=1, max_length=200, description="`source` of events: names this installation"
    )
    events_key: SecretStr | None = Field(
        None, description="key from which webhook secrets are derived; default: a file in the data directory"
    )
    webhook_hosts: tuple[str, ...] = Field(
        (), description='the only hosts events go to, by https or http, as ["erp.bank.example"]; default: any by https'
    )
    deliver_events: bool = Field(False, description="deliver events from the process that serves the API")
    keep_answers_days: int = Field(
        30, ge=1, le=3660, description="how long the answer to an Idempotency-Key is kept; then the key is a new one"
    )
    keep_events_days: int = Field(
        90, ge=1, le=3660, description="how long an event is kept after every consumer was told of it"
    )

    bank_name: str | None = Field(None, max_length=200, description="whose name stands over notices and memos")
    notice_contact: str | None = Field(
        None, max_length=500, description="where an applicant objects and asks for a review; default: the branch"
    )

    @property
    def store_url(self) -> str:
        """Where assessments are kept."""
        return self.database_url or f"sqlite:///{(self.home / 'assessments.sqlite3').as_posix()}"

    @field_validator("rate_limit", "rate_limit_keys")
    @classmethod
    def _is_rate(cls, text: str) -> str:
        if text != "off":
            parse_rate(text)  # a ValueError where it is none
        return text

    @model_validator(mode="after")
    def _one_issuer(self) -> Self:
        """Half an issuer is a mistake, and so is a real one beside the development issuer."""
        given = [name for name in ("issuer", "audience", "jwks_url", "jwks_file") if getattr(self, name) is not None]
        if self.development_issuer and given:
            raise setting_refused(
                "development_issuer", f"it cannot be on beside {given[0]}: {PREFIX}{given[0].upper()}"
            )
        if given and (not self.issuer or not self.audience or (self.jwks_url is None) == (self.jwks_file is None)):
            raise setting_refused(
                "issuer", "an identity provider needs issuer, audience, and one of jwks_url and jwks_file"
            )
        if self.jwks_url is not None and not is_safe_address(self.jwks_url):
            raise setting_refused("jwks_url", "keys are fetched by https, or by http from this machine")
        return self

    @property
    def embedded_store(self) -> bool:
        """Whether the store is the file in the data directory, which the service looks after by itself."""
        return not self.database_url

    def as_environment(self) -> dict[str, str]:
        """The surroundings of this process with these settings in them: for a process that must find the same."""
        found = dict(os.environ)
        for name in type(self).model_fields:
            value = getattr(self, name)
            found.pop(PREFIX + name.upper(), None)
            if value is not None:
                plain = value.get_secret_value() if isinstance(value, SecretStr) else value
                plain = plain.resolve() if isinstance(plain, Path) else plain
                found[PREFIX + name.upper()] = json.dumps(list(plain)) if isinstance(plain, tuple) else str(plain)
        return found

    @property
    def quarantine(self) -> Path:
        """Where rows that were not accepted are kept."""
        return self.home / "quarantine"

    @property
    def attachments(self) -> Path:
        """Where attachments of applications are kept, by their SHA-256."""
        return self.home / "attachments"

    @property
    def results(self) -> Path:
        """Where batch results are written."""
        return self.home / "results"


def is_safe_address(url: str) -> bool:
    """Whether keys may be fetched there: by HTTPS, or by HTTP from this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def setting_refused(name: str, why: str) -> SettingNotUsable:
    """A setting that does not go with the others."""
    return SettingNotUsable(
        f"setting {name} is not usable: {why}",
        field=PREFIX + name.upper(),
        advice=f"correct or unset the environment variable {PREFIX}{name.upper()}",
    )


def operating_system_user() -> str:
    """The name of the account that runs this process, as the operating system knows it, whatever its variables say."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # an account without a name, as in some containers
        return f"uid-{os.getuid()}"


def read_settings(**given: Any) -> Settings:  # noqa: ANN401
    """Settings from the environment; what is given and not None goes before it."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as refusal:
        first = refusal.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingNotUsable(
            f"setting {name} is not usable: {first['msg']}",
            field=PREFIX + name.upper(),
            found=str(first.get("input")),
            advice=f"correct or unset the environment variable {PREFIX}{name.upper()}",
        ) from None
