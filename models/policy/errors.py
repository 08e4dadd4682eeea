"""What can be wrong with policy: each error names the file, the key and the day."""

from __future__ import annotations

from datetime import date

from models.errors import AssetlightError


class PolicyFileInvalid(AssetlightError):
    """A policy file says something that cannot be taken as policy."""

    def __init__(
        self,
        problem: str,
        *,
        file: str,
        key: str | None = None,
        day: str | date | None = None,
        expected: str | None = None,
        found: object = None,
        advice: str | None = None,
    ) -> None:
        self.file = file
        self.key = key
        self.day = None if day is None else str(day)
        places = [f"file {file}", f"key {key}" if key else "", f"day {self.day}" if self.day else ""]
        where = ", ".join(place for place in places if place)
        super().__init__(problem, expected=expected, found=found, where=where, advice=advice, field=key)


class PolicyValueNotInForce(AssetlightError):
    """A value is asked for a day before its first date."""


class PolicyValueUnknown(AssetlightError):
    """No policy file of that name exists, or it is asked for in another unit than it has."""


class ProductUnknown(AssetlightError):
    """No product of that code is in force."""
