"""All subjects of N enterprises on a day, in one DuckDB session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from models.positions.claims import CLAIMS
from models.positions.loans import LOANS
from models.positions.rows import Rows
from models.positions.statements import STATEMENTS
from models.records import KINDS
from models.tables import Tables, moments
from models.tables.engine import session


@dataclass(frozen=True)
class Positions:
    """The rows of each subject; None where its kind is not among the tables."""

    size: int
    claims: Rows | None = None
    loans: Rows | None = None
    statements: Rows | None = None


_SUBJECTS = {"claims": CLAIMS, "loans": LOANS, "statements": STATEMENTS}


def read_positions(tables: Tables, as_of: date, enterprises: pa.Array) -> Positions:
    """What each of `enterprises` (ids, each once) holds and owes at the end of `as_of`.

    Only kinds that some subject needs are attached, and without any of them no statement runs at all.
    """
    asked = {kind for subject in _SUBJECTS.values() for kind in (*subject.needs, *subject.reads)}
    present = {kind: source for kind, source in tables.by_kind.items() if kind in asked and kind in KINDS}
    if not any(all(kind in present for kind in subject.needs) for subject in _SUBJECTS.values()):
        return Positions(len(enterprises))
    places = pa.array(np.arange(len(enterprises), dtype=np.int64))
    with session() as connection:
        Tables(present).attach(connection)
        connection.register("moments", moments([as_of]))
        connection.register("wanted", pa.table({"enterprise_id": enterprises, "row": places}))
        found = {name: subject.read(connection, tuple(present), as_of) for name, subject in _SUBJECTS.items()}
    return Positions(size=len(enterprises), **found)
