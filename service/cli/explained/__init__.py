"""A decision as a page: head, waterfall, ceilings, gates, reasons, contributions, digests."""

from __future__ import annotations

from rich.console import Console

from models.decision import DecisionRecord
from service.cli.explained.amount import ceilings, gates, waterfall
from service.cli.explained.changes import show_explanation
from service.cli.explained.language import Language
from service.cli.explained.page import banner, documents, foot, head, reasons
from service.cli.explained.probability import contributions
from service.cli.explained.scorecard import scorecard

__all__ = ["Language", "scorecard", "show_decision", "show_explanation"]


def show_decision(console: Console, decision: DecisionRecord, language: Language) -> None:
    """Print the page."""
    for part in (banner, head, waterfall, ceilings, gates, reasons, documents, contributions, foot):
        drawn = part(decision, language)
        if drawn is not None:
            console.print(drawn)
