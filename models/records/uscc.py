"""Unified social credit code (统一社会信用代码), GB 32100-2015: 18 characters, the last one a check character.

Characters: digits and capital letters without I, O, S, V, Z. The check character makes the sum of value x 3^i over
the first 17 characters, plus its own value, divisible by 31.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
WEIGHTS = tuple(pow(3, position, 31) for position in range(LENGTH - 1))


def check_character(first_17: str) -> str:
    """The 18th character that belongs to the first 17; ValueError if a character is not of the alphabet."""
    if len(first_17) != LENGTH - 1:
        raise ValueError(f"expected 17 characters, found {len(first_17)}")
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(first_17, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def is_valid_uscc(code: str) -> bool:
    """Whether a text is a code with the right length, alphabet and check character. No spaces, capitals only."""
    return (
        len(code) == LENGTH
        and all(character in ALPHABET for character in code)
        and check_character(code[:-1]) == code[-1]
    )


def valid_uscc_sql(column: str) -> str:
    """The same rule as a DuckDB predicate over a text column; NULL for NULL."""
    terms = " + ".join(
        f"(strpos('{ALPHABET}', substr({column}, {position}, 1)) - 1) * {weight}"
        for position, weight in enumerate((*WEIGHTS, 1), start=1)
    )
    return f"(regexp_full_match({column}, '[{ALPHABET}]{{{LENGTH}}}') AND ({terms}) % 31 = 0)"
