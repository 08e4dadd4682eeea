"""The frozen, versioned reference enterprise of a product: what "limit minus reference" is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from models.canonical import digest
from models.errors import AssetlightError
from models.grades import GRADES
from models.money import fen_from_yuan
from models.policy.load import DEFAULTS, REFERENCE_ENTERPRISES
from models.policy.node import Node, refuse_unordered
from models.policy.yaml_text import read_yaml_text

_DEFAULT = "default"


class ReferenceNotInForce(AssetlightError):
    """No version of a reference enterprise is in force on the day."""


@dataclass(frozen=True)
class ReferenceEnterprise:
    """Facts by name in the units of the limit engine (fen, fractions, days); a fact that is absent is not known."""

    name: str
    zh: str
    en: str
    version: int
    first_day: date
    grade: int  # index into GRADES
    facts: Mapping[str, float]
    sha256: str


def load_reference(product: str, on: date, folder: Path | None = None) -> ReferenceEnterprise:
    """The reference of a product on a day; a product without one of its own uses `default`.

    Raises PolicyFileInvalid for a file that is not as it must be, ReferenceNotInForce for a day before the first.
    """
    return _load(product, on, folder or DEFAULTS / REFERENCE_ENTERPRISES)


@cache
def _load(product: str, on: date, folder: Path) -> ReferenceEnterprise:
    name = product if (folder / f"{product}.yaml").is_file() else _DEFAULT
    file = f"{REFERENCE_ENTERPRISES}/{name}.yaml"
    root = Node(read_yaml_text(folder / f"{name}.yaml", file), file=file)
    root.only(("description", "owner", "review_by", "versions"))
    root.date("review_by")
    description = root.child("description")
    description.only(("zh", "en"))
    versions = root.children("versions")
    days = [version.date("from") for version in versions]
    refuse_unordered(versions, days)
    in_force = [place for place, day in enumerate(days) if day <= on]
    if not in_force:
        raise ReferenceNotInForce(
            "no reference enterprise is in force", expected=f"a day from {days[0]}", found=on.isoformat(), where=file
        )
    place = in_force[-1]
    chosen = versions[place]
    chosen.only(("from", "reference", "grade", "facts"))
    chosen.text("reference")
    grade = chosen.one_of("grade", GRADES)
    facts = {fact: _number(chosen.child("facts"), fact) for fact in sorted(chosen.child("facts").tree)}
    return ReferenceEnterprise(
        name=name,
        zh=description.text("zh"),
        en=description.text("en"),
        version=place + 1,
        first_day=days[place],
        grade=GRADES.index(grade),
        facts=facts,
        sha256=digest({"name": name, "version": place + 1, "grade": grade, "facts": facts}),
    )


def _number(node: Node, fact: str) -> float:
    """A fact as the engine reads it: `*_fen` is written in yuan, everything else as it is."""
    text = node.text(fact)
    try:
        return float(fen_from_yuan(text)) if fact.endswith("_fen") else float(text)
    except (AssetlightError, ValueError):
        raise node.invalid("not a number", fact, expected="yuan for *_fen, else a number", found=text) from None
