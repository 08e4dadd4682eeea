"""Invented enterprises: unified social credit codes that pass every check digit, and names nobody could mistake.

Codes follow GB 32100-2015 (18 characters, last one a check character mod 31) around a GB 11714-1997 organisation code
(last of nine characters a check digit mod 11). The region begins with 99, which GB/T 2260 gives to no province, so a
simulated code is well-formed and can never belong to a real enterprise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
_LETTERS = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
_VALUE = np.zeros(128, dtype=np.int64)
_VALUE[_LETTERS] = np.arange(len(ALPHABET))
_CODE_WEIGHTS = np.array([pow(3, k, 31) for k in range(17)], dtype=np.int64)
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_SPREAD = 48_271_001  # coprime with 31**5: walks through every body once, so that codes do not count upwards
REGIONS = 40  # simulated counties 990100, 990200, ...

SYLLABLES = "云山星河松石青禾远帆晨曦蓝鲸白鹭金穗木棉"
TRADES = ("机械", "精密", "电气", "材料", "软件", "数控", "物流", "食品", "建筑", "环保", "医疗", "商贸")


def credit_codes(serial: npt.NDArray[np.int64], region: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.bytes_]:
    """Unified social credit codes of the given serial numbers (distinct for distinct serials below 31**5 = 28 million).

    `region` in 0..REGIONS-1 becomes the county part. Returns an array of 18-byte strings.
    """
    body = (serial * _SPREAD + seed * 7_919) % 31**5
    text = np.empty((len(serial), 18), dtype=np.uint8)
    text[:, :4] = np.frombuffer(b"9199", dtype=np.uint8)
    digits = region + 1
    text[:, 4], text[:, 5] = ord("0") + digits // 10, ord("0") + digits % 10
    text[:, 6:11] = np.frombuffer(b"00MA0", dtype=np.uint8)
    for place in range(5):
        text[:, 15 - place] = _LETTERS[body % 31]
        body = body // 31
    # GB 11714 counts letters as 10..35 of the full alphabet.
    plain = text[:, 8:16].astype(np.int64)
    ordinal = np.where(plain >= ord("A"), plain - ord("A") + 10, plain - ord("0"))
    check = (11 - (ordinal * _ORGANISATION_WEIGHTS).sum(axis=1) % 11) % 11
    text[:, 16] = np.where(check == 10, ord("X"), ord("0") + check)
    text[:, 17] = _LETTERS[(31 - (_VALUE[text[:, :17]] * _CODE_WEIGHTS).sum(axis=1) % 31) % 31]
    return np.ascontiguousarray(text).view("S18").ravel()


def names(serial: npt.NDArray[np.int64], industry: npt.NDArray[np.int64]) -> list[str]:
    """Invented Chinese names, each saying that it is simulated."""
    size = len(SYLLABLES)
    return [
        f"模拟{SYLLABLES[n % size]}{SYLLABLES[n // size % size]}{TRADES[trade]}有限公司{n:06d}号"
        for n, trade in zip(serial.tolist(), (industry % len(TRADES)).tolist(), strict=True)
    ]
