"""Group: ties between enterprises, what each of them owes this bank, and what the bank's group-credit system says.

DOMAIN 1.5: exposure counts over control and economic dependence. Which ties count is the policy's to say
(`models.limits.measures.group`); here they are only read. What a member owes is by its own loans on file; a member
without any is not known, which is not zero. What this bank has committed itself to lend a member counts besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.positions.lines import EACH_LINE, LINES
from models.positions.rows import Rows, Subject, rows_of
from models.records import KINDS
from models.tables import Tables, concatenated, moments
from models.tables.engine import session
from models.tables.members import TYING_KINDS, Ties, fellows, group_rows, visible_ties

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
LOAN_COLUMNS = ("enterprise_id", "own_bank", "principal_fen", "balance_fen", "closed_on")


@dataclass(frozen=True)
class Commitments:
    """The lines of this bank among some names: by name what they add to its loans, and each by itself."""

    beyond_loans_fen: Floats
    of: npt.NDArray[np.int64]  # whose each line is, as a place in the names
    granted_day: Floats  # days since 1970-01-01
    amount_fen: Floats


@dataclass(frozen=True)
class Group:
    """The ties around N enterprises; `owed_fen` by name (NaN: no loan on file); the others by enterprise asked."""

    ties: Ties
    owed_fen: Floats
    told: Mask  # whether any row, its own or another's, says anything about belonging
    stated_fen: Floats  # what the other members owe by the group-credit system; NaN = not stated
    stated_age_days: Floats  # NaN = no statement
    stated_day: Floats  # days since 1970-01-01; NaN = no statement
    lines: Commitments


def read_group(tables: Tables, as_of: date, enterprises: Sequence[str]) -> Group | None:
    """What is known of the groups of `enterprises` at the end of a day; None where no row says anything."""
    if not any(kind in tables.by_kind for kind in TYING_KINDS):
        return None
    ties = visible_ties(tables, as_of, enterprises)
    found = fellows(ties)
    owed, lines = np.full(len(ties.names), np.nan), _no_lines(len(ties.names))
    if found and tables.neighbours is not None:
        places = sorted(set().union(*found.values(), found.keys()))
        members = ties.names.take(pa.array(places)).to_pylist()
        owed = _owed(tables, as_of, ties.names, members)
        lines = _committed(tables, as_of, ties.names, members, np.nan_to_num(owed))
    asked = pa.array(list(enterprises), pa.string())
    told = np.zeros(len(asked), dtype=np.bool_)
    for kind in TYING_KINDS:
        for rows in group_rows(Tables(tables.by_kind), kind, as_of, enterprises, ["enterprise_id"]):
            told |= pc.is_in(asked, value_set=pc.unique(rows.column("enterprise_id"))).to_numpy(zero_copy_only=False)
    tied = np.zeros(len(ties.names), dtype=np.bool_)
    tied[ties.one], tied[ties.other] = True, True
    told |= tied[ties.asked]
    stated, age = _stated(tables, as_of, asked)
    if not told.any():
        return None
    day = (as_of - date(1970, 1, 1)).days - age
    return Group(
        ties=ties, owed_fen=owed, told=told, stated_fen=stated, stated_age_days=age, stated_day=day, lines=lines
    )


def _owed(tables: Tables, as_of: date, names: pa.Array, members: Sequence[str]) -> Floats:
    """By name, the balance (else the principal) of open loans of this bank; closed and foreign loans are 0."""
    owed = np.full(len(names), np.nan)
    for rows in group_rows(tables, "bank_loan", as_of, members, LOAN_COLUMNS):
        place = pc.index_in(rows.column("enterprise_id"), value_set=names).to_numpy()
        closed = pc.fill_null(pc.less_equal(rows.column("closed_on"), pa.scalar(as_of, pa.date32())), False)
        ours = pc.and_(pc.fill_null(rows.column("own_bank"), False), pc.invert(closed)).to_numpy()
        balance = pc.coalesce(rows.column("balance_fen"), rows.column("principal_fen")).to_numpy()
        each = np.zeros(len(names), dtype=np.int64)
        np.add.at(each, place, np.where(ours, balance, 0))
        seen = np.zeros(len(names), dtype=np.bool_)
        seen[place] = True
        owed = np.where(seen, np.nan_to_num(owed) + each, owed)
    return owed


def _no_lines(size: int) -> Commitments:
    nothing = np.zeros(0)
    return Commitments(np.zeros(size), np.zeros(0, dtype=np.int64), nothing, nothing)


def _committed(tables: Tables, as_of: date, names: pa.Array, members: Sequence[str], owed: Floats) -> Commitments:
    """The lines of this bank among the members, by the same rule as those of an enterprise itself."""
    lines, loans = (list(group_rows(tables, kind, as_of, members)) for kind in ("credit_line", "bank_loan"))
    found = _no_lines(len(names))
    if not lines:
        return found
    rows = {"credit_line": lines, **({"bank_loan": loans} if loans else {})}
    with session() as connection:
        Tables({kind: concatenated(KINDS[kind], parts) for kind, parts in rows.items()}).attach(connection)
        connection.register("moments", moments([as_of]))
        wanted = pa.array(members, pa.string())
        place = np.asarray(pc.index_in(wanted, value_set=names).to_numpy(zero_copy_only=False), dtype=np.int64)
        connection.register("wanted", pa.table({"enterprise_id": wanted, "row": place}))

        def read(subject: Subject) -> Rows:
            return rows_of(connection.sql(subject.text(tuple(rows), as_of)).to_arrow_table())

        total, each = read(LINES), read(EACH_LINE)
    found.beyond_loans_fen[total.row] = total.numbers["exposure_fen"] - owed[total.row]
    return Commitments(found.beyond_loans_fen, each.row, each.numbers["granted_day"], each.numbers["amount_fen"])


def _stated(tables: Tables, as_of: date, asked: pa.Array) -> tuple[Floats, Floats]:
    """By enterprise asked, the exposure of the others and its age; of several groups the sum and the greatest age."""
    stated, age = np.full(len(asked), np.nan), np.full(len(asked), np.nan)
    columns = ["enterprise_id", "exposure_fen", "stated_on", "left_on"]
    for rows in group_rows(Tables(tables.by_kind), "group_credit", as_of, asked.to_pylist(), columns):
        still = rows.filter(pc.is_null(rows.column("left_on")))
        place = pc.index_in(still.column("enterprise_id"), value_set=asked).to_numpy()
        stated[place] = np.where(np.isnan(age[place]), 0.0, stated[place])
        np.add.at(stated, place, pc.fill_null(pc.cast(still.column("exposure_fen"), pa.float64()), np.nan).to_numpy())
        days = (as_of - date(1970, 1, 1)).days - pc.cast(still.column("stated_on"), pa.int32()).to_numpy()
        np.fmax.at(age, place, days)
    return stated, age
