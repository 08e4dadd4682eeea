"""Who belongs together: ties of control, of a named group and of guarantees, as visible rows tell them. DOMAIN 1.5.

A tie joins an enterprise to a party: another enterprise, a person, or a group by its name. Two enterprises with a
controlling party in common are together through it, and so on to the end of the chain. A guarantee ties the two that it
names and goes no further, so that a guarantee company does not join all whom it guarantees.

Nothing here knows the bank's policy: a holding of less than `LEAST_SHARE` never counts as control, and what counts
above it is decided by `models.limits.measures`. See docs/decisions/0016-group-from-control-and-statement.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from models.records import KINDS
from models.tables.point_in_time import Source, Tables
from models.tables.visible import visible_batches

TYING_KINDS = ("enterprise", "group_credit", "relation")
GROUP_KINDS = (*TYING_KINDS, "bank_loan", "credit_line")  # what is read of fellow members
CONTROL_RELATIONS = ("shareholder", "subsidiary", "controller")
GUARANTEE_RELATIONS = ("guarantor", "guarantees")
LEAST_SHARE = 0.20  # no policy may call less control: the least range of `group.control_share`
CONTROL, NAMED, GUARANTEE = range(3)
NAME_MARK = "\x1e"  # before the id of a named group: no identifier holds it
_OWN_MARK = "\x1f"  # between an enterprise and a party that nobody looked beyond

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Ties:
    """The ties of some enterprises on a day. `one` and `other` are places in `names`, each of which occurs once."""

    names: pa.Array
    asked: Ints  # places of the enterprises asked about, in their order
    one: Ints
    other: Ints
    kind: Ints  # CONTROL, NAMED or GUARANTEE
    share: Floats  # NaN = not stated
    amount_fen: Floats  # guaranteed; NaN = not stated
    gives: Mask  # the guarantee is given by `one`
    person: Mask  # by name: a natural person, so no member

    def components(self, control: Mask) -> Ints:
        """By name, the number of the group that the ties of the mask make."""
        return components(len(self.names), self.one[control], self.other[control])

    def named(self) -> Mask:
        """By name: a group, not a member of one."""
        return np.asarray(pc.starts_with(self.names, NAME_MARK).to_numpy(zero_copy_only=False), dtype=np.bool_)


def components(size: int, one: Ints, other: Ints) -> Ints:
    """The connected component of each of `size` nodes."""
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(size, size)).tocsr()
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def visible_ties(tables: Tables, as_of: date, enterprises: Sequence[str]) -> Ties:
    """The ties in force at the end of a day between everybody in the tables and their neighbours.

    Where nobody looked for neighbours, each enterprise is alone with the parties that its own rows name.
    """
    parts = [part for kind in TYING_KINDS for part in _ties_of(tables, kind, as_of, enterprises)]
    found = pa.concat_tables([_NO_TIES, *parts])
    one, other = found.column("one").combine_chunks(), found.column("other").combine_chunks()
    if tables.neighbours is None:
        other = pc.binary_join_element_wise(other, one, _OWN_MARK)
    names = pc.unique(pa.concat_arrays([pa.array(list(enterprises), pa.string()), one, other]))
    place = {
        key: _places(column, names)
        for key, column in (("one", one), ("other", other), ("asked", names[: len(enterprises)]))
    }
    is_person, is_other = (np.zeros(len(names), dtype=np.bool_) for _ in range(2))
    person = pc.fill_null(found.column("person"), False).to_numpy()
    is_person[place["other"][person]] = True
    is_other[place["other"][~person]] = True
    is_other[place["one"]] = True
    is_other[place["asked"]] = True
    return Ties(
        names=names,
        asked=place["asked"],
        one=place["one"],
        other=place["other"],
        kind=found.column("kind").to_numpy(),
        share=found.column("share").to_numpy(),
        amount_fen=found.column("amount_fen").to_numpy(),
        gives=np.asarray(found.column("gives").to_numpy(), dtype=np.bool_),
        person=is_person & ~is_other,
    )


def fellows(ties: Ties) -> Mapping[int, set[int]]:
    """By the place of an enterprise asked about, everybody who may belong to its group, whatever the policy."""
    tying = ties.kind != GUARANTEE
    label = ties.components(tying)
    counts = np.bincount(label[~ties.person & ~ties.named()], minlength=len(ties.names))
    beside: dict[int, set[int]] = {}
    for a, b in zip(ties.one[~tying].tolist(), ties.other[~tying].tolist(), strict=True):
        beside.setdefault(int(label[a]), set()).add(b)
        beside.setdefault(int(label[b]), set()).add(a)
    asked_labels = label[ties.asked]
    several = {int(one) for one in np.unique(asked_labels) if counts[one] > 1}
    inside: dict[int, set[int]] = {}
    for place in np.flatnonzero(np.isin(label, list(several)) & ~ties.person):
        inside.setdefault(int(label[place]), set()).add(int(place))
    found = {}
    for place, group in zip(ties.asked.tolist(), asked_labels.tolist(), strict=True):
        others = (inside.get(group, set()) | beside.get(group, set())) - {place}
        if others:
            found[place] = others
    return found


def group_rows(
    tables: Tables, kind: str, as_of: date, enterprises: Sequence[str] | None, columns: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    """The visible rows of a kind of some enterprises, whether asked about or neighbours."""
    for part in (tables.by_kind, tables.neighbours or {}):
        if kind in part:
            yield from visible_batches(Tables({kind: part[kind]}), KINDS[kind], as_of, enterprises, columns)


def standing_ties(books: Mapping[str, Source]) -> str | None:
    """SQL of every tie that ever stood, both ways: `one`, `other`, `control`; None where `books` hold no kind of it.

    Whether a tie was visible on some day is not asked here: who is reached may be too many, never too few.
    """
    control, guarantee = (", ".join(f"'{name}'" for name in of) for of in (CONTROL_RELATIONS, GUARANTEE_RELATIONS))
    parts = [
        f"SELECT enterprise_id, '{NAME_MARK}' || group_id, true FROM {kind} WHERE group_id IS NOT NULL"  # noqa: S608
        for kind in ("enterprise", "group_credit")
        if kind in books
    ]
    if "relation" in books:
        parts.append(
            f"SELECT enterprise_id, party_id, relation IN ({control}) FROM relation WHERE relation IN ({guarantee}) "  # noqa: S608
            f"OR (relation IN ({control}) AND (share IS NULL OR share >= {LEAST_SHARE}))"
        )
    each = " UNION ALL ".join(parts)
    return (
        f"WITH each(one, other, control) AS ({each}) "  # noqa: S608
        "SELECT one, other, control FROM each UNION SELECT other, one, control FROM each"
        if parts
        else None
    )


def joined_to(ties: pa.Table, enterprises: Collection[str]) -> set[str]:
    """Everybody who may belong to the groups of some enterprises by standing ties, these left out."""
    reached = front = set(enterprises)
    control = ties.column("control")
    strong, weak = ties.filter(control), ties.filter(pc.invert(control))
    while front:
        front = _beside(strong, front) - reached
        reached = reached | front
    return (reached | _beside(weak, reached)) - set(enterprises)


def _beside(ties: pa.Table, front: Collection[str]) -> set[str]:
    if not len(ties):
        return set()
    at = pc.is_in(ties.column("one"), pa.array(sorted(front), pa.string()))
    return set(pc.unique(ties.filter(at).column("other")).to_pylist())


_TIES = pa.schema(
    [
        ("one", pa.string()),
        ("other", pa.string()),
        ("kind", pa.int64()),
        ("share", pa.float64()),
        ("amount_fen", pa.float64()),
        ("gives", pa.bool_()),
        ("person", pa.bool_()),
    ]
)
_NO_TIES = _TIES.empty_table()


def _ties_of(tables: Tables, kind: str, as_of: date, enterprises: Sequence[str]) -> Iterator[pa.Table]:
    whose = enterprises if tables.neighbours is None else None
    if kind == "relation":
        columns = ["enterprise_id", "relation", "party_id", "party_is_person", "until_on", "share", "amount_fen"]
        for rows in group_rows(tables, kind, as_of, whose, columns):
            yield _relations(rows, as_of)
    elif kind == "group_credit":
        columns = ["enterprise_id", "group_id", "stated_on", "left_on"]
        for rows in group_rows(tables, kind, as_of, whose, columns):
            yield _named(rows.filter(pc.is_null(rows.column("left_on"))))
    else:
        for rows in group_rows(tables, kind, as_of, whose, ["enterprise_id", "group_id"]):
            yield _named(rows.filter(pc.is_valid(rows.column("group_id"))))


def _named(rows: pa.Table) -> pa.Table:
    size = len(rows)
    unknown = pa.nulls(size, pa.float64()).fill_null(np.nan)
    no = pa.array(np.zeros(size, dtype=np.bool_))
    other = pc.binary_join_element_wise("", rows.column("group_id"), NAME_MARK)
    kind = pa.array(np.full(size, NAMED, dtype=np.int64))
    return pa.table([rows.column("enterprise_id"), other, kind, unknown, unknown, no, no], schema=_TIES)


def _relations(rows: pa.Table, as_of: date) -> pa.Table:
    until, relation, share = rows.column("until_on"), rows.column("relation"), rows.column("share")
    control = pc.is_in(relation, pa.array(CONTROL_RELATIONS))
    enough = pc.fill_null(pc.greater_equal(share, LEAST_SHARE), True)
    tying = pc.or_(pc.and_(control, enough), pc.is_in(relation, pa.array(GUARANTEE_RELATIONS)))
    in_force = pc.fill_null(pc.greater(until, pa.scalar(as_of, pa.date32())), True)
    rows = rows.filter(pc.and_(tying, in_force))
    relation = rows.column("relation")
    control = pc.is_in(relation, pa.array(CONTROL_RELATIONS))
    # a controller (实际控制人) of whom nobody says what it is is a person; any other party an organisation
    person = pc.coalesce(rows.column("party_is_person"), pc.equal(relation, "controller"))
    return pa.table(
        [
            rows.column("enterprise_id"),
            rows.column("party_id"),
            pc.if_else(control, pa.scalar(CONTROL, pa.int64()), pa.scalar(GUARANTEE, pa.int64())),
            pc.fill_null(rows.column("share"), np.nan),
            pc.fill_null(pc.cast(rows.column("amount_fen"), pa.float64()), np.nan),
            pc.equal(relation, "guarantees"),
            person,
        ],
        schema=_TIES,
    )


def _places(column: pa.Array, names: pa.Array) -> Ints:
    return np.asarray(pc.index_in(column, value_set=names).to_numpy(zero_copy_only=False), dtype=np.int64)
