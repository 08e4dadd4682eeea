"""Where records come from, as one short word: every figure made from them carries it, and `simulated` must not hide."""

from __future__ import annotations

import re
import unicodedata

from models.errors import AssetlightError

LONGEST = 32
EXPECTED = f"a short word such as bank, contest or simulated: letters, digits, '-', '_' and '.', at most {LONGEST}"
_WORD = re.compile(rf"\w[\w.-]{{0,{LONGEST - 1}}}")


class OriginNotUsable(AssetlightError):
    """A text that should say where records come from is not a short word."""


def normal_origin(text: str) -> str | None:
    """The origin as it is kept (half width, small letters, no blanks around), or None if it is not a short word.

    >>> normal_origin(" Simulated "), normal_origin(""), normal_origin("see the mail of 3 May")
    ('simulated', None, None)
    """
    word = unicodedata.normalize("NFKC", text).strip().casefold()
    return word if _WORD.fullmatch(word) else None


def usable_origin(text: str, *, where: str | None = None, field: str = "origin") -> str:
    """The same for what a person or a file says of all its rows. Raises OriginNotUsable."""
    word = normal_origin(text)
    if word is None:
        raise OriginNotUsable("the origin is not a short word", expected=EXPECTED, found=text, where=where, field=field)
    return word
