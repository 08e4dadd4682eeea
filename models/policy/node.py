"""A mapping of a policy file being read: each key is taken once, what is left over is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from models.policy.errors import PolicyFileInvalid
from models.policy.yaml_text import TextTree

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Node:
    """One mapping with its place in the file, so that every refusal can say file, key and day."""

    def __init__(self, tree: TextTree, *, file: str, key: str = "", day: str | None = None) -> None:
        self.file, self.key, self.day = file, key, day
        if not isinstance(tree, dict):
            raise self.invalid("not a mapping", expected="key: value lines", found=tree)
        self.tree: Mapping[str, TextTree] = tree

    def invalid(
        self,
        problem: str,
        name: str = "",
        *,
        expected: str | None = None,
        found: object = None,
        advice: str | None = None,
    ) -> PolicyFileInvalid:
        """An error about this mapping, or about one of its keys."""
        key = ".".join(part for part in (self.key, name) if part)
        return PolicyFileInvalid(
            problem, file=self.file, key=key or None, day=self.day, expected=expected, found=found, advice=advice
        )

    def only(self, required: Sequence[str], optional: Sequence[str] = ()) -> None:
        """Refuse a key that is not one of these, and the absence of a required one."""
        for name in self.tree:
            if name not in required and name not in optional:
                raise self.invalid("unknown key", name, expected=", ".join((*required, *optional)))
        for name in required:
            if name not in self.tree:
                raise self.invalid("missing key", name)

    def child(self, name: str) -> Node:
        """The mapping under a key."""
        return Node(self.tree[name], file=self.file, key=f"{self.key}.{name}" if self.key else name, day=self.day)

    def children(self, name: str) -> list[Node]:
        """The mappings of the list under a key; each carries its own `from` as its day."""
        items = self.tree[name]
        if not isinstance(items, list) or not items:
            raise self.invalid("not a list of dated values", name, expected="at least one '- from: YYYY-MM-DD' entry")
        nodes = []
        for place, item in enumerate(items):
            day = item.get("from") if isinstance(item, dict) else None
            key = f"{self.key}.{name}[{place}]" if self.key else f"{name}[{place}]"
            nodes.append(Node(item, file=self.file, key=key, day=day if isinstance(day, str) else None))
        return nodes

    def text(self, name: str) -> str:
        """Text that is not blank."""
        value = self.tree[name]
        if not isinstance(value, str) or not value.strip():
            raise self.invalid("not a text", name, expected="a text that is not blank", found=value)
        return " ".join(value.split())

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        """Text that is one of the choices."""
        value = self.text(name)
        if value not in choices:
            raise self.invalid("not one of the choices", name, expected=", ".join(choices), found=value)
        return value

    def texts(self, name: str, choices: Sequence[str]) -> tuple[str, ...]:
        """A list of different texts, each one of the choices."""
        items = self.tree[name]
        if not isinstance(items, list) or len(set(map(str, items))) != len(items):
            raise self.invalid("not a list of different names", name, expected=", ".join(choices), found=items)
        for item in items:
            if item not in choices:
                raise self.invalid("not one of the choices", name, expected=", ".join(choices), found=item)
        return tuple(str(item) for item in items)

    def date(self, name: str) -> date:
        """A day written YYYY-MM-DD."""
        value = self.text(name)
        if _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise self.invalid("not a day", name, expected="YYYY-MM-DD", found=value)


def refuse_unordered(nodes: Sequence[Node], days: Sequence[date]) -> None:
    """Dated entries rise strictly: a change appends a date, so two values for one day cannot both hold."""
    for place in range(1, len(days)):
        if days[place] <= days[place - 1]:
            raise nodes[place].invalid(
                "dates are not in rising order",
                "from",
                expected=f"later than {days[place - 1]}",
                found=str(days[place]),
            )
