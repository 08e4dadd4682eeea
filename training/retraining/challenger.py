"""A challenger from a request: rows, audit, fit, report, and the comparison with the champion on the same rows.

Values cross to the service as JSON, so that it never imports training. Every step leaves its result in a folder that
the request names; a step whose result is there is not done again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from models import __version__
from models.bundle import Bundle
from models.canonical import digest
from models.errors import AssetlightError
from models.features import CATALOGUE
from models.lake import Lake
from training.gathered import Gathered
from training.panel.command import PanelRequest, gather
from training.pipeline import train
from training.plan import Plan
from training.retraining.comparison import compare_bundles
from training.selection import choose_features
from training.validation.reporting import Reporting, report_on

Progress = Callable[[str, int, int], None]
BUILT = "built.json"
PACKAGES = (
    "models",
    "models.features",
    "models.tables",
    "models.records",
    "training",
    "training.panel",
    "training.challengers",
    "training.calibration",
    "training.validation",
    "training.validation.sections",
)


class RequestNotUsable(AssetlightError):
    """A request for a challenger says something that training does not know."""


def request_key(request: Mapping[str, Any], home: str) -> str:
    """What a challenger depends on, as 64 hexadecimal digits: the request, the stored records and the code."""
    return digest(
        {
            "request": dict(request),
            "lake": hashlib.sha256(Lake(Path(home)).manifest().to_bytes()).hexdigest(),
            "version": __version__,
            "code": _code_digest(),
        }
    )


def build_challenger(
    request: Mapping[str, Any],
    home: str,
    folder: str,
    champion: str | None,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """`bundle` (its folder), `digest`, `skill`, and `comparison` with the bundle in the folder `champion`, if any.

    The validation report lies where every run of training puts it.

    Raises RequestNotUsable and what training raises: a leak, too few days or defaults, a model that is not monotone.
    """
    place = Path(folder)
    gathered = _gather(request, Path(home), progress)
    plan = _plan(request)
    built = _read(place / BUILT)
    if built is None or not _intact(place / "bundle", built["digest"]):
        trained = train(gathered, plan, progress)
        bundle = trained.bundle
        directory = bundle.write(place / "bundle" / bundle.digest[:12])
        report_on(trained, Path(home), directory, Reporting(), progress)
        built = {
            "digest": bundle.digest,
            "skill": bool(bundle.card["skill"]["demonstrated"]),
            "reasons": [reason["en"] for reason in bundle.card["skill"]["reasons"]],
            "defaults_tested": int(trained.gathered.sample.outcome[trained.split.tested].sum()),
        }
        _write(place / BUILT, built)
    bundle = Bundle.load(place / "bundle" / built["digest"][:12])
    found: dict[str, Any] = {**built, "bundle": str(place / "bundle" / built["digest"][:12]), "comparison": None}
    if champion is not None:
        found["comparison"] = compare_bundles(
            bundle, Bundle.load(Path(champion)), gathered, plan, _panel(request, home)
        )
    return found


def _gather(request: Mapping[str, Any], home: Path, progress: Progress) -> Gathered:
    rows = request["rows"]
    chosen = choose_features(CATALOGUE, tuple(rows.get("features", ())), tuple(rows.get("without", ())))
    return gather(_panel(request, str(home)), chosen, lambda done, total: progress("features / 计算特征", done, total))


def _panel(request: Mapping[str, Any], home: str) -> PanelRequest:
    rows = request["rows"]
    return PanelRequest(
        home=Path(home),
        first=_day(rows.get("first")),
        last=_day(rows.get("last")),
        every_months=int(rows.get("every_months", 3)),
        known_until=_day(rows.get("known_until")),
        horizon_months=int(rows.get("horizon_months", 12)),
    )


def _plan(request: Mapping[str, Any]) -> Plan:
    given = dict(request.get("plan", {}))
    unknown = sorted(set(given) - {"seed", "folds", "test_from", "central_tendency", "champion", "challengers"})
    if unknown:
        raise RequestNotUsable("the plan says something that training does not know", found=", ".join(unknown))
    tendency = given.get("central_tendency")
    plan = Plan(
        seed=int(given.get("seed", 7)),
        folds=given.get("folds"),
        test_from=_day(given.get("test_from")),
        central_tendency=tendency if tendency is None or tendency == "off" else float(tendency),
    )
    plan = replace(plan, champion=str(given["champion"])) if "champion" in given else plan
    return replace(plan, challengers=tuple(given["challengers"])) if "challengers" in given else plan


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _intact(folder: Path, named: str) -> bool:
    try:
        return Bundle.load(folder / named[:12]).digest == named
    except AssetlightError:
        return False


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write(path: Path, facts: Mapping[str, Any]) -> None:
    """Whole or not at all: a job that is killed leaves the step undone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(json.dumps(facts, ensure_ascii=False))
    draft.replace(path)


def _code_digest() -> str:
    total = hashlib.sha256()
    for package in PACKAGES:
        for entry in sorted(resources.files(package).iterdir(), key=lambda each: each.name):
            if entry.name.endswith(".py"):
                total.update(entry.name.encode() + b"\0" + entry.read_bytes() + b"\0")
    return total.hexdigest()
