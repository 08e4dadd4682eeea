"""The grade maximum: the most that one enterprise of this grade may owe under a limit of this kind."""

from __future__ import annotations

import numpy as np

from models.grades import GRADES
from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, InputColumn, status_column

_MAXIMUM = "ceiling.grade_maximum"


def grade_maximum(cases: Cases) -> AmountColumns:
    """The policy table by grade less what we lent; an unknown grade is pending at the lowest amount of the table."""
    return AmountColumns(
        code="grade_maximum",
        value=np.maximum(cases.by_grade(cases.policy.fen_by_grade(_MAXIMUM)) - cases.own_exposure, 0),
        status=status_column(pending=~cases.grade_known),
        policy_names=(_MAXIMUM,),
        document=Document.MODEL_INPUTS,
        follows_grade=True,
        inputs={"grade": InputColumn("grade", "grade", cases.grade, GRADES)},
    )
