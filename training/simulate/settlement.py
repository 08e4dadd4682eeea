"""When customers outside the economy pay: late by habit, later in bad years, now and then never."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.simulate.draws import Draws
from training.simulate.network import Network

NEVER = 10_000
FAILING_WEEKS = 8  # deals of the last weeks before an outside customer fails are never paid


def outside_delay(
    network: Network,
    edges: npt.NDArray[np.int64],
    week: npt.NDArray[np.int64],
    macro: npt.NDArray[np.float64],
    seed: int,
) -> npt.NDArray[np.int64]:
    """Weeks from deal to money for deals of `week` on `edges` to outside customers; NEVER for those lost."""
    draws = Draws(seed, "late", network.key[edges], week)
    bad = macro[week] < 0.95
    late = np.floor(draws.exponential("weeks") * network.late_weeks[edges] * np.where(bad, 1.7, 1.0)).astype(np.int64)
    lost = draws.chance("lost", np.where(bad, 0.003, 0.001))
    lost |= network.fails[edges] & (week >= network.end[edges] - FAILING_WEEKS)
    return np.where(lost, NEVER, network.terms[edges] + np.minimum(late, 40))
