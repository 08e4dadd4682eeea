"""One rule for everything that names somebody or something: ids of enterprises and parties, numbers and codes.

The same id written at a full-width keyboard, copied with an invisible character or with a line break in its cell must
not become a second enterprise. Import, posted records, inline records, labels and the questions of API and command line
all use this rule; what it cannot make visible is refused.
"""

from __future__ import annotations

import unicodedata

from models.records.uscc import LENGTH, is_valid_uscc

# Text fields by the ends of their names; a natural key consists of these, dates, amounts and choices.
IDENTIFYING = ("_id", "_no", "_code", "uscc", "red_of")
# An id that the rule leaves as it is, as a regular expression: visible ASCII without blanks or small letters.
PLAIN = r"^[!-`{-~]+$"


def identifies(field: str) -> bool:
    """Whether a text field of that name names somebody or something.

    >>> identifies("counterparty_id"), identifies("goods_name")
    (True, False)
    """
    return field.endswith(IDENTIFYING)


def normal_identifier(text: str) -> str | None:
    """The id as it is kept, or None where a character of it cannot be seen.

    NFKC (full width becomes half width), characters without a width (zero-width blanks, direction marks, soft hyphens)
    left out, no blanks at the ends, one blank where there were several or a line break inside. A unified social credit
    code, told by its check character, is written without blanks and in capitals. Other ids keep their case.

    >>> normal_identifier(" Ｅ１\\u200b２ ")
    'E12'
    """
    visible = "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")
    words = " ".join(visible.split())
    code = words.replace(" ", "").upper()
    if len(code) == LENGTH and is_valid_uscc(code):
        return code
    return words if words.isprintable() else None
