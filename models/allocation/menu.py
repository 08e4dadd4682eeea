"""The rates that may be offered, and which share of customers is lost at each, by rating of the loss curve."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from models.errors import AssetlightError

RATINGS = ("A", "B", "C")
_RATE = "annual_rate"
_COLUMNS = (_RATE, *(f"churn_{rating}" for rating in RATINGS))


class RateMenuInvalid(AssetlightError):
    """The file of rates and lost customers cannot be used."""


@dataclass(frozen=True)
class RateMenu:
    """R yearly rates, rising, and the share of customers who leave at each: `lost` [3, R] for ratings A, B, C."""

    rates: NDArray[np.float64]
    lost: NDArray[np.float64]


def read_rate_menu(path: Path) -> RateMenu:
    """A CSV with the columns annual_rate, churn_A, churn_B, churn_C; fractions. Raises RateMenuInvalid."""
    where = str(path)
    if not path.is_file():
        raise RateMenuInvalid("there is no file of rates", where=where, expected="a CSV with " + ", ".join(_COLUMNS))
    try:
        table = csv.read_csv(
            path, convert_options=csv.ConvertOptions(column_types=dict.fromkeys(_COLUMNS, pa.float64()))
        )
    except pa.ArrowInvalid as error:
        raise RateMenuInvalid("the file of rates cannot be read", where=where, found=str(error)) from None
    missing = [name for name in _COLUMNS if name not in table.column_names]
    if missing or not table.num_rows:
        raise RateMenuInvalid(
            "the file of rates lacks columns or rows",
            where=where,
            expected=", ".join(_COLUMNS),
            found=f"{table.num_rows} rows of {', '.join(table.column_names)}",
        )
    values = np.array([table[name].to_numpy(zero_copy_only=False) for name in _COLUMNS], dtype=np.float64)
    for name, column in zip(_COLUMNS, values, strict=True):
        outside = np.flatnonzero(~((column >= 0) & (column <= 1)))  # NaN as well
        if len(outside):
            raise RateMenuInvalid(
                "not a fraction between 0 and 1",
                where=f"{where}, line {outside[0] + 2}",
                field=name,
                found=float(column[outside[0]]),
                expected="a fraction such as 0.0465, never a percentage",
            )
    if not (np.diff(values[0]) > 0).all():
        line = int(np.flatnonzero(np.diff(values[0]) <= 0)[0]) + 3
        raise RateMenuInvalid("the rates do not rise", where=f"{where}, line {line}", field=_RATE)
    return RateMenu(values[0], values[1:])
