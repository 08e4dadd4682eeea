"""Money: integer fen (1/100 yuan) in columns, decimal yuan text at the edges."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from models.errors import MoneyNotExact

FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000  # 万元
LARGEST_FEN = 10**17  # 10^15 yuan: more than any balance sheet, and sums of many stay inside int64


def fen_from_yuan(text: str | int | Decimal) -> int:
    """Exact fen of a decimal yuan amount; thousands separators and full-width digits are understood.

    >>> fen_from_yuan("1,234.50")
    123450
    """
    cleaned = str(text).strip().replace(",", "").replace("，", "").replace("¥", "").replace("￥", "")
    try:
        amount = Decimal(cleaned)
    except InvalidOperation:
        raise MoneyNotExact("not an amount of money", expected="yuan such as 1234.50", found=str(text)) from None
    if not amount.is_finite() or abs(amount) * FEN_PER_YUAN > LARGEST_FEN:
        raise MoneyNotExact("not a usable amount of money", expected="a finite amount in yuan", found=str(text))
    fen = amount * FEN_PER_YUAN
    if fen != fen.to_integral_value():
        raise MoneyNotExact("amount has parts smaller than one fen", expected="at most two decimals", found=str(text))
    return int(fen)


def yuan_text(fen: int) -> str:
    """Decimal yuan text of a fen amount, always two decimals: the form every API and file uses.

    >>> yuan_text(-5)
    '-0.05'
    """
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(int(fen)), FEN_PER_YUAN)
    return f"{sign}{whole}.{rest:02d}"


def yuan_for_reading(fen: int) -> str:
    """Yuan with thousands separators and no decimals where there are none, for tables that people read.

    >>> yuan_for_reading(123_456_700)
    '1,234,567'
    """
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(int(fen)), FEN_PER_YUAN)
    return f"{sign}{whole:,}" + (f".{rest:02d}" if rest else "")


def wan_text(fen: int, places: int = 2) -> str:
    """Amount in 万元 (10,000 yuan), rounded half up: the unit Chinese loan officers read.

    >>> wan_text(452_970_000)
    '452.97'
    """
    return str((Decimal(int(fen)) / FEN_PER_WAN).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))
