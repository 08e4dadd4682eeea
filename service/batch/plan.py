"""The plan of a run: what is decided, from which inputs, in which buckets. The same question has the same digest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from typing import Any

from models.canonical import digest
from models.scoring import CreditRequest

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Bucket:
    """A unit of work: hash buckets of the lake, named enterprises, or rows of a file of facts. `rows`: to be read."""

    name: str
    rows: int
    lake: tuple[int, ...] = ()
    enterprises: tuple[str, ...] | None = None
    file: int = 0  # place among the files of facts
    start: int = 0  # first row of the file


@dataclass(frozen=True)
class Inputs:
    """Digests of everything that the decisions depend on. `lake` or `facts`, by path, is there."""

    bundle: str
    challenger: str | None
    policy: str
    code_version: str
    lake: str | None = None
    lake_generation: int | None = None
    facts: tuple[tuple[str, str], ...] = ()  # name, SHA-256
    lines: str | None = None  # SHA-256 of the lines that the bank approved here; None: there are none


@dataclass(frozen=True)
class Places:
    """Where the inputs lie; another place with the same content is the same run. `records`: the data directory whose
    records are read, as a path or URL that every machine sees; None: that of `home`."""

    home: str
    overlay: str | None = None
    facts: tuple[str, ...] = ()
    records: str | None = None

    @property
    def lake(self) -> str:
        """The data directory of the records."""
        return self.home if self.records is None else self.records


@dataclass(frozen=True)
class Plan:
    """A whole run. Plain values only, so that it goes to any process as it is."""

    as_of: date
    inputs: Inputs
    places: Places
    buckets: tuple[Bucket, ...]
    product: str | None = None
    amount_fen: int | None = None
    forecast_growth: float | None = None
    decision_ids: bool = False
    keeps_facts: bool = False

    @cached_property
    def digest(self) -> str:
        """The name of the run."""
        return digest(self.question())

    @property
    def request(self) -> CreditRequest | None:
        """What everybody applies for; None: the default product, no amount."""
        if self.product is None:
            return None
        return CreditRequest(self.product, self.amount_fen, self.forecast_growth)

    @property
    def rows(self) -> int:
        """Rows to be read: the measure of progress."""
        return sum(bucket.rows for bucket in self.buckets)

    def question(self) -> dict[str, Any]:
        """The plan without places, as JSON; amounts are text."""
        return {
            "schema_version": SCHEMA_VERSION,
            "as_of": self.as_of.isoformat(),
            "inputs": asdict(self.inputs),
            "request": {
                "product": self.product,
                "amount_fen": None if self.amount_fen is None else str(self.amount_fen),
                "forecast_growth": None if self.forecast_growth is None else repr(self.forecast_growth),
            },
            "decision_ids": self.decision_ids,
            "keeps_facts": self.keeps_facts,
            "buckets": [asdict(bucket) for bucket in self.buckets],
        }

    def differences(self, question: dict[str, Any]) -> list[str]:
        """What differs in another plan's question, named."""
        mine = self.question()
        inputs, others = mine.pop("inputs"), dict(question).pop("inputs", {})
        found = [name for name, value in inputs.items() if _plain(value) != others.get(name)]
        return found + [name for name, value in mine.items() if _plain(value) != question.get(name)]


def _plain(value: Any) -> Any:  # noqa: ANN401
    """As JSON gives it back: tuples are lists."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value
