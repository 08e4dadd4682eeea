"""The configuration of a retraining: YAML in which every key is known, every value has its form, nothing is guessed.

The metric, its margin and the fewest defaults are written here before anything is fitted; the job puts them on record
first. There is no default for them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from models.policy.errors import PolicyFileInvalid
from models.policy.yaml_text import read_yaml_text
from service.retraining.errors import RetrainConfigInvalid

CHAMPIONS = ("lightgbm", "scorecard", "ebm")
LEARNERS = (*CHAMPIONS, "logistic_regression")


class Part(BaseModel):
    """A part of the configuration. Values come as text, so that `no` is not False and 0_500 is not 320."""

    model_config = ConfigDict(extra="forbid", frozen=True)


PANEL, LABELS, TABLE = "panel", "labels", "table"
OF_SOURCE: dict[str, tuple[str, ...]] = {  # which keys mean something, by source
    PANEL: ("first", "last", "every_months", "known_until"),
    LABELS: ("labels", "as_of", "label_origin"),
    TABLE: ("table", "schema", "label", "as_of"),
}
FILES = ("labels", "table", "schema")


class RowsWanted(Part):
    """Where the rows come from: the loan records of many days, a file of labels on one day, or a prepared table.

    Files are named relative to the configuration.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    source: Literal["panel", "labels", "table"] = "panel"
    labels: str | None = Field(None, description="of labels: the file with enterprise id and default flag")
    label_origin: str | None = Field(None, description="of labels: where they come from")
    as_of: date | None = Field(None, description="of labels, and of a table without days: the day of the features")
    table: str | None = Field(None, description="of table: the rows themselves")
    schema_file: str | None = Field(None, alias="schema", description="of table: what its columns are")
    label: str | None = Field(None, description="of table: the label column, instead of the schema's")
    first: date | None = Field(None, description="first quarterly day; default: what the records suggest")
    last: date | None = Field(None, description="last day; default: the last day known")
    every_months: Literal["1", "3"] = "3"
    known_until: date | None = Field(None, description="last day about which loans are fully known")
    horizon_months: int = Field(12, ge=1, le=60)
    features: tuple[str, ...] = Field((), description="only these; default: all with a known direction")
    without: tuple[str, ...] = Field((), description="leave these out")

    @model_validator(mode="after")
    def _check(self) -> RowsWanted:
        if self.features and self.without:
            raise ValueError("name rows.features or rows.without, not both")
        if self.first and self.last and self.first > self.last:
            raise ValueError("rows.first is after rows.last")
        given = {*(type(self).model_fields[name].alias or name for name in self.model_fields_set)}
        for source, keys in OF_SOURCE.items():
            foreign = sorted((given & set(keys)) - set(OF_SOURCE[self.source]))
            if source != self.source and foreign:
                raise ValueError(f"{', '.join(foreign)} belongs to source: {source}; here the source is {self.source}")
        if self.source == LABELS and not (self.labels and self.as_of):
            raise ValueError("source: labels needs labels: FILE and as_of: DAY")
        if self.source == TABLE and not (self.table and self.schema_file):
            raise ValueError("source: table needs table: FILE and schema: FILE")
        return self

    def asked_for(self, folder: Path) -> dict[str, Any]:
        """As JSON values, files found from the folder of the configuration."""
        given = self.model_dump(mode="json", exclude_none=True, by_alias=True)
        return {name: str(folder / value) if name in FILES else value for name, value in given.items()}


class TrainingPlan(Part):
    """How the challenger is fitted."""

    seed: int = Field(7, ge=0)
    folds: int | None = Field(None, ge=2, le=20)
    test_from: date | None = None
    central_tendency: Annotated[float, Field(gt=0, lt=1)] | Literal["off"] | None = Field(
        None, description="a rate, or off; default: the long-run average of the panel's years"
    )
    champion: str | None = Field(None, description="which learner becomes the bundle")
    challengers: tuple[str, ...] | None = Field(None, description="which learn beside it, a list; none; default: all")

    @field_validator("challengers", mode="before")
    @classmethod
    def _listed(cls, given: Any) -> Any:  # noqa: ANN401  (whatever YAML holds)
        """`none` is no challenger, as on the command line; one name alone is a list of one."""
        if isinstance(given, str):
            return () if given.strip() in ("none", "") else tuple(name.strip() for name in given.split(","))
        return given

    @field_validator("champion")
    @classmethod
    def _known_champion(cls, name: str | None) -> str | None:
        if name is not None and name not in CHAMPIONS:
            raise ValueError(f"one of {', '.join(CHAMPIONS)}")
        return name

    @field_validator("challengers")
    @classmethod
    def _known_challengers(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if unknown := sorted(set(names or ()) - set(LEARNERS)):
            raise ValueError(f"none, or a list of {', '.join(LEARNERS)}; there is no {', '.join(unknown)}")
        return names


class Judged(Part):
    """How the challenger is compared with the champion, fixed beforehand.

    `margin`: what the gain must reach. `bound`: whether the gain itself or the lower end of its 95 % interval must.
    The gain is positive where the challenger is better; a margin below 0 asks that it be not much worse. A margin of 0
    asks for a gain above 0: what is no better is not registered.
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

    def request(self, folder: Path = Path()) -> dict[str, Any]:
        """What training is asked for. `folder`: of the configuration."""
        return {"rows": self.rows.asked_for(folder), "plan": self.plan.model_dump(mode="json", exclude_none=True)}


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
            expected=str(first["msg"]).removeprefix("Value error, "),
            found=None if first["type"] == "missing" else str(first.get("input"))[:200],
            advice="see docs/models.md for every key",
        ) from None
