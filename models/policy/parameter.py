"""A policy parameter: what it means, in which unit and range, who owns it, and its dated values with references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import TypeAlias

from models.grades import GRADES, PERFORMING
from models.policy.node import Node, refuse_unordered
from models.policy.units import NUMERIC, UNITS, Scalar, plain_text, read_scalar
from models.policy.yaml_text import TextTree
from models.valuation.parameters import IP_TYPES
from models.valuation.pool_parameters import POOL_CLASSES

Value: TypeAlias = "Scalar | Mapping[str, Scalar]"
TABLE_KEYS: Mapping[str, tuple[str, ...]] = {
    "grade": GRADES,
    "performing_grade": PERFORMING,
    "ip_type": IP_TYPES,
    "pool_class": POOL_CLASSES,
    "tax_grade": ("A", "B", "M", "C", "D"),
    "tenure_band": ("newest", "newer", "older", "oldest"),
    "delay_band": ("prompt", "short", "middle", "long", "longest"),
    "fulfilment_band": ("strong", "fair", "weak"),
    "warning_level": ("yellow", "orange", "red"),
    "sample_band": ("few", "some", "many"),
    "light": ("green", "red"),
    "band": ("low", "high"),
    "tier": ("high", "medium"),
    "severity": ("critical", "high", "medium", "low"),
    "lever": (
        "collect_aged",
        "confirm",
        "settle_contra",
        "diversify",
        "route_receipts",
        "repay_debt",
        "extend_tenor",
        "ask_more",
        "provide_document",
    ),
}
ORDERS = ("rising", "falling")


@dataclass(frozen=True)
class DatedValue:
    """A value, the first day on which it holds, and where it comes from."""

    first_day: date
    value: Value
    reference: str


@dataclass(frozen=True)
class Parameter:
    """One parameter file. `by` is None for a scalar, else the kind of key of the table."""

    name: str
    zh: str
    en: str
    unit: str
    by: str | None
    minimum: Decimal | None
    maximum: Decimal | None
    owner: str
    review_by: date
    values: tuple[DatedValue, ...]
    file: str
    when_zero: tuple[str, str] | None = None  # what a zero turns off, where it says that the value is not stated

    def on(self, day: date) -> DatedValue | None:
        """The value in force on a day; None before the first date."""
        return next((dated for dated in reversed(self.values) if dated.first_day <= day), None)


def value_text(value: Value) -> str | dict[str, str]:
    """A value as JSON text, for digests and for people."""
    if isinstance(value, Mapping):
        return {key: plain_text(item) for key, item in value.items()}
    return plain_text(value)


def read_parameter(tree: TextTree, *, name: str, file: str) -> Parameter:
    """Check one parameter file completely; the error names file, key and day."""
    node = Node(tree, file=file)
    node.only(("description", "unit", "owner", "review_by", "values"), ("by", "range", "order", "when_zero"))
    words = node.child("description")
    words.only(("zh", "en"))
    unit = node.one_of("unit", tuple(UNITS))
    by = node.one_of("by", tuple(TABLE_KEYS)) if "by" in node.tree else None
    order = node.one_of("order", ORDERS) if "order" in node.tree else None
    minimum, maximum = _range(node, unit)
    entries = node.children("values")
    dated: list[DatedValue] = []
    for entry in entries:
        entry.only(("from", "value", "reference"))
        value: Value = _scalar(entry, "value", unit) if by is None else _table(entry, unit, by)
        _refuse_outside(entry, value, minimum, maximum)
        _refuse_disorder(entry, value, order)
        dated.append(DatedValue(first_day=entry.date("from"), value=value, reference=entry.text("reference")))
    refuse_unordered(entries, [item.first_day for item in dated])
    return Parameter(
        name=name,
        zh=words.text("zh"),
        en=words.text("en"),
        unit=unit,
        by=by,
        minimum=minimum,
        maximum=maximum,
        owner=node.text("owner"),
        review_by=node.date("review_by"),
        values=tuple(dated),
        file=file,
        when_zero=_when_zero(node),
    )


def _when_zero(node: Node) -> tuple[str, str] | None:
    if "when_zero" not in node.tree:
        return None
    words = node.child("when_zero")
    words.only(("zh", "en"))
    return words.text("zh"), words.text("en")


def _range(node: Node, unit: str) -> tuple[Decimal | None, Decimal | None]:
    if unit not in NUMERIC:
        if "range" in node.tree:
            raise node.invalid("a value that is not a number has no range", "range")
        return None, None
    if "range" not in node.tree:
        raise node.invalid("missing key", "range", advice="declare minimum and maximum of the value")
    bounds = node.child("range")
    bounds.only(("minimum", "maximum"))
    low, high = (Decimal(str(_scalar(bounds, key, unit))) for key in ("minimum", "maximum"))
    if low > high:
        raise bounds.invalid("minimum is above maximum", "minimum", found=f"{low} > {high}")
    return low, high


def _scalar(node: Node, name: str, unit: str) -> Scalar:
    text = node.text(name)
    value = read_scalar(text, unit)
    if value is None:
        raise node.invalid(f"not a value in the unit {unit}", name, expected=UNITS[unit], found=text)
    return value


def _table(entry: Node, unit: str, by: str) -> dict[str, Scalar]:
    table = entry.child("value")
    table.only(TABLE_KEYS[by])
    return {key: _scalar(table, key, unit) for key in TABLE_KEYS[by]}


def _refuse_outside(entry: Node, value: Value, minimum: Decimal | None, maximum: Decimal | None) -> None:
    items = value.items() if isinstance(value, Mapping) else [("", value)]
    for key, item in items:
        if isinstance(item, str) or minimum is None or maximum is None:
            continue
        if not minimum <= item <= maximum:
            name = f"value.{key}" if key else "value"
            expected = f"{plain_text(minimum)} to {plain_text(maximum)}"
            raise entry.invalid("outside its declared range", name, expected=expected, found=plain_text(item))


def _refuse_disorder(entry: Node, value: Value, order: str | None) -> None:
    if order is None:
        return
    if not isinstance(value, Mapping):
        raise entry.invalid("only a table has an order", "value")
    for (better, first), (worse, second) in pairwise(value.items()):
        low, high = (first, second) if order == "rising" else (second, first)
        if Decimal(str(low)) > Decimal(str(high)):
            raise entry.invalid(
                f"the table is not {order} from {better} to {worse}", f"value.{worse}", found=f"{first} then {second}"
            )
