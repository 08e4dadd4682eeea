"""Random numbers that depend only on what they are for: a counter-based generator (splitmix64) over integer keys.

The draw for edge 17, week 40, third invoice is the same whoever asks, in whatever order and block: the seller's and the
buyer's copy of an invoice agree without sharing memory, and the bytes do not depend on block size or threads.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Real = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_ONE_IN_2_53 = 2.0**-53


def _mixed(bits: Bits) -> Bits:
    """The output function of splitmix64, in place on its own copy."""
    out = bits + _GOLDEN
    out ^= out >> _S30
    out *= _FIRST
    out ^= out >> _S27
    out *= _SECOND
    out ^= out >> _S31
    return out


class Draws:
    """Draws for rows named by integer keys (all arrays of one length, or single integers)."""

    def __init__(self, seed: int, purpose: str, *keys: npt.NDArray[np.integer] | int) -> None:
        bits: Bits = np.array([seed * 1_000_003 + zlib.crc32(purpose.encode())], dtype=np.uint64)
        for key in keys:
            bits = _mixed(bits ^ np.asarray(key).astype(np.uint64))
        self.bits = bits

    def __len__(self) -> int:
        return len(self.bits)

    def _stream(self, name: str) -> Bits:
        return _mixed(self.bits ^ np.uint64(zlib.crc32(name.encode()) * 0x9E3779B1))

    def uniform(self, name: str) -> Real:
        """In the open interval (0, 1)."""
        value: Real = ((self._stream(name) >> _S11).astype(np.float64) + 0.5) * _ONE_IN_2_53
        return value

    def normal(self, name: str) -> Real:
        """Standard normal."""
        return np.asarray(ndtri(self.uniform(name)), dtype=np.float64)

    def exponential(self, name: str) -> Real:
        """Exponential with mean one."""
        return -np.log(self.uniform(name))

    def below(self, name: str, bound: npt.NDArray[np.integer] | int) -> Whole:
        """A whole number from 0 to `bound` - 1."""
        return (self.uniform(name) * bound).astype(np.int64)

    def pick(self, name: str, shares: tuple[float, ...] | Real) -> Whole:
        """An index drawn with the given shares (they need not add up to one)."""
        steps = np.cumsum(np.asarray(shares, dtype=np.float64))
        return np.minimum(np.searchsorted(steps / steps[-1], self.uniform(name), side="right"), len(steps) - 1)

    def chance(self, name: str, probability: Real | float) -> npt.NDArray[np.bool_]:
        """True with the given probability."""
        return self.uniform(name) < probability

    def beta_like(self, name: str, median: float, log_odds_sd: float) -> Real:
        """A share in (0, 1) whose log-odds are normal: cheap stand-in for a beta distribution."""
        log_odds = np.log(median / (1 - median)) + log_odds_sd * self.normal(name)
        return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)
