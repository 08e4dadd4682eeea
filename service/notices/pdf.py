"""HTML to PDF: the same bytes for the same page, with a Chinese font or a sentence that says which package has one."""

from __future__ import annotations

import hashlib
import logging
from functools import cache

from models.errors import AssetlightError

PROBE = "授信额度"
PACKAGE = "fonts-wqy-microhei"
LIKELY = (
    "wqy",
    "notosanscjk",
    "notoserifcjk",
    "sourcehan",
    "simhei",
    "simsun",
    "msyh",
    "pingfang",
    "droidsansfallback",
)


class ChineseFontMissing(AssetlightError):
    """No installed font has Chinese characters, so a PDF would be full of boxes."""


def pdf_of(html: bytes) -> bytes:
    """The page as PDF. Nothing is fetched. Raises ChineseFontMissing."""
    from weasyprint import HTML  # noqa: PLC0415  (a second of imports that no other command needs)
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    require_chinese_font()
    # It warns of each style of the picture that is SVG's own, and draws it all the same: a hundred lines a paper.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    page = HTML(string=html.decode(), url_fetcher=URLFetcher(allowed_protocols=()))
    made = page.write_pdf(pdf_identifier=hashlib.sha256(html).digest()[:16])
    assert isinstance(made, bytes)  # noqa: S101
    return made


def require_chinese_font() -> None:
    """Refuse where no font can write Chinese. Raises ChineseFontMissing."""
    if chinese_font() is None:
        raise ChineseFontMissing(
            "no font with Chinese characters is installed, so no PDF can be made",
            expected=f"a font that has {PROBE}",
            advice=f"install one: apt-get install fontconfig {PACKAGE} (Debian); format=html needs none",
        )


@cache
def chinese_font() -> str | None:
    """The file of an installed font that has Chinese characters; None where there is none."""
    from matplotlib.font_manager import findSystemFonts, get_font  # noqa: PLC0415

    def first(path: str) -> tuple[bool, str]:
        return not any(part in path.lower() for part in LIKELY), path

    for path in sorted(findSystemFonts(), key=first):
        try:
            known = get_font(path).get_charmap()
        except (RuntimeError, OSError):  # not a font that can be read
            continue
        if all(ord(character) in known for character in PROBE):
            return path
    return None
