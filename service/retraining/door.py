"""The door to training: what the entry points `assetlight.training` offer, so that the service never imports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from service.retraining.errors import TrainingNotInstalled

GROUP = "assetlight.training"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class TrainingDoor:
    """The four questions that jobs ask of training. Values are JSON."""

    request_key: Callable[[Mapping[str, Any], str], str]
    build_challenger: Callable[[Mapping[str, Any], str, str, str | None, Progress], dict[str, Any]]
    borrowers: Callable[[str, str], list[str]]
    matured_outcomes: Callable[[str, str, str, int], dict[str, bool]]


def open_door() -> TrainingDoor:
    """Training, where it is installed. Raises TrainingNotInstalled."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    wanted = ("request_key", "challenger", "borrowers", "matured_outcomes")
    if missing := [name for name in wanted if name not in found]:
        raise TrainingNotInstalled(
            "training is not installed beside the service",
            expected=f"entry points {', '.join(missing)} of the group {GROUP}",
            advice="pip install 'assetlight[training]'",
        )
    return TrainingDoor(*(found[name].load() for name in wanted))
