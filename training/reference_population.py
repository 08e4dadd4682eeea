"""Whom a policy may compare with, frozen into a bundle: enterprises of the learned rows that never defaulted.

One row an enterprise, its latest; of more than a thousand enterprises those whose hashed ids come first, so the same
sample gives the same ones whatever its order. Kept as the trees see them (`models.reference_population`).
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, BundleCorrupt
from models.default_probability.comparison import reference_rows, stretch_of
from models.default_probability.exact import NotByTable, Places, contributions_against
from models.default_probability.matrix import filled
from models.reference_population import PERFORMING, PERFORMING_SAME_SIZE, ReferencePopulation, population_text
from training.sample import Sample

Matrix = NDArray[np.float64]
Index = NDArray[np.int64]

MOST_ROWS = 1_000
SIZE = "sales_12m_fen"  # by which enterprises are of a size
SIZES = 3
FEWEST_OF_A_SIZE = 30  # enterprises below which a size says little of anybody
ALL = ReferencePopulation(
    PERFORMING, "训练样本中的未违约企业", "performing enterprises of the training sample", drawn_from=0, text=""
)
SAME_SIZE = ReferencePopulation(
    PERFORMING_SAME_SIZE,
    "训练样本中同等规模的未违约企业",
    "performing enterprises of like size in the training sample",
    drawn_from=0,
    text="",
)


def with_populations(bundle: Bundle, learned: Sample, most: int = MOST_ROWS) -> Bundle:
    """The bundle with the populations that its learned rows give.

    None where nobody performs, or where the trees do not fit into tables and nobody can be compared. Those of a like
    size need the model to ask about turnover, and enough enterprises of every size.
    """
    performing = performing_rows(learned)
    if not len(performing):
        return bundle
    drawn = draw(learned.entity, performing, most)
    rows = learned.columns(bundle.features).matrix[drawn]
    try:
        everybody = freeze(bundle, rows, replace(ALL, drawn_from=len(performing)))
    except NotByTable:
        return bundle
    edges = size_edges(bundle, everybody)
    if not edges:
        return replace(bundle, populations=(everybody,))
    alike = replace(SAME_SIZE, drawn_from=len(performing), text=everybody.text, by=SIZE, edges=edges)
    return replace(bundle, populations=(everybody, alike))


def performing_rows(learned: Sample) -> Index:
    """The latest row of each enterprise that has no default among the rows."""
    defaulted = np.unique(learned.entity[learned.outcome == 1])
    latest: dict[str, int] = {}
    for row in np.flatnonzero(~np.isin(learned.entity, defaulted)).tolist():
        name = str(learned.entity[row])
        if name not in latest or _later(learned, row, latest[name]):
            latest[name] = row
    return np.array(sorted(latest.values()), dtype=np.int64)


def draw(entity: NDArray[np.str_], rows: Index, most: int) -> Index:
    """At most so many of the rows: those whose enterprise's hash comes first."""
    return np.array(sorted(rows.tolist(), key=lambda row: _hash(str(entity[row])))[:most], dtype=np.int64)


def freeze(bundle: Bundle, rows: Matrix, like: ReferencePopulation) -> ReferencePopulation:
    """A population of rows [R, F] of the bundle's features as they came; `like` says all but the rows.

    The frozen rows come to the very scores of the given ones, or BundleCorrupt. Raises NotByTable.
    """
    seen = filled(rows, bundle)
    contributions_against(bundle.booster, [seen[:1]])  # whether tables hold the trees at all
    ranks = Places.of(bundle.booster).ranks(seen)
    frozen = replace(like, text=population_text(bundle.features, ranks))
    before, after = (_scores(bundle, each) for each in (seen, reference_rows(bundle, frozen)))
    if before != after:
        raise BundleCorrupt("frozen rows score otherwise than the rows they stand for", field=like.name)
    return frozen


def size_edges(bundle: Bundle, everybody: ReferencePopulation) -> tuple[float, ...]:
    """Thresholds of the model that cut a population by turnover into parts about alike; none where that cannot be."""
    if SIZE not in bundle.features:
        return ()
    column = bundle.features.index(SIZE)
    thresholds = Places.of(bundle.booster).thresholds.get(column, np.empty(0))
    sales = reference_rows(bundle, everybody)[:, column]
    known = sales[~np.isnan(sales)]
    if not len(known) or not len(thresholds):
        return ()
    wanted = np.quantile(known, np.arange(1, SIZES) / SIZES)
    edges = sorted({float(thresholds[np.abs(thresholds - edge).argmin()]) for edge in wanted})
    sizes = np.bincount(stretch_of(known, np.array(edges)), minlength=SIZES)
    return tuple(edges) if len(edges) == SIZES - 1 and sizes.min() >= FEWEST_OF_A_SIZE else ()


def _scores(bundle: Bundle, rows: Matrix) -> list[float]:
    """Sorted, for a population has no order."""
    return sorted(np.asarray(bundle.booster.predict(rows, raw_score=True, num_threads=1)).tolist())


def _later(learned: Sample, row: int, other: int) -> bool:
    return learned.day is not None and bool(learned.day[row] > learned.day[other])


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
