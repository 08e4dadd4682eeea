"""What a missing document may plausibly say: dated ranges by document and fact, declared by the bank in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from models.canonical import digest
from models.errors import AssetlightError
from models.explanation.catalogue import DOCUMENTS
from models.grades import GRADES
from models.money import fen_from_yuan
from models.policy.load import DEFAULTS, PLAUSIBLE_RANGES
from models.policy.node import Node, refuse_unordered
from models.policy.yaml_text import read_yaml_text

GRADE = "grade"


class RangesNotInForce(AssetlightError):
    """No version of the plausible ranges is in force on the day."""


@dataclass(frozen=True)
class PlausibleRange:
    """Both ends of one fact in the unit of the engine (fen, fractions, days, a grade's place).

    With `of` they are shares of another fact. Without `replaces` they only stand in for a fact that is not known.
    """

    fact: str
    prudent: float
    best: float
    of: str | None
    replaces: bool


@dataclass(frozen=True)
class PlausibleRanges:
    """The ranges of a day by the code of the document that would settle them."""

    first_day: date
    by_document: Mapping[str, tuple[PlausibleRange, ...]]
    only_pending: frozenset[str]  # documents that are asked for only where a rule waits for them
    sha256: str


def load_ranges(on: date, folder: Path | None = None) -> PlausibleRanges:
    """The ranges in force on a day. Raises PolicyFileInvalid, RangesNotInForce."""
    return _load(on, folder or DEFAULTS / PLAUSIBLE_RANGES)


@cache
def _load(on: date, folder: Path) -> PlausibleRanges:
    file = f"{PLAUSIBLE_RANGES}/default.yaml"
    root = Node(read_yaml_text(folder / "default.yaml", file), file=file)
    root.only(("description", "owner", "review_by", "versions"))
    root.child("description").only(("zh", "en"))
    root.text("owner")
    root.date("review_by")
    versions = root.children("versions")
    days = [version.date("from") for version in versions]
    refuse_unordered(versions, days)
    in_force = [place for place, day in enumerate(days) if day <= on]
    if not in_force:
        raise RangesNotInForce(
            "no plausible ranges are in force", expected=f"a day from {days[0]}", found=on.isoformat(), where=file
        )
    chosen = versions[in_force[-1]]
    chosen.only(("from", "reference", "only_pending", "items"))
    chosen.text("reference")
    items = chosen.child("items")
    items.only((), tuple(words.code for words in DOCUMENTS.values()))
    found = {code: _ranges(items.child(code)) for code in items.tree}
    return PlausibleRanges(
        first_day=days[in_force[-1]],
        by_document=found,
        only_pending=frozenset(chosen.texts("only_pending", tuple(found))),
        sha256=digest({code: repr(ranges) for code, ranges in found.items()}),
    )


def _ranges(item: Node) -> tuple[PlausibleRange, ...]:
    return tuple(_range(item.child(fact), fact) for fact in item.tree)


def _range(node: Node, fact: str) -> PlausibleRange:
    node.only(("prudent", "best"), ("of", "replaces"))
    share_of = node.text("of") if "of" in node.tree else None
    prudent, best = (_end(node, end, fact, share=share_of is not None) for end in ("prudent", "best"))
    replaces = "replaces" in node.tree and node.one_of("replaces", ("true", "false")) == "true"
    return PlausibleRange(fact, prudent, best, share_of, replaces)


def _end(node: Node, end: str, fact: str, *, share: bool) -> float:
    if fact == GRADE:
        return float(GRADES.index(node.one_of(end, GRADES)))
    text = node.text(end)
    try:
        return float(fen_from_yuan(text)) if fact.endswith("_fen") and not share else float(text)
    except (AssetlightError, ValueError):
        raise node.invalid("not a number", end, expected="yuan for *_fen, else a number", found=text) from None
