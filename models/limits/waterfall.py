"""From sources to the limit in fixed steps, each with its difference and what runs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.limits.arithmetic import FenColumn, Mask, floor_to_step
from models.limits.rule import AmountColumns

EXISTING_EXPOSURE = "existing_exposure"
COMMITTED_LINES = "committed_lines"
ELIGIBILITY = "eligibility"
STEP_ROUNDING = "step_rounding"
PRODUCT_MINIMUM = "product_minimum"


@dataclass(frozen=True)
class StepColumns:
    """One step of the waterfall over N enterprises, in fen: `running` is what is left after it."""

    code: str
    delta: FenColumn
    running: FenColumn


def run_waterfall(
    *,
    sources: Sequence[AmountColumns],
    loans: FenColumn,
    committed: FenColumn,
    stopped: Mask,
    ceilings: Sequence[AmountColumns],
    step: FenColumn,
    minimum: FenColumn,
) -> tuple[StepColumns, ...]:
    """Sources add; then each step only takes away: own exposure, eligibility, ceilings, the step, the minimum.

    Own exposure is `loans` that stand and what is `committed` beyond them.

    `stopped` is where a gate fired or cannot say: nothing is available until it is settled.
    """
    steps: list[StepColumns] = []
    running: FenColumn = np.zeros(len(stopped), dtype=np.int64)

    def to(code: str, after: FenColumn) -> FenColumn:
        steps.append(StepColumns(code=code, delta=after - running, running=after))
        return after

    for source in sources:
        running = to(source.code, running + np.where(source.counts, source.value, 0))
    running = to(EXISTING_EXPOSURE, np.maximum(running - loans, 0))
    running = to(COMMITTED_LINES, np.maximum(running - committed, 0))
    running = to(ELIGIBILITY, np.where(stopped, 0, running))
    for ceiling in ceilings:
        running = to(ceiling.code, np.where(ceiling.counts, np.minimum(running, ceiling.value), running))
    running = to(STEP_ROUNDING, floor_to_step(running, step))
    to(PRODUCT_MINIMUM, np.where(running < minimum, 0, running))
    return tuple(steps)
