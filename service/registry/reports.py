"""A validation report as the registry reads it: of which bundle it is, its gates, and the digest that names it.

The report is made by training; the registry reads `report.json` and keeps its digest. It adds a gate of its own, which
the bundle's card answers: the model has shown skill.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.bundle import Bundle
from models.canonical import sha256_hex
from service.registry.errors import ReportNotUsable
from service.registry.records import Gate

REPORT = "report.json"
FOLDER = "validations"


@dataclass(frozen=True)
class Report:
    """What the registry takes from a report."""

    bundle_digest: str
    gates: tuple[Gate, ...]
    sha256: str


def report_folder(home: Path, bundle_digest: str) -> Path:
    """Where training puts the report of a bundle."""
    return home / FOLDER / bundle_digest[:12]


def read_report(folder: Path, bundle: Bundle) -> Report:
    """The report of a bundle in a folder, with the registry's own gates first. Raises ReportNotUsable."""
    path = folder if folder.is_file() else folder / REPORT
    if not path.is_file():
        raise ReportNotUsable(
            "there is no validation report",
            expected=f"a file {REPORT}",
            where=str(folder),
            advice="train with a report, or name its folder with --report",
        )
    content = path.read_bytes()
    try:
        tree = json.loads(content)
        of = str(tree["subject"]["bundle_digest"])
        gates = tuple(_gate(entry) for entry in tree["gates"])
    except (ValueError, KeyError, TypeError) as error:
        raise ReportNotUsable(
            "the validation report cannot be read",
            expected="`subject.bundle_digest`, and `gates` with code, blocking and passed",
            found=repr(error),
            where=str(path),
        ) from None
    if of != bundle.digest:
        raise ReportNotUsable(
            "the validation report is of another model", expected=bundle.digest, found=of, where=str(path)
        )
    if not any(gate.blocking for gate in gates):
        raise ReportNotUsable("the validation report has no blocking gate", expected="at least one", where=str(path))
    return Report(of, own_gates(bundle) + gates, sha256_hex(content))


def own_gates(bundle: Bundle) -> tuple[Gate, ...]:
    """Gates that the bundle itself answers."""
    skill: dict[str, Any] = bundle.card.get("skill") or {}
    reasons = " ".join(str(reason.get("en", "")) for reason in skill.get("reasons", []))
    return (Gate(name="skill_demonstrated", passed=skill.get("demonstrated") is True, found=reasons),)


def _gate(entry: dict[str, Any]) -> Gate:
    passed, blocking = entry["passed"], entry["blocking"]
    if not isinstance(passed, bool) or not isinstance(blocking, bool):
        raise TypeError(f"gate {entry['code']}: passed is {passed!r}, blocking is {blocking!r}")
    return Gate(name=str(entry["code"]), passed=passed, blocking=blocking, found=str(entry["found"]["en"]))
