"""Words and colours that several commands share."""

from __future__ import annotations

from models.bundle import SIMULATED_CAUTION
from models.explanation.catalogue import OUTCOME_WORDS

SIMULATED = f"[bold black on yellow] {SIMULATED_CAUTION['zh']} · {SIMULATED_CAUTION['en']} [/]"

OUTCOME_STYLE = {"approve": "bold green", "reduce": "bold cyan", "refer": "bold yellow", "decline": "bold red"}
OUTCOMES = {outcome: f"{outcome} {OUTCOME_WORDS[outcome].zh}" for outcome in OUTCOME_STYLE}


def several(count: int, noun: str) -> str:
    """A count with its English noun.

    >>> several(1, "row"), several(2_000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
