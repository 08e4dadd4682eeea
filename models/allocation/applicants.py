"""Whom the budget may go to: scored enterprises with a limit, and why the others are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.allocation.scores import ScoresNotUsable, as_scores
from models.allocation.terms import GROUPS
from models.grades import GRADES

LENDABLE = ("approve", "reduce")


@dataclass(frozen=True)
class Applicants:
    """N enterprises that may be offered a loan, in the order of their ids.

    `left_out`: id -> code of the reason. `groups`: kind of group -> its name per applicant, "" where not known.
    """

    enterprise_id: tuple[str, ...]
    pd: NDArray[np.float64]
    grade: NDArray[np.int64]  # position in GRADES
    limit_fen: NDArray[np.int64]
    groups: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.enterprise_id)


def applicants_of(scores: pa.Table) -> Applicants:
    """From the flat table of decisions (`Decisions.to_arrow`), with columns of GROUPS where somebody joined them.

    Raises ScoresNotUsable for missing columns, other types, repeated enterprises and a loan without a limit.
    """
    scores = as_scores(scores).sort_by("enterprise_id")
    ids = scores["enterprise_id"].to_pylist()
    if len(set(ids)) < len(ids):
        twice = next(one for one, other in pairwise(ids) if one == other)
        raise ScoresNotUsable("an enterprise is listed twice", field="enterprise_id", found=twice)
    usable = pc.fill_null(
        pc.and_(
            pc.is_in(scores["outcome"], pa.array(LENDABLE)),
            pc.and_(pc.is_finite(scores["pd"]), pc.is_in(scores["grade"], pa.array(GRADES))),
        ),
        False,
    )
    kept = scores.filter(usable)
    if kept["limit_fen"].null_count:
        without = kept.filter(pc.is_null(kept["limit_fen"]))["enterprise_id"]
        raise ScoresNotUsable(
            "an enterprise is approved without a limit", field="limit_fen", expected="a limit", found=without[0].as_py()
        )
    left = scores.filter(pc.invert(usable))
    return Applicants(
        enterprise_id=tuple(kept["enterprise_id"].to_pylist()),
        pd=kept["pd"].to_numpy().astype(np.float64),
        grade=np.array([GRADES.index(each) for each in kept["grade"].to_pylist()], dtype=np.int64),
        limit_fen=kept["limit_fen"].to_numpy().astype(np.int64),
        groups={
            name: tuple(text or "" for text in kept[name].to_pylist()) for name in GROUPS if name in kept.column_names
        },
        left_out=dict(zip(left["enterprise_id"].to_pylist(), _reasons(left), strict=True)),
    )


def _reasons(left: pa.Table) -> list[str]:
    """`decline` and `refer` as they stand; an outcome that lends but without PD or grade is not graded."""
    return [outcome if outcome in ("decline", "refer") else "not_graded" for outcome in left["outcome"].to_pylist()]
