"""Out of time and out of entity: what is learned from ends before what is tested on begins, on other enterprises.

The days tested on are the last ones. A day is learned from only if its outcome window is over when the first of them
begins: at that moment its outcomes were known, and no month's misfortune is on both sides. The days between are left
out (embargo). Enterprises are dealt into folds by a hash of their id; each fold is scored by a model that saw none of
its enterprises, so every tested row is both later and other than whatever it is scored from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.errors import AssetlightError
from models.features.windows import months_before
from training.folds import Part, check_folds, entity_folds, shuffled_parts
from training.panel.population import months_after
from training.sample import Sample

TEST_MONTHS = 3  # of a panel: the test begins so long before its last day, which makes two quarterly days
TEST_SHARE = 0.25  # of a prepared table: at least this share of the rows is tested on


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


@dataclass(frozen=True)
class Split:
    """What is learned from and tested on, as masks over the rows, and the parts in which it is tested.

    The model that is kept learns from all rows of `learned`; each part scores rows of `tested` by a model that learned
    from its own. `days` is None where the rows have no time to be split by: every row is then in a part of each repeat.
    """

    learned: NDArray[np.bool_]
    tested: NDArray[np.bool_]
    parts: tuple[Part, ...]
    days: TimeSplit | None
    out_of_entity: bool

    @property
    def repeats(self) -> int:
        """How often every tested row is scored."""
        return 1 + max(part.repeat for part in self.parts)

    @property
    def name(self) -> str:
        """`out_of_time_and_entity`, `out_of_time` or `out_of_fold`."""
        if self.days is None:
            return "out_of_fold"
        return "out_of_time_and_entity" if self.out_of_entity else "out_of_time"


def split_sample(
    sample: Sample,
    *,
    seed: int,
    folds: int,
    repeats: int,
    test_from: date | None = None,
    entities_apart: bool = True,
) -> Split:
    """Out of time and of entity where rows have days; else repeated folds, in which entities stay together.

    Where time alone keeps the entities apart there is one part. `entities_apart` False tests on later rows of the same
    entities, which is the question where customers come back. Raises TooFewDays, FoldsNotUsable, SplitOverlaps.
    """
    if len(sample.days) < 2:
        check_folds(sample, folds)
        everything = np.ones(len(sample), dtype=bool)
        parts = tuple(shuffled_parts(sample, folds, repeats, seed * 1000))
        _check_entities(sample, parts)
        return Split(everything, everything, parts, None, out_of_entity=True)
    days = split_days(sample.days, sample.horizon_months or 0, test_from)
    learned, tested = on_days(sample, days.learned), on_days(sample, days.tested)
    shared = bool(len(np.intersect1d(sample.entity[learned], sample.entity[tested])))
    if shared and entities_apart:
        fold_of = entity_folds(sample.entity, folds, seed)
        parts = tuple(
            Part(0, np.flatnonzero(learned & (fold_of != fold)), np.flatnonzero(tested & (fold_of == fold)))
            for fold in range(folds)
        )
    else:
        parts = (Part(0, np.flatnonzero(learned), np.flatnonzero(tested)),)
    check_days_apart(days, sample.horizon_months or 0)
    if entities_apart:
        _check_entities(sample, parts)
    return Split(learned, tested, parts, days, out_of_entity=entities_apart or not shared)


def on_days(sample: Sample, days: Sequence[date]) -> NDArray[np.bool_]:
    """The rows of some days."""
    if sample.day is None:
        raise ValueError("the rows have no time")
    return np.isin(sample.day, np.array(days, dtype="datetime64[D]"))


def last_share(sample: Sample, share: float = TEST_SHARE) -> date | None:
    """The latest day from which on at least a share of the rows are; None where the rows have no time."""
    if sample.day is None or not len(sample):
        return None
    ordered = np.sort(sample.day)
    found: date = ordered[-max(1, int(np.ceil(share * len(ordered))))].astype(object)
    return found


def split_days(days: Sequence[date], horizon_months: int, test_from: date | None = None) -> TimeSplit:
    """The days from `test_from` (by default the last and the one a quarter before) and what may be learned for them.

    Without a horizon (0) every day before the test may be learned from. Raises TooFewDays.
    """
    ordered = sorted(set(days))
    begins = test_from or (months_before(ordered[-1], TEST_MONTHS) if ordered else None)
    tested = tuple(day for day in ordered if begins is not None and day >= begins)
    learned = tuple(day for day in ordered if tested and _over_before(day, horizon_months, tested[0]))
    if not tested or not learned:
        raise TooFewDays(
            "no day is left to learn from before the days to test on",
            expected=f"a day to learn from at least {horizon_months} months before the first day to test on",
            found=", ".join(day.isoformat() for day in ordered) or "no day",
            advice="Take more or earlier days (--as-of, --to), or test on earlier ones (--test-from)",
        )
    between = tuple(day for day in ordered if day not in tested and day not in learned)
    return TimeSplit(learned, between, tested)


def check_apart(learned_ids: NDArray[np.str_], tested_ids: NDArray[np.str_]) -> None:
    """Refuse two sides that share an enterprise. Raises SplitOverlaps."""
    shared = np.intersect1d(learned_ids, tested_ids)
    if len(shared):
        raise SplitOverlaps(
            "some enterprises are both learned from and tested on",
            expected="no enterprise on both sides",
            found=f"{len(shared)}, such as {', '.join(shared[:3].tolist())}",
        )


def check_days_apart(split: TimeSplit, horizon_months: int) -> None:
    """Refuse days to learn from whose outcomes reach into the test. Raises SplitOverlaps."""
    late = [day for day in split.learned if not _over_before(day, horizon_months, split.tested[0])]
    if late:
        raise SplitOverlaps(
            "outcomes learned from reach into the days tested on",
            expected=f"windows of {horizon_months} months that end by {split.tested[0].isoformat()}",
            found=", ".join(day.isoformat() for day in late),
        )


def _check_entities(sample: Sample, parts: Sequence[Part]) -> None:
    for part in parts:
        check_apart(sample.entity[part.learn], sample.entity[part.held])


def _over_before(day: date, horizon_months: int, first_tested: date) -> bool:
    """Whether the outcome window of a day is over when the test begins; without a window: whether the day is before."""
    return months_after(day, horizon_months) <= first_tested if horizon_months else day < first_tested
