"""What can go wrong, one class per failure, named as what happened.

An error is a sentence with data: what was expected, what came, where, and what to do. `models` knows no HTTP and no
exit code; `service` maps the class to both in one table each.
"""

from __future__ import annotations

from typing import Any


class AssetlightError(Exception):
    """Base of every error a user can meet. `str(error)` is the whole sentence."""

    def __init__(
        self,
        problem: str,
        *,
        expected: str | None = None,
        found: object = None,
        where: str | None = None,
        advice: str | None = None,
        field: str | None = None,
    ) -> None:
        self.problem = problem
        self.expected = expected
        self.found = found
        self.where = where
        self.advice = advice
        self.field = field
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """Everything the error knows, in one readable paragraph."""
        parts = [self.problem.rstrip(".") + "."]
        if self.where:
            parts.append(f"Where: {self.where}.")
        if self.expected is not None:
            parts.append(f"Expected: {self.expected}.")
        if self.found is not None:
            parts.append(f"Found: {self.found!r}.")
        if self.advice:
            parts.append(self.advice.rstrip(".") + ".")
        return " ".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """The same facts for a machine: command line `--json` and problem+json are made from it."""
        facts: dict[str, Any] = {"error": type(self).__name__, "message": self.problem}
        for name in ("field", "expected", "where", "advice"):
            value = getattr(self, name)
            if value is not None:
                facts[name] = value
        if self.found is not None:
            facts["found"] = self.found if isinstance(self.found, int | float | str | bool) else repr(self.found)
        return facts


class MoneyNotExact(AssetlightError):
    """A text that should be an amount of money is not one, or has parts smaller than a fen."""
