"""The configuration of a retraining: YAML in which every key is known, every value has its form, nothing is guessed.

The metric, its margin and the fewest defaults are written here before anything is fitted; the job puts them on record
first. There is no default for them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.policy.errors import PolicyFileInvalid
from models.policy.yaml_text import read_yaml_text
from service.retraining.errors import RetrainConfigInvalid


class Part(BaseModel):
    """A part of the configuration. Values come as text, so that `no` is not False and 0_500 is not 320."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RowsWanted(Part):
    """Which days of the loan records, and which features."""

    first: date | None = Field(None, description="first quarterly day; default: what the records suggest")
    last: date | None = Field(None, description="last day; default: the last day known")
    every_months: Literal["1", "3"] = "3"
    known_until: date | None = Field(None, description="last day about which loans are fully known")
    horizon_months: int = Field(12, ge=1, le=60)
    features: tuple[str, ...] = Field((), description="only these; default: all with a known direction")
    without: tuple[str, ...] = Field((), description="leave these out")


class TrainingPlan(Part):
    """How the challenger is fitted."""

    seed: int = Field(7, ge=0)
    folds: int | None = Field(None, ge=2, le=20)
    test_from: date | None = None
    central_tendency: Annotated[float, Field(gt=0, lt=1)] | Literal["off"] | None = Field(
        None, description="a rate, or off; default: the long-run average of the panel's years"
    )
    champion: str | None = Field(None, description="which learner becomes the bundle")
    challengers: tuple[str, ...] | None = Field(None, description="which learn beside it; default: all")


class Judged(Part):
    """How the challenger is compared with the champion, fixed beforehand.

    `margin`: what the gain must reach. `bound`: whether the gain itself or the lower end of its 95 % interval must.
    The gain is positive where the challenger is better; a margin below 0 asks that it be not much worse.
    """

    metric: Literal["auc", "brier"]
    margin: float = Field(ge=-1, le=1)
    bound: Literal["value", "low"]
    minimum_defaults: int = Field(ge=1, description="fewest defaults among the tested rows")


class RetrainConfig(Part):
    """One retraining job."""

    schema_version: Literal["1"]
    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")
    developer: str = Field(min_length=1, description="who is answerable for the model")
    scope: str = "all"
    rows: RowsWanted = RowsWanted()
    plan: TrainingPlan = TrainingPlan()
    comparison: Judged
    shadow: Literal["yes", "no"] = "yes"

    @model_validator(mode="after")
    def _check(self) -> RetrainConfig:
        rows = self.rows
        if rows.features and rows.without:
            raise ValueError("name rows.features or rows.without, not both")
        if rows.first and rows.last and rows.first > rows.last:
            raise ValueError("rows.first is after rows.last")
        return self

    @property
    def request(self) -> dict[str, Any]:
        """What training is asked for."""
        return {
            "rows": self.rows.model_dump(mode="json", exclude_none=True),
            "plan": self.plan.model_dump(mode="json", exclude_none=True),
        }


def read_config(path: Path) -> RetrainConfig:
    """The configuration in a file. Raises RetrainConfigInvalid with the key, what was expected and what was found."""
    try:
        tree = read_yaml_text(path, path.name)
    except PolicyFileInvalid as error:
        raise RetrainConfigInvalid(
            f"the configuration cannot be read: {error.problem}", where=path.name, found=error.found, field=error.field
        ) from None
    except FileNotFoundError:
        raise RetrainConfigInvalid("there is no such configuration", where=str(path)) from None
    try:
        return RetrainConfig.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        raise RetrainConfigInvalid(
            "the configuration has a key or value that it cannot have",
            where=path.name,
            field=key,
            expected=str(first["msg"]),
            found=None if first["type"] == "missing" else str(first.get("input"))[:200],
            advice="see docs/models.md for every key",
        ) from None
