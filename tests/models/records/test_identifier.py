"""One rule for ids, so that one enterprise does not become two."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.records import KINDS
from models.records.identifier import identifies, normal_identifier

CODE = "91350100M000100Y43"  # the worked example of GB 32100-2015's annex


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("E12", "E12"),
        ("  E12\t", "E12"),
        ("Ｅ１２", "E12"),
        ("E\u200b1\ufeff2\u00ad", "E12"),
        ("\u202aE12\u202c", "E12"),
        ("Acme \n  Ltd", "Acme Ltd"),
        ("e12", "e12"),
        (CODE.lower(), CODE),
        (f"{CODE[:6]} {CODE[6:]}", CODE),
        ("９" + CODE[1:], CODE),
        (CODE[:-1].lower() + "4", CODE[:-1].lower() + "4"),
        ("\u200b", ""),
        ("E\x0012", None),
        ("E\ue00012", None),
    ],
)
def test_every_writing_of_an_id_is_kept_as_one(written: str, kept: str | None) -> None:
    """Width, invisible characters and blanks do not tell ids apart; what cannot be seen is refused."""
    assert normal_identifier(written) == kept


@given(st.text(max_size=30))
def test_the_rule_is_stable_and_leaves_only_visible_text(text: str) -> None:
    """Applied twice it changes nothing more, and what it keeps is visible."""
    kept = normal_identifier(text)
    if kept is not None:
        assert kept.isprintable()
        assert kept == kept.strip()
        assert normal_identifier(kept) == kept
        assert not any(unicodedata.category(one) == "Cf" for one in kept)


def test_every_text_of_a_natural_key_identifies() -> None:
    """The rule reaches the ids of every kind, and no name or opinion."""
    texts = {
        name
        for kind in KINDS.values()
        for name in kind.natural_key
        if kind.field(name).type == "text" and not identifies(name)
    }
    assert texts == set()
    assert not identifies("goods_name")
