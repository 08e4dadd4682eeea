"""The check character of GB 32100-2015, against published codes and by its own algebra, in Python and in SQL."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.records.uscc import ALPHABET, check_character, is_valid_uscc, valid_uscc_sql

# Codes that these companies print on invoices and announcements.
PUBLISHED = {
    "Huawei Technologies": "914403001922038216",
    "Tencent Computer Systems": "9144030071526726XG",
    "BYD": "91440300192317458F",
    "Gree Electric": "91440400192548256N",
    "ZTE": "9144030027939873X7",
    "Midea Group": "91440606722473344C",
    "CATL": "91350900587527783P",
    "Hikvision": "91330000733796106P",
    "Industrial and Commercial Bank of China": "91100000100003962T",
    "China Zheshang Bank": "91330000761336668H",
    "China Merchants Bank": "9144030010001686XA",
    "PetroChina": "91110000710925462X",
}

first_17 = st.text(ALPHABET, min_size=17, max_size=17)


def sql_verdicts(codes: list[str | None]) -> list[bool | None]:
    """What the SQL predicate says of each code."""
    with duckdb.connect() as connection:
        connection.register("codes", pa.table({"uscc": pa.array(codes, pa.string())}))
        return [row[0] for row in connection.sql(f"SELECT {valid_uscc_sql('uscc')} FROM codes").fetchall()]  # noqa: S608


@pytest.mark.parametrize("code", PUBLISHED.values(), ids=PUBLISHED.keys())
def test_published_codes_are_valid(code: str) -> None:
    """Codes of well-known companies pass."""
    assert is_valid_uscc(code)


def test_sql_agrees_on_published_codes_and_leaves_null_alone() -> None:
    """The vectorised predicate passes the same codes; what is not there is not wrong."""
    assert sql_verdicts([*PUBLISHED.values(), None]) == [True] * len(PUBLISHED) + [None]


@given(first_17, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_changing_one_character_breaks_the_code(start: str, position: int, character: str) -> None:
    """31 is prime and no weight is a multiple of it: every single wrong character is found."""
    code = start + check_character(start)
    changed = code[:position] + character + code[position + 1 :]
    assert is_valid_uscc(changed) == (changed == code)


@given(first_17, st.integers(0, 15))
def test_swapping_two_neighbours_breaks_the_code(start: str, position: int) -> None:
    """Neighbouring weights differ, so a swap of two different neighbours among the first 17 is found."""
    code = start + check_character(start)
    swapped = code[:position] + code[position + 1] + code[position] + code[position + 2 :]
    assert is_valid_uscc(swapped) == (swapped == code)


def test_sql_and_python_agree_on_good_and_broken_codes() -> None:
    """Right and wrong check characters, lengths, letters outside the alphabet, lower case: one verdict in both."""
    base = "91440300192203821"
    codes = [base + character for character in ALPHABET]
    codes += [base, base + "66", "", "I" * 18, "914403001922038216".lower() + "x", "91440300192203821６", "0" * 18]
    assert sql_verdicts([*codes]) == [is_valid_uscc(code) for code in codes]
    assert sum(is_valid_uscc(base + character) for character in ALPHABET) == 1


def test_seventeen_characters_are_expected() -> None:
    """A start of another length has no check character."""
    with pytest.raises(ValueError, match="expected 17 characters, found 3"):
        check_character("914")
