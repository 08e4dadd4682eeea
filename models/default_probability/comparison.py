"""Compared with whom: the average of training, or enterprises that were frozen into the bundle.

Contributions against a population are interventional: what each feature of the enterprise changes when it stands in
for the same feature of an enterprise of the population, averaged over all of them and over every order. They enter the
tables as frequencies, so scoring does not know how many they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, BundleCorrupt
from models.default_probability.exact import ExactContributions, Places, contributions_against
from models.errors import AssetlightError
from models.reference_population import PERFORMING, PERFORMING_SAME_SIZE, TRAINING_AVERAGE, ReferencePopulation

Numbers = NDArray[np.float64]
Index = NDArray[np.int64]


class PopulationNotInBundle(AssetlightError):
    """The policy compares with a population that was not frozen into the model."""


def population_of(bundle: Bundle, name: str | None) -> ReferencePopulation | None:
    """The population of that name; None for the average of training. Raises PopulationNotInBundle.

    Call it where policy and model first meet, so that nobody learns it from a decision.
    """
    if name is None:
        return None
    found = next((each for each in bundle.populations if each.name == name), None)
    if found is None:
        raise PopulationNotInBundle(
            "the policy compares with enterprises that are not frozen into the model / 政策指定的比较人群不在模型包内",
            expected=", ".join((TRAINING_AVERAGE, *(each.name for each in bundle.populations))),
            found=name,
            where=f"explanation.reference of the policy; bundle {bundle.digest[:12]}",
            advice=_advice(bundle, name),
            field="explanation.reference",
        )
    return found


def _advice(bundle: Bundle, name: str) -> str:
    """What would help: a model that has the one population and not the other needs other data, not another training."""
    known = {each.name for each in bundle.populations}
    if name == PERFORMING_SAME_SIZE and PERFORMING in known:
        return (
            "This needs a model that splits on turnover (sales_12m_fen), and at least 30 performing enterprises in "
            f"each third by turnover: train on such rows, or name {PERFORMING} or {TRAINING_AVERAGE} in the policy / "
            "需要模型按销售额切分，并且按销售额三等分后每组至少30家未违约企业"
        )
    return f"Train the model again with this release, or name {TRAINING_AVERAGE} in the policy"


def reference_rows(bundle: Bundle, population: ReferencePopulation) -> Numbers:
    """Rows [R, F] that the trees cannot tell from the frozen ones. Raises BundleCorrupt."""
    try:
        return Places.of(bundle.booster).values(population.places())
    except (ValueError, IndexError) as error:
        raise BundleCorrupt(
            "a reference population does not fit the model", where=population.file, found=str(error)
        ) from None


@dataclass(frozen=True)
class Compared:
    """Tables against a population: one, or one for each stretch between its edges, the last for a missing value."""

    tables: tuple[ExactContributions, ...]
    column: int = -1  # of the feature that the edges are of; -1: all are compared alike
    edges: Numbers | None = None

    def table_of(self, row: Numbers) -> ExactContributions:
        """The tables for one filled row [F]."""
        if self.edges is None:
            return self.tables[0]
        return self.tables[int(stretch_of(row[self.column], self.edges))]

    def of(self, matrix: Numbers, threads: int) -> tuple[Numbers, Numbers, Numbers]:
        """Raw scores [N], base [N] and contributions [N, F] of filled rows. Rows do not influence each other."""
        if self.edges is None:
            found = self.tables[0].of(matrix, threads)
            return found.raw, np.full(len(matrix), found.base), found.contributions
        stretch = stretch_of(matrix[:, self.column], self.edges)
        raw, base, contributions = np.empty(len(matrix)), np.empty(len(matrix)), np.empty(matrix.shape)
        for number in np.unique(stretch):
            rows = np.flatnonzero(stretch == number)
            found = self.tables[number].of(matrix[rows], threads)
            raw[rows], base[rows], contributions[rows] = found.raw, found.base, found.contributions
        return raw, base, contributions


def compared(bundle: Bundle, population: ReferencePopulation) -> Compared:
    """The tables of a population: some tenths of a second. Raises NotByTable, BundleCorrupt."""
    rows = reference_rows(bundle, population)
    if population.by is None:
        return Compared(tuple(contributions_against(bundle.booster, [rows])))
    column, edges = bundle.features.index(population.by), np.array(population.edges)
    stretch = stretch_of(rows[:, column], edges)
    parts = [rows[stretch == number] for number in range(len(edges) + 1)]
    if not all(map(len, parts)):
        raise BundleCorrupt("a reference population has nobody between two of its edges", where=population.file)
    return Compared(tuple(contributions_against(bundle.booster, [*parts, rows])), column, edges)


def stretch_of(values: Numbers | np.float64, edges: Numbers) -> Index:
    """Between which edges each value lies (an edge belongs to what is below it); one more than all where missing."""
    found: Index = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values)).astype(np.int64)
    return found
