"""One enterprise as the limit saw it, and the same enterprise many times over, each time changed by another amount."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa

from models.limits import Cases, measure
from models.limits.arithmetic import FloatColumn
from models.positions import Positions, Rows


@dataclass(frozen=True)
class Situation:
    """One case and the dated evidence behind its facts; without positions only facts can be changed."""

    cases: Cases
    positions: Positions | None = None

    @classmethod
    def of(cls, cases: Cases, row: int = 0, positions: Positions | None = None) -> Situation:
        """One row of many cases. `positions` must be of one enterprise."""
        return cls(one_case(cases, row), positions if positions is None or positions.size == 1 else None)

    def repeated(self, times: int) -> Cases:
        """The case so many times."""
        cases = self.cases
        return replace(
            cases,
            facts={name: np.repeat(column, times) for name, column in cases.facts.items()},
            grade=np.repeat(cases.grade, times),
            product=np.repeat(cases.product, times),
            requested_fen=np.repeat(cases.requested_fen, times),
        )

    def with_facts(self, facts: Mapping[str, FloatColumn], times: int) -> Cases:
        """The case so many times with some facts replaced."""
        many = self.repeated(times)
        return replace(many, facts={**many.facts, **facts})

    def measured(self, times: int, **changed: Rows) -> Cases:
        """The case so many times, measured anew on positions of which some subjects are replaced."""
        assert self.positions is not None  # noqa: S101
        subjects: dict[str, Any] = {**tiled(self.positions, times), **changed}
        positions = replace(self.positions, size=times, group=None, **subjects)  # the group stays as the case has it
        return self.with_facts(measure(positions, self.cases.policy), times)


def one_case(cases: Cases, row: int) -> Cases:
    """One row of many cases, as cases."""
    return replace(
        cases,
        facts={name: column[row : row + 1] for name, column in cases.facts.items()},
        grade=cases.grade[row : row + 1],
        product=cases.product[row : row + 1],
        requested_fen=cases.requested_fen[row : row + 1],
    )


def tiled(positions: Positions, times: int) -> dict[str, Any]:
    """Every subject of one enterprise's positions so many times over, one enterprise each."""
    found: dict[str, Any] = {}
    for field in fields(positions):
        value = getattr(positions, field.name)
        if isinstance(value, Rows):
            found[field.name] = tile_rows(value, times)
        elif isinstance(value, Mapping):
            found[field.name] = {name: tile_rows(rows, times) for name, rows in value.items()}
    return found


def tile_rows(rows: Rows, times: int, **changed: FloatColumn) -> Rows:
    """The rows so many times; `changed` replaces columns by [times, len(rows)] figures."""
    size = len(rows)
    places = pa.array(np.tile(np.arange(size, dtype=np.int64), times))
    return Rows(
        row=np.repeat(np.arange(times, dtype=np.int64), size),
        numbers={
            name: changed[name].reshape(-1) if name in changed else np.tile(column, times)
            for name, column in rows.numbers.items()
        },
        texts={name: column.take(places) for name, column in rows.texts.items()},
    )
