"""Inner folds: which rows of a sample to learn from are set aside to choose and to calibrate on.

Every learner gets the same ones, so what is compared is the learners. With more than one day the later rows are scored
from earlier ones, each fold of entities from the others: the way the model will be used. Without, repeated shuffled
folds, stratified by outcome; rows of one entity are never on both sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from models.errors import AssetlightError
from training.sample import Sample

Index = NDArray[np.int64]
INNER_FOLDS_OVER_TIME = 5  # an inner fit sees 4/5 of the entities: of 2/3 it learned less than the model that is kept,
# whose scores calibration then stretched too little
LATER_SHARE = 1 / 3  # of the rows, those of the last days: scored to choose and to calibrate
_INNER_SEED = 500  # keeps inner shuffles apart from outer ones of the same seed


class FoldsNotUsable(AssetlightError):
    """More folds than entities of the rarer outcome."""


@dataclass(frozen=True)
class Part:
    """Rows to learn from and rows to score, of one sample."""

    repeat: int
    learn: Index
    held: Index


@dataclass(frozen=True)
class Inner:
    """How many folds, and how often, where there is no time to order the rows by."""

    folds: int = 5
    repeats: int = 1

    def parts(self, sample: Sample, seed: int) -> list[Part]:
        """The parts of a sample. With time: one repeat, in which only later rows are scored."""
        if len(sample.days) > 1:
            return _later_parts(sample, seed)
        return list(shuffled_parts(sample, self.folds, self.repeats, seed * 1000 + _INNER_SEED))


def shuffled_parts(sample: Sample, folds: int, repeats: int, first_seed: int) -> Iterator[Part]:
    """Repeated folds, stratified by outcome; where entities have several rows they stay together."""
    alone = len(np.unique(sample.entity)) == len(sample)
    for repeat in range(repeats):
        kind = StratifiedKFold if alone else StratifiedGroupKFold
        splitter = kind(folds, shuffle=True, random_state=first_seed + repeat)
        groups = None if alone else sample.enterprise
        for learn, held in splitter.split(sample.matrix, sample.outcome, groups):
            yield Part(repeat, learn.astype(np.int64), held.astype(np.int64))


def check_folds(sample: Sample, folds: int) -> None:
    """Refuse more folds than the rarer outcome has entities for. Raises FoldsNotUsable."""
    rarer = int(min(sample.outcome.sum(), len(sample) - sample.outcome.sum()))
    if folds > rarer * (folds - 1) // folds:
        raise FoldsNotUsable("too many folds for so few of one outcome", found=folds, expected=f"at most {rarer - 1}")


def entity_folds(entities: NDArray[np.str_], folds: int, seed: int) -> Index:
    """The fold of each row's entity: a hash of seed and id, the same in every sample and on every machine."""
    unique, place = np.unique(entities, return_inverse=True)
    numbers = [_hash(f"{seed}|{name}") % folds for name in unique.tolist()]
    return np.array(numbers, dtype=np.int64)[place]


def _later_parts(sample: Sample, seed: int) -> list[Part]:
    later = _later(sample)
    fold_of = entity_folds(sample.entity, INNER_FOLDS_OVER_TIME, seed + 1)
    return [
        Part(0, np.flatnonzero((fold_of != fold) & ~later), np.flatnonzero((fold_of == fold) & later))
        for fold in range(INNER_FOLDS_OVER_TIME)
    ]


def _later(sample: Sample) -> NDArray[np.bool_]:
    """The rows of the last days that hold at most LATER_SHARE of the rows, at least those of the last day."""
    if sample.day is None:
        raise ValueError("the rows have no time")
    days, counts = np.unique(sample.day, return_counts=True)
    share_from = np.cumsum(counts[::-1])[::-1] / counts.sum()  # of the rows on or after each day
    few = np.flatnonzero(share_from <= LATER_SHARE + 0.01)
    first = days[few[0]] if len(few) else days[-1]
    later: NDArray[np.bool_] = sample.day >= first
    return later


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
