"""Exact shares of money in int64 columns: a share is an integer count of trillionths, a product is floored to the fen.

No float touches an amount: floors are exact, so N = 1 and N = many agree, and a plain Decimal oracle can check them.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal, localcontext
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.valuation.errors import ShareOutOfRange

Int64: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

ONE = 10**12  # the share 1; 12 decimals hold three factors of a ten-thousandth each without rounding
_HALF = 10**6
LARGEST_ASSET_FEN = 10**15  # ten trillion yuan for one asset
LARGEST_SHARE = 9 * ONE  # keeps every partial product inside int64


def share(value: Decimal | int | str) -> int:
    """A fraction as trillionths, rounded down: `share("0.15")` is 150_000_000_000."""
    scaled = (Decimal(value) * ONE).to_integral_value(ROUND_DOWN)
    if not 0 <= scaled <= LARGEST_SHARE:
        raise ShareOutOfRange("a share lies outside its range", expected="0 to 9", found=str(value))
    return int(scaled)


def shares_of_floats(values: NDArray[np.float64]) -> Int64:
    """Fractions read as float64, each rounded to a millionth (half to even) and clipped to 0..1; NaN gives 0."""
    clean = np.clip(np.nan_to_num(values, nan=0.0), 0.0, 1.0)
    return np.rint(clean * _HALF).astype(np.int64) * _HALF


def of(amount: Int64 | int, part: Int64 | int) -> Int64:
    """`floor(amount * part / ONE)` without overflow, for amounts in 0..10^17 and parts in 0..9.

    Split both in two halves of a million: (a1·10^6 + a0)(p1·10^6 + p0) / 10^12, floored once at the end.
    Also multiplies two shares.
    """
    a1, a0 = np.divmod(np.asarray(amount, np.int64), _HALF)
    p1, p0 = np.divmod(np.asarray(part, np.int64), _HALF)
    crossed = a1 * p0 + a0 * p1 + (a0 * p0) // _HALF
    return np.asarray(a1 * p1 + crossed // _HALF, np.int64)


def lost(amount: Int64, part: Int64 | int) -> Int64:
    """What the floor of `of` leaves behind: `amount * part mod ONE`, so that a sum can be floored once."""
    a1, a0 = np.divmod(np.asarray(amount, np.int64), _HALF)
    p1, p0 = np.divmod(np.asarray(part, np.int64), _HALF)
    return np.asarray(((a1 * p0 + a0 * p1) % _HALF * _HALF + a0 * p0) % ONE, np.int64)


def of_up(amount: Int64, part: Int64 | int) -> Int64:
    """`ceil(amount * part / ONE)`, for thresholds that an amount must reach."""
    return np.asarray(of(amount, part) + (lost(amount, part) > 0), np.int64)


def ratio(part: Int64, whole: Int64 | int) -> Int64:
    """`part / whole` as a share in 0..1, floored, for days and counts up to 9 million; 0 where the whole is 0."""
    safe = np.maximum(np.asarray(whole, np.int64), 1)
    capped = np.clip(np.asarray(part, np.int64), 0, safe)
    return np.asarray(np.where(np.asarray(whole, np.int64) > 0, capped * ONE // safe, 0), np.int64)


def discount_shares(yearly: Decimal, years: int) -> tuple[int, ...]:
    """Discount factors 1/(1+i)^t for t = 1..years as shares, computed in 50 digits, each rounded down."""
    with localcontext() as exact:
        exact.prec = 50
        return tuple(share(1 / (1 + yearly) ** year) for year in range(1, years + 1))


def checked_fen(amount: Int64) -> Int64:
    """Fen amounts clipped to 0..LARGEST_ASSET_FEN, so that no sum over one enterprise's assets leaves int64."""
    return np.clip(amount, 0, LARGEST_ASSET_FEN)
