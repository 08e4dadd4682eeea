"""What differs between two policies: another day, or a bank's own folder laid over the defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from models.policy.parameter import value_text
from models.policy.policy import Policy


@dataclass(frozen=True)
class Difference:
    """One value, or one term of a product, that differs; None where it is not in force. `key` is empty for a scalar."""

    name: str
    key: str
    unit: str
    before: str | None
    after: str | None
    since: date | None  # first day of the value after
    reference: str | None


def differences(before: Policy, after: Policy) -> tuple[Difference, ...]:
    """Every value in force and every product term that differs, in order of names."""
    return (*_values(before, after), *_products(before, after))


def _values(before: Policy, after: Policy) -> Iterator[Difference]:
    for name in sorted({*before.parameters, *after.parameters}):
        old, new = _in_force(before, name), _in_force(after, name)
        parameter = after.parameters.get(name) or before.parameters[name]
        dated = after.in_force(name) if new else None
        for key in dict.fromkeys((*old, *new)):
            if old.get(key) != new.get(key):
                yield Difference(
                    name=name,
                    key=key,
                    unit=parameter.unit,
                    before=old.get(key),
                    after=new.get(key),
                    since=dated.first_day if dated else None,
                    reference=dated.reference if dated else None,
                )


def _in_force(policy: Policy, name: str) -> Mapping[str, str]:
    if name not in policy.parameters or not policy.is_in_force(name):
        return {}
    text = value_text(policy.value(name))
    return {"": text} if isinstance(text, str) else text


def _products(before: Policy, after: Policy) -> Iterator[Difference]:
    for code in sorted({*before.products, *after.products}):
        old, new = before.products.get(code), after.products.get(code)
        old_terms, new_terms = old.as_text() if old else {}, new.as_text() if new else {}
        for key in dict.fromkeys((*old_terms, *new_terms)):
            if old_terms.get(key) != new_terms.get(key):
                yield Difference(
                    name=f"product {code}",
                    key=key,
                    unit="text",
                    before=old_terms.get(key),
                    after=new_terms.get(key),
                    since=new.first_day if new else None,
                    reference=new.reference if new else None,
                )
