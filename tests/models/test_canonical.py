"""Canonical JSON is that of RFC 8785, however it is written."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from models.canonical import canonical_json

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@given(values)
def test_every_value_is_written_as_the_reference_writes_it(value: Any) -> None:
    """The quick way and `rfc8785` give the same bytes for any value."""
    assert canonical_json(value) == rfc8785.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_written_as_the_reference_writes_it(number: float) -> None:
    """So for every double, alone and beside others."""
    assert canonical_json([number, {"a": number}]) == rfc8785.dumps([number, {"a": number}])


@pytest.mark.parametrize("value", [2**53, [float("nan")], {"a": float("inf")}, {1: 2}, {"a": {1, 2}}, "\ud800"])
def test_what_is_no_json_is_refused(value: Any) -> None:
    """What the reference refuses is refused."""
    with pytest.raises((rfc8785.CanonicalizationError, TypeError, UnicodeError)):
        canonical_json(value)
    with pytest.raises((rfc8785.CanonicalizationError, TypeError, UnicodeError)):
        rfc8785.dumps(value)
