"""The units a policy value can have, and the one way to read each from text."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TypeAlias

from models.grades import GRADES

Scalar: TypeAlias = "Decimal | int | str"

_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
_YUAN = re.compile(r"-?\d{1,15}(\.\d{1,2})?")
_WHOLE = re.compile(r"\d{1,9}")
_CODE = re.compile(r"[a-z][a-z0-9_]*")

# What each unit looks like; errors quote it.
UNITS: dict[str, str] = {
    "fraction": "a fraction such as 0.20, never a percentage",
    "points": "score points such as 1.5",
    "multiple": "a multiple such as 1.25",
    "yuan": "yuan such as 5000000 or 0.01, no separators",
    "days": "whole days such as 90",
    "months": "whole months such as 12",
    "count": "a whole number such as 4",
    "grade": "a grade of the master scale: " + ", ".join(GRADES),
    "population": "training_average, or a population frozen into the model such as performing",
    "product": "the code of a product file such as invoice_credit",
}
NUMERIC = ("fraction", "points", "multiple", "yuan", "days", "months", "count")


def read_scalar(text: str, unit: str) -> Scalar | None:
    """The value of a text in a unit, None where the text is not such a value."""
    if unit in ("fraction", "points", "multiple"):
        return Decimal(text) if _DECIMAL.fullmatch(text) else None
    if unit == "yuan":
        return Decimal(text) if _YUAN.fullmatch(text) else None
    if unit in ("days", "months", "count"):
        return int(text) if _WHOLE.fullmatch(text) else None
    if unit == "grade":
        return text if text in GRADES else None
    return text if _CODE.fullmatch(text) else None


def plain_text(value: Scalar) -> str:
    """One text for one value: 0.30 and 0.3 are the same policy."""
    if isinstance(value, Decimal):
        return "0" if value == 0 else format(value.normalize(), "f")
    return str(value)
