"""Who may approve how much, when two must, and how far a person may move a grade or an amount: dated, declared in YAML.

No computed amount depends on it, so it is not part of the policy's digest; it has one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

from models.canonical import digest
from models.errors import AssetlightError
from models.grades import GRADES
from models.money import fen_from_yuan, yuan_text
from models.policy.load import APPROVAL, DEFAULTS
from models.policy.node import Node, refuse_unordered
from models.policy.units import UNITS, read_scalar
from models.policy.yaml_text import read_yaml_text

# Ceilings that a bank may leave to judgement at all: those that estimate. The others are rules.
JUDGED = ("sources_total", "working_capital_need", "grade_maximum", "model_uncertainty")
DIRECTIONS = UP, DOWN = ("up", "down")  # for the enterprise: up is a better grade or a higher amount


class ApprovalRulesNotInForce(AssetlightError):
    """No version of the approval rules is in force on the day."""


@dataclass(frozen=True)
class Level:
    """A level of authority: the highest amount in fen that it approves, by grade; nought: never."""

    code: str
    zh: str
    en: str
    up_to_fen: Mapping[str, int]


@dataclass(frozen=True)
class Words:
    """A code with its words."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class OverrideReason:
    """A coded reason, and the directions in which it may move something."""

    code: str
    zh: str
    en: str
    directions: tuple[str, ...]


@dataclass(frozen=True)
class ApprovalRules:
    """The rules of a day. `levels` rise: the first is the lowest authority.

    Amounts of authority are of everything that the bank would have committed to the enterprise, and to its group where
    that is known, once this application is approved.
    """

    first_day: date
    second_approver_above_fen: int
    levels: tuple[Level, ...]
    grade_steps_up: int
    amount_up_share: Decimal
    may_exceed: tuple[str, ...]
    longest_days: int
    approval_valid_days: int
    assessment_valid_days: int
    rate_amber: Decimal
    rate_red: Decimal
    reasons: Mapping[str, OverrideReason]
    withdrawal_reasons: Mapping[str, Words]
    sha256: str

    def level(self, code: str | None) -> Level | None:
        """The level of that code; the lowest for None; None for a code that is not one."""
        if code is None:
            return self.levels[0]
        return next((level for level in self.levels if level.code == code), None)

    def rank(self, code: str | None) -> int:
        """The place of a level, the lowest 0; below all of them for a code that is not one."""
        return next((place for place, level in enumerate(self.levels) if level.code == code), -1)

    def approvers_needed(self, amount_fen: int) -> int:
        """How many different people must approve an amount."""
        return 2 if amount_fen > self.second_approver_above_fen else 1


def load_approval_rules(on: date, folder: Path | None = None) -> ApprovalRules:
    """The rules in force on a day; `folder`: of the bank, with a file of its own. Raises PolicyFileInvalid."""
    own = None if folder is None else folder / APPROVAL
    return _load(on, own if own is not None and own.is_dir() else DEFAULTS / APPROVAL)


@cache
def _load(on: date, folder: Path) -> ApprovalRules:
    file = f"{APPROVAL}/default.yaml"
    root = Node(read_yaml_text(folder / "default.yaml", file), file=file)
    root.only(("description", "owner", "review_by", "versions"))
    root.child("description").only(("zh", "en"))
    root.text("owner")
    root.date("review_by")
    versions = root.children("versions")
    read = [_version(version) for version in versions]
    refuse_unordered(versions, [rules.first_day for rules in read])
    in_force = [rules for rules in read if rules.first_day <= on]
    if not in_force:
        raise ApprovalRulesNotInForce(
            "no approval rules are in force", expected=f"a day from {read[0].first_day}", found=str(on), where=file
        )
    return in_force[-1]


def _version(node: Node) -> ApprovalRules:
    node.only(
        (
            *("from", "reference", "second_approver_above", "approval_valid_days", "assessment_valid_days"),
            *("authority", "override"),
        )
    )
    node.text("reference")
    authority = node.child("authority")
    levels = tuple(_level(authority.child(code), code) for code in authority.tree)
    if not levels:
        raise authority.invalid("no level of authority", expected="at least one level")
    for lower, higher in pairwise(levels):
        for grade in GRADES:
            if higher.up_to_fen[grade] < lower.up_to_fen[grade]:
                raise authority.invalid(
                    f"a higher level approves less in {grade}",
                    higher.code,
                    expected=f"the lowest level first: {lower.code}",
                )
    override = node.child("override")
    override.only(
        (
            *("grade_steps_up", "amount_up_share", "may_exceed", "longest_days", "rate_amber", "rate_red"),
            *("reasons", "withdrawal_reasons"),
        )
    )
    reasons = override.child("reasons")
    read = {code: _reason(reasons.child(code), code) for code in reasons.tree}
    withdrawal = override.child("withdrawal_reasons")
    ends = {code: _words(withdrawal.child(code), code) for code in withdrawal.tree}
    facts = {
        "second_approver_above_fen": fen_from_yuan(str(_number(node, "second_approver_above", "yuan"))),
        "grade_steps_up": int(_number(override, "grade_steps_up", "count")),
        "amount_up_share": _share(override, "amount_up_share"),
        "longest_days": int(_number(override, "longest_days", "days")),
        "assessment_valid_days": int(_number(node, "assessment_valid_days", "days")),
        "may_exceed": override.texts("may_exceed", JUDGED),
        "approval_valid_days": int(_number(node, "approval_valid_days", "days")),
        "rate_amber": _share(override, "rate_amber"),
        "rate_red": _share(override, "rate_red"),
    }
    text = {
        **{name: str(value) for name, value in facts.items()},
        "levels": [[one.code, {grade: yuan_text(fen) for grade, fen in one.up_to_fen.items()}] for one in levels],
        "reasons": {code: list(reason.directions) for code, reason in read.items()},
        "withdrawal_reasons": sorted(ends),
    }
    return ApprovalRules(
        first_day=node.date("from"),
        levels=levels,
        reasons=read,
        withdrawal_reasons=ends,
        sha256=digest(text),
        **facts,  # type: ignore[arg-type]
    )


def _level(node: Node, code: str) -> Level:
    node.only(("zh", "en", "up_to"))
    table = node.child("up_to")
    table.only(GRADES)
    up_to = {grade: fen_from_yuan(str(_number(table, grade, "yuan"))) for grade in GRADES}
    for better, worse in pairwise(GRADES):
        if up_to[worse] > up_to[better]:
            raise table.invalid("a worse grade is approved for more", worse, expected=f"at most that of {better}")
    return Level(code, node.text("zh"), node.text("en"), up_to)


def _words(node: Node, code: str) -> Words:
    node.only(("zh", "en"))
    return Words(code, node.text("zh"), node.text("en"))


def _reason(node: Node, code: str) -> OverrideReason:
    node.only(("zh", "en", "directions"))
    directions = node.texts("directions", DIRECTIONS)
    if not directions:
        raise node.invalid("no direction", "directions", expected=", ".join(DIRECTIONS))
    return OverrideReason(code, node.text("zh"), node.text("en"), directions)


def _share(node: Node, name: str) -> Decimal:
    value = Decimal(str(_number(node, name, "fraction")))
    if value > 1:
        raise node.invalid("a share above one", name, expected=UNITS["fraction"], found=str(value))
    return value


def _number(node: Node, name: str, unit: str) -> Decimal | int:
    text = node.text(name)
    value = read_scalar(text, unit)
    if value is None or isinstance(value, str) or value < 0:
        raise node.invalid(f"not a value in the unit {unit}", name, expected=UNITS[unit], found=text)
    return value
