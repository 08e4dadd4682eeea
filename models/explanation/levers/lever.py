"""A lever as it is told: the smallest change, what it gains, what binds next, when and how the bank would see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lever:
    """One act. `limit_fen` is what the engine gives after `change` of it, and no smaller change gives as much."""

    code: str
    subject: str | None  # the debtor concerned
    change: int  # in `unit`
    most: int  # all there is to change
    unit: str  # fen, count or months (then the new tenor)
    items: tuple[str, ...]  # what the change is taken from, such as receivable numbers, as few as reach it
    rule: str  # the source or ceiling that is lifted
    rule_before_fen: int
    rule_after_fen: int
    limit_fen: int
    gain_fen: int
    binding: tuple[str, ...]  # what set the limit before
    next_binding: tuple[str, ...]  # what sets it afterwards
    zh: str
    en: str
    verification_zh: str
    verification_en: str
    horizon_days: int
    up_to: bool = False  # computed at the plausible best of a document, so the gain is at most this
