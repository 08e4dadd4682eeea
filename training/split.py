"""Out of time and out of entity: what is learned from ends before what is tested on begins, on other enterprises.

The days tested on are the last ones. A day is learned from only if its outcome window is over when the first of them
begins: at that moment its outcomes were known, and no month's misfortune is on both sides. The days between are left
out (embargo). Enterprises are dealt into folds by a hash of their id; each fold is scored by a model that saw none of
its enterprises, so every tested row is both later and other than whatever it is scored from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.errors import AssetlightError
from models.features.windows import months_before
from training.panel.population import months_after

TEST_MONTHS = 3  # the test begins so long before the last day of the panel: two quarterly days


class TooFewDays(AssetlightError):
    """No day is left to learn from before those to test on."""


class SplitOverlaps(AssetlightError):
    """What is learned from and what is tested on share enterprises, or months."""


@dataclass(frozen=True)
class TimeSplit:
    """The days of a panel by what they are for."""

    learned: tuple[date, ...]
    embargoed: tuple[date, ...]
    tested: tuple[date, ...]

    def as_dict(self) -> dict[str, list[str]]:
        """For a card."""
        return {name: [day.isoformat() for day in getattr(self, name)] for name in ("learned", "embargoed", "tested")}


def split_days(days: Sequence[date], horizon_months: int, test_from: date | None = None) -> TimeSplit:
    """The days from `test_from` (by default the last and the one a quarter before) and what may be learned for them.

    Raises TooFewDays.
    """
    ordered = sorted(set(days))
    begins = test_from or (months_before(ordered[-1], TEST_MONTHS) if ordered else None)
    tested = tuple(day for day in ordered if begins is not None and day >= begins)
    learned = tuple(day for day in ordered if tested and months_after(day, horizon_months) <= tested[0])
    if not tested or not learned:
        raise TooFewDays(
            "no day is left to learn from before the days to test on",
            expected=f"a day to learn from at least {horizon_months} months before the first day to test on",
            found=", ".join(day.isoformat() for day in ordered) or "no day",
            advice="Take more or earlier days (--as-of, --to), or test on earlier ones (--test-from)",
        )
    between = tuple(day for day in ordered if day not in tested and day not in learned)
    return TimeSplit(learned, between, tested)


def entity_folds(enterprise_ids: NDArray[np.str_], folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of each row's enterprise: a hash of seed and id, the same in every panel and on every machine."""
    unique, place = np.unique(enterprise_ids, return_inverse=True)
    numbers = [_hash(f"{seed}|{name}") % folds for name in unique.tolist()]
    return np.array(numbers, dtype=np.int64)[place]


def check_apart(
    *, learned_ids: NDArray[np.str_], tested_ids: NDArray[np.str_], split: TimeSplit, horizon_months: int
) -> None:
    """Refuse a split that shares an enterprise, or in which a learned window reaches into the test. SplitOverlaps."""
    shared = np.intersect1d(learned_ids, tested_ids)
    if len(shared):
        raise SplitOverlaps(
            "some enterprises are both learned from and tested on",
            expected="no enterprise on both sides",
            found=f"{len(shared)}, such as {', '.join(shared[:3].tolist())}",
        )
    late = [day for day in split.learned if months_after(day, horizon_months) > split.tested[0]]
    if late:
        raise SplitOverlaps(
            "outcomes learned from reach into the days tested on",
            expected=f"windows of {horizon_months} months that end by {split.tested[0].isoformat()}",
            found=", ".join(day.isoformat() for day in late),
        )


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
