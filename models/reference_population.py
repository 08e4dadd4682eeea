"""Whom an enterprise may be compared with: enterprises of the training sample, frozen into the bundle.

A row is kept as the trees see it and no closer: per feature, how many of the model's thresholds lie below the value.
Every contribution comes out as from the values themselves, and nobody's figures are in the bundle.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TRAINING_AVERAGE = "training_average"  # the name of no population: path-dependent contributions, as trees were trained
PERFORMING, PERFORMING_SAME_SIZE = "performing", "performing_same_size"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class ReferencePopulation:
    """Frozen rows with the name that a policy gives. `zh`, `en` fit into "against {en}".

    `text` is CSV: the features of the bundle, then a row an enterprise, sorted; empty where the value is missing.
    `by`, `edges`: where an enterprise is compared only with those between the same two edges of a feature (each is one
    of the model's thresholds, and belongs to what is below it). Whose value is missing is compared with all.
    """

    name: str
    zh: str
    en: str
    drawn_from: int  # rows that could have been taken
    text: str
    by: str | None = None
    edges: tuple[float, ...] = ()

    @property
    def file(self) -> str:
        """Its name in the bundle."""
        return f"population_{self.name}.csv"

    @property
    def rows(self) -> int:
        """How many enterprises."""
        return max(self.text.count("\n") - 1, 0)

    def as_dict(self) -> dict[str, Any]:
        """For the bundle's manifest; the text is a file of its own."""
        return {
            "name": self.name,
            "zh": self.zh,
            "en": self.en,
            "rows": self.rows,
            "drawn_from": self.drawn_from,
            "by": self.by,
            "edges": list(self.edges),
        }

    def faults(self, features: tuple[str, ...]) -> list[str]:
        """What is wrong with it in a bundle of these features."""
        rising = all(low < high for low, high in zip(self.edges, self.edges[1:], strict=False))
        found = {
            "a name that is none": not _NAME.fullmatch(self.name) or self.name == TRAINING_AVERAGE,
            "no row": self.rows < 1,
            "other columns than the bundle's features": self.text.split("\n", 1)[0] != ",".join(features),
            "edges of no feature, or not rising": (self.by is None) != (not self.edges) or not rising,
            f"by {self.by}, which is no feature": self.by is not None and self.by not in features,
        }
        return [fault for fault, so in found.items() if so]

    def places(self) -> NDArray[np.float64]:
        """The kept rows [R, F]: ranks among the thresholds, NaN where missing. Raises ValueError."""
        lines = self.text.split("\n")[1:-1]
        return np.array([[float(place) if place else np.nan for place in line.split(",")] for line in lines])


def population_text(features: tuple[str, ...], places: NDArray[np.float64]) -> str:
    """The CSV of rows [R, F]. Their order does not matter: they are sorted."""
    lines = [",".join("" if np.isnan(place) else str(int(place)) for place in row) for row in places]
    return "\n".join([",".join(features), *sorted(lines)]) + "\n"
