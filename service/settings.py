"""What the service takes from its surroundings: environment variables `ASSETLIGHT_*`, nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.errors import SettingNotUsable

PREFIX = "ASSETLIGHT_"
DEFAULT_HOME = Path("var")


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
    lake_wait_s: float = Field(10.0, ge=0, description="how long a writer waits for another before it gives up")

    @property
    def store_url(self) -> str:
        """Where assessments are kept."""
        return self.database_url or f"sqlite:///{(self.home / 'assessments.sqlite3').as_posix()}"

    @property
    def embedded_store(self) -> bool:
        """Whether the store is the file in the data directory, which the service looks after by itself."""
        return not self.database_url

    @property
    def quarantine(self) -> Path:
        """Where rows that were not accepted are kept."""
        return self.home / "quarantine"

    @property
    def results(self) -> Path:
        """Where batch results are written."""
        return self.home / "results"


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
