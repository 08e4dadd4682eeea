"""A change that is open to an enterprise, by amount."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.limits import Cases
from models.limits.arithmetic import FenColumn


@dataclass(frozen=True)
class Change:
    """One act on one subject: `at` gives the case after each of several amounts of it, from 1 to `most`."""

    code: str  # of the catalogue
    most: int
    at: Callable[[FenColumn], Cases]
    subject: str | None = None
    items: tuple[str, ...] = ()  # what the amount is taken from, in order, such as receivable numbers
    parts: tuple[int, ...] = ()  # how much each item brings
    offset: int = 0  # what the amount is added to for reading, such as the present tenor
