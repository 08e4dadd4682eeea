"""A ceiling as each product uses it: required, applied where the facts are known, or left out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.limits.arithmetic import FenColumn, Mask
from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, InputColumn, status_column
from models.policy.product import REQUIRED, UNUSED


def standing(
    cases: Cases,
    code: str,
    value: FenColumn,
    *,
    known: Mask,
    document: Document,
    policy_names: tuple[str, ...] = (),
    inputs: Mapping[str, InputColumn] | None = None,
    concerns: Mask | None = None,
) -> AmountColumns:
    """The ceiling at max(0, value) where its facts are known.

    Where they are not, it is not applicable, unless the product requires it and the sources carry more than the product
    lends without it: then it is pending at that amount, which refers the case and names the document.
    """
    without = cases.terms(lambda product: product.required_above_fen)
    pending = ~known & cases.use_is(code, REQUIRED) & (cases.carried > without)
    outside = cases.use_is(code, UNUSED) | (~known & ~pending)
    if concerns is not None:
        outside |= ~concerns
    return AmountColumns(
        code=code,
        value=np.where(outside, 0, np.where(pending, without, np.maximum(value, 0))),
        status=status_column(pending=pending, not_applicable=outside),
        policy_names=policy_names,
        document=document,
        inputs=inputs or {},
    )


def fact_inputs(cases: Cases, **units: str) -> dict[str, InputColumn]:
    """Facts as they were used, by name and unit, for the record."""
    return {name: InputColumn(name, unit, cases.known_fact(name)) for name, unit in units.items()}
