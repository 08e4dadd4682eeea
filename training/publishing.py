"""Where a trained bundle goes: beside the others, and into force only if it has shown skill or somebody insists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from models.bundle import Bundle, governed
from models.monitoring.reference import CARD_KEY

NOT_PUT_IN_FORCE = 4  # exit code: done, but the model has shown no skill and CURRENT was left alone


@dataclass(frozen=True)
class Publication:
    """What became of a bundle. `trial`: nobody expects it in force: it was written aside, or the registry decides."""

    directory: Path
    in_force: bool
    trial: bool
    governed: bool = False  # the registry decides what is in force: whoever wants this bundle registers it

    @property
    def exit_code(self) -> int:
        """0, or NOT_PUT_IN_FORCE where a person expects a model in force and there is none new."""
        return 0 if self.in_force or self.trial else NOT_PUT_IN_FORCE


def publish(bundle: Bundle, home: Path, *, out: Path | None = None, force: bool = False) -> Publication:
    """Write the bundle. Without demonstrated skill (see `training.skill`) CURRENT moves only with `force`.

    Nor does it for a bundle with own columns, which stored records cannot be scored with: that is a trial until forced.
    Where a model was ever promoted through the registry, CURRENT does not count any more and is left alone.
    """
    if out is not None:
        return Publication(bundle.write(out), in_force=False, trial=True)
    if governed(home):
        shown = bundle.card.get("skill", {}).get("demonstrated", False)
        directory = bundle.write(home / "bundles" / bundle.digest[:12])
        return Publication(directory, in_force=False, trial=bool(shown) or force, governed=True)
    if bundle.own_columns and not force:
        return Publication(bundle.write(home / "bundles" / bundle.digest[:12]), in_force=False, trial=True)
    if force or bundle.card.get("skill", {}).get("demonstrated", False):
        return Publication(bundle.publish(home), in_force=True, trial=False)
    return Publication(bundle.write(home / "bundles" / bundle.digest[:12]), in_force=False, trial=False)


def end_as_json(bundle: Bundle, made: Publication, *, report: Mapping[str, Any] | None = None) -> None:
    """The one JSON object of `--json`: where the bundle is, whether it is in force, and its card."""
    facts = {
        "digest": bundle.digest,
        "bundle": str(made.directory),
        "in_force": made.in_force,
        "governed": made.governed,
        "report": report,
        **{key: value for key, value in bundle.card.items() if key != CARD_KEY},
    }
    typer.echo(json.dumps({**facts, "exit_code": made.exit_code}, ensure_ascii=False))
