"""Bars made of text, in eighths of a cell, so that small differences are seen."""

from __future__ import annotations

EIGHTHS = " ▏▎▍▌▋▊▉█"
RIGHT_HALF = "▐"


def bar(share: float, width: int) -> str:
    """A bar of `share` (0 to 1) of the width, growing to the right; anything above zero is at least a sliver."""
    eighths = min(width * 8, max(round(share * width * 8), 1 if share > 0 else 0))
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (EIGHTHS[rest] if rest else "")


def left_bar(share: float, width: int) -> str:
    """A bar growing to the left, in half cells, padded to the width."""
    halves = min(width * 2, max(round(share * width * 2), 1 if share > 0 else 0))
    whole, rest = divmod(halves, 2)
    return (RIGHT_HALF * rest + "█" * whole).rjust(width)
