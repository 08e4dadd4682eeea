"""An origin is one short word, so that `simulated` cannot hide in another writing."""

from __future__ import annotations

import pytest

from models.records.origin import OriginNotUsable, normal_origin, usable_origin


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("bank", "bank"),
        (" Simulated ", "simulated"),
        ("ＳＩＭＵＬＡＴＥＤ", "simulated"),
        ("税务-2024.1", "税务-2024.1"),
        ("", None),
        ("  ", None),
        ("two words", None),
        ("bank\nx", None),
        ("-x", None),
        ("x" * 32, "x" * 32),
        ("x" * 33, None),
    ],
)
def test_an_origin_is_one_short_word(written: str, kept: str | None) -> None:
    """Width and case do not count; what is no word is refused with what was expected."""
    assert normal_origin(written) == kept
    if kept is None:
        with pytest.raises(OriginNotUsable, match="short word"):
            usable_origin(written)
