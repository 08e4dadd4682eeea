"""Amounts of a Chinese paper to the fen.

A kept sentence says 万元 with two decimals, which is a hundred yuan at the nearest. The same sentence in English says
its amounts to the fen, so a paper takes them from there: what the applicant reads is what the record says.
"""

from __future__ import annotations

import re

from models.money import fen_from_yuan, wan_text, yuan_for_reading

IN_WAN = re.compile(r"(-?\d+\.\d\d)万元")
IN_YUAN = re.compile(r"CNY (-?\d{1,3}(?:,\d{3})*(?:\.\d\d)?)")


def to_the_fen(zh: str, en: str) -> str:
    """A Chinese sentence with the amounts of the English one in yuan; "约" where that one does not say the amount."""
    if "万元" not in zh:
        return zh
    said = [fen_from_yuan(amount) for amount in IN_YUAN.findall(en)]

    def exact(found: re.Match[str]) -> str:
        for place, fen in enumerate(said):
            if wan_text(fen) == found[1]:
                return f"{yuan_for_reading(said.pop(place))}元"
        return f"约{found[0]}"

    return IN_WAN.sub(exact, zh)
