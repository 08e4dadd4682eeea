"""Exact integer arithmetic on columns of fen. No amount of money passes through a float product."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.errors import AssetlightError

FenColumn: TypeAlias = "npt.NDArray[np.int64]"
FloatColumn: TypeAlias = "npt.NDArray[np.float64]"
Mask: TypeAlias = "npt.NDArray[np.bool_]"

LARGEST_EXACT = 2**53  # beyond it a float64 no longer tells two neighbouring fen apart
_LARGEST_DENOMINATOR = 10**9


class FenColumnNotExact(AssetlightError):
    """A column of fen that arrives as float64 holds something that is not an exact whole number of fen."""


def fen_column(values: FloatColumn, name: str) -> tuple[FenColumn, Mask]:
    """A float64 column of fen as int64, and where it is known. NaN is unknown (0 here); the rest is checked."""
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    wrong = ~np.isfinite(filled) | (np.abs(filled) > LARGEST_EXACT) | (filled != np.floor(filled))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise FenColumnNotExact(
            "an amount is not a whole number of fen",
            expected="whole numbers up to 2**53",
            found=float(values[row]),
            where=f"column {name}, row {row}",
            field=name,
        )
    return filled.astype(np.int64), known


def share_of(amount: FenColumn, shares: Sequence[Decimal], row: npt.NDArray[np.int16]) -> FenColumn:
    """floor(shares[row] * amount), exactly, for amounts and shares that are not negative.

    A share is a decimal n/d, and amount = q*d + r, so that floor(n*amount/d) = n*q + floor(n*r/d): no product leaves
    int64 as long as the result itself does not.
    """
    denominator = 10 ** max((_decimals(share) for share in shares), default=0)
    if denominator > _LARGEST_DENOMINATOR:
        raise ValueError("a share has more than nine decimals")
    numerators = np.array([int(share * denominator) for share in shares], dtype=np.int64)[row]
    whole, rest = np.divmod(amount, np.int64(denominator))
    result: FenColumn = whole * numerators + (rest * numerators) // np.int64(denominator)
    return result


def product_over(first: FenColumn, second: FenColumn | int, divisor: FenColumn | int, *, up: bool = False) -> FenColumn:
    """floor(first * second / divisor), or its ceiling, exactly, though the product may leave int64.

    For factors that are not negative, divisors above zero and results below 2**53. A float quotient is off by a few
    units at most; the remainder that it leaves is small, so it is right in arithmetic modulo 2**64 and mends the
    quotient.
    """
    one, two, over = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(x, dtype=np.int64)) for x in (first, second, divisor))
    )
    quotient = (one.astype(np.float64) * two / over).astype(np.int64)
    rest = one * two - quotient * over
    result: FenColumn = quotient + (-(-rest // over) if up else rest // over)
    return result


def scaled(value: Decimal, scale: int = 10**9) -> int:
    """A decimal of policy as a whole number of its billionths, rounded down."""
    return int(value * scale)


def _decimals(share: Decimal) -> int:
    exponent = share.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def floor_to_step(amount: FenColumn, step: FenColumn) -> FenColumn:
    """The largest multiple of the step that is not above the amount."""
    result: FenColumn = (amount // step) * step
    return result
