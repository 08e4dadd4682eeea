"""Exact shares of money against plain Python integers and Decimal."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.valuation.columns import register_numbers
from models.valuation.errors import ShareOutOfRange
from models.valuation.rates import LARGEST_SHARE, ONE, discount_shares, of, of_up, ratio, share

AMOUNTS = st.integers(0, 10**17)
SHARES = st.integers(0, LARGEST_SHARE)


@given(amount=AMOUNTS, part=SHARES)
def test_a_product_is_the_exact_floor(amount: int, part: int) -> None:
    """`of` equals whole-number floor division wherever the result fits a column."""
    assert int(of(np.array([amount]), part)[0]) == amount * part // ONE
    assert int(of_up(np.array([amount]), part)[0]) == -(-amount * part // ONE)


@given(amount=AMOUNTS, part=st.decimals(0, 9, places=12))
def test_a_decimal_share_gives_the_decimal_floor(amount: int, part: Decimal) -> None:
    """A share of twelve decimals loses nothing."""
    with localcontext() as exact:
        exact.prec = 60
        product = Decimal(amount) * part
        floor, ceiling = product.to_integral_value(ROUND_FLOOR), product.to_integral_value(ROUND_CEILING)
    assert int(of(np.array([amount]), share(part))[0]) == int(floor)
    assert int(of_up(np.array([amount]), share(part))[0]) == int(ceiling)


@given(part=st.integers(-5, 9_000_000), whole=st.integers(-5, 9_000_000))
def test_a_ratio_lies_in_0_to_1(part: int, whole: int) -> None:
    """A ratio is the floored quotient, clipped; over nothing it is nothing."""
    want = min(max(part, 0), whole) * ONE // whole if whole > 0 else 0
    assert int(ratio(np.array([part]), np.array([whole]))[0]) == want


def test_discount_factors_fall_and_are_rounded_down() -> None:
    """Each year's factor is at most the exact one and within a trillionth of it."""
    factors = discount_shares(Decimal("0.18"), 5)
    assert list(factors) == sorted(factors, reverse=True)
    for year, factor in enumerate(factors, start=1):
        exact = ONE / Decimal("1.18") ** year
        assert factor <= exact < factor + 1


@pytest.mark.parametrize("bad", ["-0.1", "9.5"])
def test_a_share_out_of_range_is_refused(bad: str) -> None:
    """A negative or absurd share names what was found."""
    with pytest.raises(ShareOutOfRange, match="outside its range"):
        share(bad)


def test_register_numbers_have_one_spelling() -> None:
    """Spaces, dots, case and the patent prefix do not make another asset."""
    texts = pa.chunked_array([["ZL 2021 1001.2345-6", "cn2021100123456", "2021100123456"]])
    assert register_numbers(texts).unique().to_pylist() == ["2021100123456"]
