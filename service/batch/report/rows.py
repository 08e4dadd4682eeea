"""The rows of a run in memory, only the columns that the report reads, by enterprise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.allocation.terms import GROUPS
from models.decision.detail import COMPARED_WITH, EARLY_WARNING
from models.grades import GRADES
from models.reference_population import TRAINING_AVERAGE
from service.batch.bucket import FAILURES, SCORES
from service.batch.folder import RunFolder

NO_GRADE = "-"
GRADE_LABELS = (*GRADES, NO_GRADE)
READ = (
    "enterprise_id", "outcome", "grade", "pd", "points", "limit_fen", "reasons_zh", "reasons_en", "referred_because",
    "data_origin", "model_data_origin", *GROUPS, EARLY_WARNING,
)  # fmt: skip
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RunRows:
    """A finished run."""

    folder: RunFolder
    manifest: dict[str, Any]
    table: pa.Table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @classmethod
    def read(cls, path: Path) -> RunRows:
        """The rows of the run in a folder. Raises BatchNotFound, BatchNotFinished."""
        folder = RunFolder(path)
        manifest = folder.manifest()
        files = folder.files(SCORES)
        parts = [pq.read_table(file, columns=list(READ), read_dictionary=[EARLY_WARNING]) for file in files]
        if not parts:
            return cls(folder, manifest, pa.table({name: pa.array([], pa.string()) for name in READ}))
        table = pa.concat_tables(parts).unify_dictionaries().combine_chunks().sort_by("enterprise_id")
        return cls(folder, manifest, table)

    def column(self, name: str) -> Vector:
        """Numbers of all enterprises by their id, whichever column; NaN where missing."""
        parts = [pq.read_table(file, columns=["enterprise_id", name]) for file in self.folder.files(SCORES)]
        if not parts:
            return np.empty(0)
        ordered = pa.concat_tables(parts).sort_by("enterprise_id")
        return np.asarray(ordered.column(name).cast(pa.float64()).to_numpy(), dtype=np.float64)

    def some(self, enterprises: Sequence[str], names: Sequence[str]) -> dict[str, Vector]:
        """Columns of a few enterprises as numbers, in their order; NaN where missing, or where the run has no such
        column.
        """
        wanted = pa.array(enterprises, pa.string())
        parts = []
        for file in self.folder.files(SCORES) if enterprises else []:
            there = set(pq.read_schema(file).names)
            part = pq.read_table(file, columns=["enterprise_id", *(name for name in names if name in there)])
            parts.append(part.filter(pc.is_in(part["enterprise_id"].cast(pa.string()), wanted)))
        if not parts:
            return {name: np.full(len(enterprises), np.nan) for name in names}
        found = pa.concat_tables(parts)
        found = found.take(pc.index_in(wanted, value_set=found["enterprise_id"].cast(pa.string()).combine_chunks()))
        return {
            name: np.asarray(found[name].cast(pa.float64()).to_numpy(), dtype=np.float64)
            if name in found.column_names
            else np.full(len(enterprises), np.nan)
            for name in names
        }

    def names(self, prefix: str) -> list[str]:
        """The names of the columns that begin so, without it."""
        files = self.folder.files(SCORES)
        return (
            [name.removeprefix(prefix) for name in pq.read_schema(files[0]).names if name.startswith(prefix)]
            if files
            else []
        )

    def numbers(self, name: str) -> Vector:
        """A column that was read, as numbers."""
        return np.asarray(self.table.column(name).cast(pa.float64()).to_numpy(), dtype=np.float64)

    def texts(self, name: str) -> list[str | None]:
        """A column that was read, as text."""
        found: list[str | None] = self.table.column(name).cast(pa.string()).to_pylist()
        return found

    @cached_property
    def compared_with(self) -> str:
        """Whom the points compare with; a run from before policies could say it compares with the average."""
        files = self.folder.files(SCORES)
        if not files or COMPARED_WITH not in pq.read_schema(files[0]).names:
            return TRAINING_AVERAGE
        return str(pq.read_table(files[0], columns=[COMPARED_WITH]).column(0)[0].as_py())

    @cached_property
    def grades(self) -> npt.NDArray[np.int64]:
        """The place of each grade in GRADE_LABELS."""
        return places(self.texts("grade"), GRADE_LABELS)

    @cached_property
    def limits(self) -> Vector:
        """Amounts that a decision gives: those approved, whole or reduced. What is referred is not lent yet."""
        given = np.isin(np.array(self.texts("outcome"), dtype=object), ["approve", "reduce"])
        return np.where(given, self.numbers("limit_fen"), 0.0)

    @cached_property
    def probability(self) -> Vector:
        """Default probability; NaN where not known."""
        return self.numbers("pd")

    def expected_loss(self, share: float) -> Vector:
        """PD x loss given default x limit, in fen; nothing where the probability is not known (nothing is lent)."""
        result: Vector = np.nan_to_num(self.probability) * share * self.limits
        return result

    def origins(self) -> set[str]:
        """Where records and model come from."""
        found: set[str] = set()
        for name in ("data_origin", "model_data_origin"):
            for joined in self.table.column(name).unique().to_pylist():
                found.update((joined or "").split("; "))
        return found - {""}

    def failures(self) -> pa.Table:
        """Those who could not be scored."""
        parts = [pq.read_table(file) for file in self.folder.files(FAILURES)]
        return pa.concat_tables(parts) if parts else pa.table({"enterprise_id": [], "error": [], "reason": []})


def places(texts: Sequence[str | None], labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """The place of each text among labels; the last one where it is not among them."""
    at = {label: place for place, label in enumerate(labels)}
    last = len(labels) - 1
    return np.array([at.get(one or "", last) for one in texts], dtype=np.int64)


def counted(at: npt.NDArray[np.int64], size: int, weight: Vector | None = None) -> list[float]:
    """How many, or how much, at each place."""
    found: list[float] = np.bincount(at, weights=weight, minlength=size).tolist()
    return found


@dataclass(frozen=True)
class Pair:
    """A run and the one before, and the rows of enterprises that both have."""

    now: RunRows
    before: RunRows

    @cached_property
    def common(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Rows of the same enterprises in both."""
        first = np.array(self.now.texts("enterprise_id"), dtype=object)
        second = np.array(self.before.texts("enterprise_id"), dtype=object)
        _, here, there = np.intersect1d(first, second, assume_unique=True, return_indices=True)
        return here, there

    @property
    def comparable(self) -> bool:
        """Whether contributions can be compared feature by feature: one model, and compared with the same."""
        same = self.now.manifest["inputs"]["bundle"] == self.before.manifest["inputs"]["bundle"]
        return bool(same and self.now.compared_with == self.before.compared_with)
