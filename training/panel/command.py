"""The panel of `assetlight train --panel`: from the stored records to rows, by way of the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from models.features import Feature
from models.lake import Lake
from training.gathered import Gathered
from training.panel.defaults import last_day_known
from training.panel.panel import build_panel
from training.panel.population import default_days, quarter_ends
from training.panel.sample import gather_panel


@dataclass(frozen=True)
class PanelRequest:
    """Which days of which records; None: what the records themselves suggest."""

    home: Path
    first: date | None = None
    last: date | None = None
    every_months: int = 3
    known_until: date | None = None
    horizon_months: int = 12


def gather(
    request: PanelRequest, features: Sequence[Feature], progress: Callable[[int, int], None] = lambda *_: None
) -> Gathered:
    """Build (or read back) the panel and audit it."""
    lake = Lake(request.home)
    panel = build_panel(  # of every feature, so that any choice of them finds the panel in its cache
        lake,
        days_of(lake, request),
        horizon_months=request.horizon_months,
        until=request.known_until,
        neighbourhood=True,
        cache=request.home / "panels",
        progress=progress,
    ).only(features)
    return gather_panel(panel, lake)


def days_of(lake: Lake, request: PanelRequest) -> tuple[date, ...]:
    """The days of a panel: those asked for, else what the records themselves suggest."""
    tables = lake.tables()
    last = request.last or request.known_until or last_day_known(tables)
    if request.first is not None:
        return quarter_ends(request.first, last, request.every_months)
    days = default_days(tables, last, every_months=request.every_months)
    return days or (last,)
