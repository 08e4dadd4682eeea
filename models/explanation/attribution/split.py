"""The exact Shapley value of each evidence group, by evaluating every coalition through the real limit engine.

A coalition is an enterprise that has its own facts in some groups and the reference enterprise's in all others. With
v(S) the limit of coalition S and k groups in which the two differ, the share of group i is

    phi_i = sum over S without i of |S|! (k - |S| - 1)! / k! * (v(S + i) - v(S))          (Shapley 1953, eq. 13)

in fen, an exact fraction; fen are then given out by largest remainder so that the shares add up to
`limit - reference limit` to the fen. A group in which nothing differs is a null player: its share is 0 and leaving it
out changes no other share, so it costs no coalition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import factorial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.explanation.attribution.groups import GROUPS, group_of
from models.explanation.attribution.reference import ReferenceEnterprise
from models.limits import Cases, compute_limits
from models.limits.arithmetic import FenColumn, FloatColumn

Members: TypeAlias = "npt.NDArray[np.bool_]"  # [2**k, k]: which differing group is the enterprise's own


@dataclass(frozen=True)
class Share:
    """What one evidence group brought (or cost), in fen."""

    code: str
    zh: str
    en: str
    fen: int


@dataclass(frozen=True)
class Attribution:
    """The split of one limit. `sum(share.fen) == limit_fen - reference_limit_fen`, always."""

    limit_fen: int
    reference_limit_fen: int
    reference: ReferenceEnterprise
    shares: tuple[Share, ...]
    coalitions: int


def attribute(cases: Cases, row: int, reference: ReferenceEnterprise) -> Attribution:
    """Split the limit of one case against the reference enterprise. Request and product are the case's own in both."""
    own = {name: float(column[row]) for name, column in cases.facts.items()}
    names = sorted(own.keys() | reference.facts.keys())
    theirs = {name: reference.facts.get(name, np.nan) for name in names}
    grades = (reference.grade, int(cases.grade[row]))
    differing = _differing(own, theirs, grades)
    members = _coalitions(len(differing))
    place = {group: at for at, group in enumerate(differing)}
    rows = len(members)
    facts: dict[str, FloatColumn] = {}
    for name in names:
        at = place.get(group_of(name))
        mine, other = own.get(name, np.nan), theirs[name]
        facts[name] = np.full(rows, mine) if at is None else np.where(members[:, at], mine, other)
    at = place.get(group_of("grade"))
    grade = np.full(rows, grades[1]) if at is None else np.where(members[:, at], grades[1], grades[0])
    every = replace(
        cases,
        facts=facts,
        grade=grade.astype(np.int16),
        product=np.repeat(cases.product[row], rows),
        requested_fen=np.repeat(cases.requested_fen[row], rows),
    )
    value = compute_limits(every).limit_fen
    fen = _whole(_shapley(value, members), int(value[-1] - value[0]))
    by_group = dict(zip(differing, fen, strict=True))
    return Attribution(
        limit_fen=int(value[-1]),
        reference_limit_fen=int(value[0]),
        reference=reference,
        shares=tuple(Share(g.code, g.zh, g.en, by_group.get(at, 0)) for at, g in enumerate(GROUPS)),
        coalitions=rows,
    )


def _differing(own: dict[str, float], theirs: dict[str, float], grades: tuple[int, int]) -> list[int]:
    """The groups in which enterprise and reference differ in any fact, in the order of GROUPS."""
    found = set() if grades[0] == grades[1] else {group_of("grade")}
    for name, other in theirs.items():
        mine = own.get(name, np.nan)
        if mine != other and not (np.isnan(mine) and np.isnan(other)):
            found.add(group_of(name))
    return sorted(found)


def _coalitions(groups: int) -> Members:
    """Every subset as a row; row 0 is the reference, the last row the enterprise itself."""
    numbers = np.arange(2**groups, dtype=np.int64)
    result: Members = (numbers[:, None] >> np.arange(groups)) % 2 == 1
    return result


def _shapley(value: FenColumn, members: Members) -> list[Fraction]:
    """The exact share of each differing group, in fen."""
    rows, groups = members.shape
    size = members.sum(axis=1)
    numbers = np.arange(rows)
    shares = []
    for group in range(groups):
        without = numbers[~members[:, group]]
        gain = value[without + 2**group] - value[without]
        total = sum(
            factorial(s) * factorial(groups - s - 1) * int(gain[size[without] == s].sum()) for s in range(groups)
        )
        shares.append(Fraction(total, factorial(groups)))
    return shares


def _whole(shares: Sequence[Fraction], total: int) -> list[int]:
    """Whole fen that add up to the total: floors, then one more fen to the largest remainders, earlier groups first."""
    fen = [share.numerator // share.denominator for share in shares]
    order = sorted(range(len(shares)), key=lambda at: (fen[at] - shares[at], at))
    for at in order[: total - sum(fen)]:
        fen[at] += 1
    return fen
