"""The group of connected clients: who belongs, what the others owe, and what more exposure may never do. DOMAIN 1.5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.limits import Document, Status, compute_limits, measure
from models.limits.ceilings.large_exposure import group as group_ceiling
from models.policy import Policy
from models.positions import read_positions
from models.tables import Tables
from models.tables.digests import input_digests
from models.tables.members import LEAST_SHARE
from tests.limit_cases import cases
from tests.position_rows import AS_OF, WAN, policy_with, table

NAMES = ("A", "B", "C", "D", "E", "F")
PARTIES = (*NAMES, "P1", "P2", "HOLD")  # two persons and a company without books
CAPITAL = {"bank.net_capital": "100000000", "bank.tier_one": "100000000"}  # a group may owe 20,000,000


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """The shipped policy of a bank that states its capital."""
    return policy_with(tmp_path_factory.mktemp("bank"), CAPITAL)


def tie(one: str, party: str, relation: str = "shareholder", share: float | None = 0.6, **more: Any) -> dict[str, Any]:
    person = party.startswith("P")
    return {
        "enterprise_id": one, "party_id": party, "relation": relation, "share": share, "party_is_person": person,
        "began_on": date(2020, 1, 1), **more,
    }  # fmt: skip


def loan(one: str, wan: int, number: str = "1", **more: Any) -> dict[str, Any]:
    row = {"own_bank": True, "drawn_on": date(2023, 1, 1), "matures_on": date(2025, 1, 1)}
    return {
        "enterprise_id": one,
        "loan_no": number,
        **row,
        "principal_fen": wan * WAN,
        "balance_fen": wan * WAN,
        **more,
    }


def books(
    relations: Sequence[Mapping[str, Any]], loans: Sequence[Mapping[str, Any]], **more: Sequence[Mapping[str, Any]]
) -> Tables:
    """Everybody's rows, where everybody was looked at."""
    by_kind = {"relation": table("relation", relations), "bank_loan": table("bank_loan", loans)}
    return Tables(by_kind | {kind: table(kind, rows) for kind, rows in more.items()}, neighbours={})


def facts(tables: Tables, policy: Policy, *names: str) -> dict[str, list[float]]:
    found = measure(read_positions(tables, AS_OF, pa.array(names, pa.string())), policy)
    return {name: column.tolist() for name, column in found.items() if name.startswith("group_")}


def exposure(tables: Tables, policy: Policy, name: str) -> float:
    found = facts(tables, policy, name)
    assert found["group_member"] == [1.0]
    return found["group_exposure_fen"][0] / WAN


def test_control_runs_to_the_end_of_the_chain(policy: Policy) -> None:
    """A and B have one owner, B holds C: A's fellows are B and C, by the loans of this bank that are open."""
    chain = [tie("A", "P1"), tie("B", "P1"), tie("C", "B"), tie("D", "P1", share=0.49)]
    loans = [
        loan("A", 100), loan("B", 20), loan("B", 5, "2", closed_on=date(2024, 1, 1)), loan("B", 7, "3", own_bank=False),
        loan("C", 3, balance_fen=None), loan("D", 900),
    ]  # fmt: skip
    tables = books(chain, loans)
    assert exposure(tables, policy, "A") == 23
    assert exposure(tables, policy, "C") == 120
    assert facts(tables, policy, "D")["group_member"] == [0.0]


@pytest.mark.parametrize(("share", "member"), [(0.4999, 0.0), (0.5, 1.0), (None, 1.0)])
def test_control_begins_at_the_policy_s_share(policy: Policy, share: float | None, member: float) -> None:
    """From half on; a holding of which nobody states the share counts, since unknown is not small."""
    tables = books([tie("A", "B", share=share)], [loan("B", 10)])
    assert facts(tables, policy, "A")["group_member"] == [member]


def test_a_bank_may_call_a_fifth_control(tmp_path: Path) -> None:
    """The share is the bank's own value, down to what ties are read for at all."""
    policy = policy_with(tmp_path, {"group.control_share": "0.20"})
    assert policy.parameters["group.control_share"].minimum == Decimal(str(LEAST_SHARE))
    tables = books([tie("A", "B", share=0.2), tie("C", "B", share=0.199)], [loan("B", 10)])
    assert facts(tables, policy, "A", "C")["group_member"] == [1.0, 0.0]


def test_a_tie_that_ended_or_was_not_known_does_not_count(policy: Policy) -> None:
    """Until the day it ended, and from the day on which the bank learned it."""
    ended = [tie("A", "B", until_on=AS_OF)]
    later = [tie("A", "B", known_at=datetime(2024, 7, 1, tzinfo=UTC))]
    for relations in (ended, later):
        found = facts(books([*relations, tie("A", "P1")], [loan("B", 10)]), policy, "A")
        assert found["group_member"] == [0.0]


def test_a_group_of_one_is_not_applicable(policy: Policy) -> None:
    """The only firm of its owner has no fellow: the ceiling does not concern it."""
    found = facts(books([tie("A", "P1")], [loan("A", 10)]), policy, "A")
    assert found["group_member"] == [0.0]
    row = {name: values[0] for name, values in found.items()}
    assert group_ceiling(cases(row, policy=policy)).status[0] == Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("relations", "more"),
    [
        ([tie("A", "HOLD")], {}),
        ([tie("A", "B")], {}),
        ([], {"enterprise": [{"group_id": "G", "name": "A", "stated_on": date(2024, 1, 1)}]}),
        ([], {"group_credit": [{"group_id": "G", "stated_on": date(2024, 6, 1)}]}),
    ],
    ids=["a company without books", "a member without a loan", "named in the register", "named without its exposure"],
)
def test_a_named_group_without_its_exposure_is_pending(policy: Policy, relations: Any, more: Any) -> None:
    """It stands at nothing, refers the case and names the document: unknown is never unlimited."""
    named = {kind: [{"enterprise_id": "A", **row} for row in rows] for kind, rows in more.items()}
    found = facts(books(relations, [loan("A", 10)], **named), policy, "A")
    assert found["group_member"] == [1.0]
    assert np.isnan(found["group_exposure_fen"][0])
    column = group_ceiling(cases({name: values[0] for name, values in found.items()}, policy=policy))
    assert (column.status[0], column.value[0]) == (Status.PENDING, 0)
    assert column.document_at(0) is Document.GROUP_EXPOSURE


@pytest.mark.parametrize(("steps", "others"), [("1", 30), ("0", None)])
def test_a_guarantee_joins_one_step_where_the_policy_says_so(tmp_path: Path, steps: str, others: int | None) -> None:
    """B guarantees A, C guarantees B: A's group takes in B and stops there; without the rule it is nobody's."""
    policy = policy_with(tmp_path, CAPITAL | {"group.guarantee_steps": steps})
    ring = [tie("A", "B", "guarantor", None), tie("C", "B", "guarantees", None)]
    tables = books(ring, [loan("B", 30), loan("C", 50)])
    found = facts(tables, policy, "A")
    assert found["group_member"] == [0.0 if others is None else 1.0]
    if others is not None:
        assert found["group_exposure_fen"] == [others * WAN]
        assert exposure(tables, policy, "B") == 50  # C owes; A owes nothing here


def test_a_guarantee_for_a_member_counts_once(policy: Policy) -> None:
    """A guarantees 40 for B, which owes 30, and 25 elsewhere: 30 of the 65 counts as B's debt already."""
    tables = books(
        [tie("B", "A"), tie("A", "B", "guarantees", None, amount_fen=40 * WAN)], [loan("A", 5), loan("B", 30)]
    )
    row = {name: values[0] for name, values in facts(tables, policy, "A").items()}
    column = group_ceiling(
        cases({**row, "bureau_guarantees_fen": 65.0 * WAN, "debt_own_exposure_fen": 5.0 * WAN}, policy=policy)
    )
    assert column.value[0] == (2000 - 5 - 30 - 35) * WAN


def test_the_larger_of_statement_and_loans_counts(policy: Policy) -> None:
    """They overlap, so they do not add; a stale statement settles nothing that is missing."""
    relations = [tie("A", "B"), tie("A", "C")]

    def stated(wan: int, on: date, loans: list[dict[str, Any]]) -> float:
        row = {"enterprise_id": "A", "group_id": "G", "stated_on": on, "exposure_fen": wan * WAN}
        return exposure(books(relations, loans, group_credit=[row]), policy, "A")

    both = [loan("B", 30), loan("C", 20)]
    assert stated(70, date(2024, 6, 1), both) == 70
    assert stated(40, date(2024, 6, 1), both) == 50
    assert stated(40, date(2024, 6, 1), both[:1]) == 40
    assert np.isnan(stated(40, date(2024, 3, 1), both[:1]))  # 121 days
    assert stated(40, date(2024, 3, 2), both[:1]) == 40


relations = st.lists(
    st.builds(
        tie,
        st.sampled_from(NAMES),
        st.sampled_from(PARTIES),
        st.sampled_from(["shareholder", "subsidiary", "controller", "guarantor", "guarantees", "phone", "director"]),
        st.sampled_from([0.1, 0.3, 0.5, 0.8, None]),
        until_on=st.sampled_from([None, None, None, date(2023, 1, 1), date(2025, 1, 1)]),
    ).filter(lambda row: row["enterprise_id"] != row["party_id"]),
    max_size=9,
    unique_by=lambda row: (row["enterprise_id"], row["party_id"], row["relation"]),
)
loans = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3000), max_size=6)


def plain_exposure(
    ties: Sequence[Mapping[str, Any]], owed: Mapping[str, int], name: str, least: float = 0.5
) -> tuple[bool, int | None]:
    """Whether there is a group, and what the others owe in 万元 (None: not known), by walking from party to party."""
    standing = [row for row in ties if row["until_on"] is None or row["until_on"] > AS_OF]
    control = [
        (row["enterprise_id"], row["party_id"])
        for row in standing
        if row["relation"] in ("shareholder", "subsidiary", "controller")
        and (row["share"] is None or row["share"] >= least)
    ]
    group = {name}
    while True:
        wider = group | {end for pair in control if set(pair) & group for end in pair}
        if wider == group:
            break
        group = wider
    members = {one for one in group if not one.startswith("P")} - {name}
    guarantees = [
        {row["enterprise_id"], row["party_id"]} for row in standing if row["relation"] in ("guarantor", "guarantees")
    ]
    beside = {end for pair in guarantees if pair & group for end in pair} - group
    beside = {one for one in beside if owed.get(one, 0) > 0}
    if not members and not beside:
        return False, None
    if any(one not in owed for one in members):
        return True, None
    return True, sum(owed[one] for one in members) + sum(owed[one] for one in beside)


@settings(max_examples=150, deadline=None)
@given(ties=relations, owed=loans)
@example(ties=[tie("A", "P1", until_on=None), tie("B", "P1", until_on=None)], owed={"B": 5})
def test_groups_are_those_that_a_plain_walk_finds(
    policy: Policy, ties: list[dict[str, Any]], owed: dict[str, int]
) -> None:
    """Membership and exposure of everybody equal those of an oracle, and one alone has the same as among many."""
    tables = books(ties, [loan(name, wan) for name, wan in owed.items()])
    tying = [row for row in ties if row["relation"] not in ("phone", "director") and (row["share"] or 1) >= LEAST_SHARE]
    tying = [row for row in tying if row["until_on"] is None or row["until_on"] > AS_OF]
    told = {row["enterprise_id"] for row in ties} | {row["party_id"] for row in tying}
    many = facts(tables, policy, *NAMES)
    for at, name in enumerate(NAMES):
        member, others = plain_exposure(ties, owed, name)
        if not told:
            assert not many
            continue
        if name in told:
            assert many["group_member"][at] == float(member)
            wanted = np.nan if not member or others is None else others * WAN
            assert np.array_equal(many["group_exposure_fen"][at], wanted, equal_nan=True)
        one = facts(tables, policy, name)
        for fact, values in one.items():
            assert np.array_equal(values[0], many[fact][at], equal_nan=True), fact


@settings(max_examples=60, deadline=None)
@given(
    ties=relations, owed=loans, more=st.integers(1, 3000) | st.integers(3000, 90_000), whose=st.sampled_from(NAMES[1:])
)
@example(ties=[tie("A", "B", until_on=None)], owed={"B": 1500}, more=300, whose="B")
@example(ties=[tie("A", "B", until_on=None)], owed={"B": 1500}, more=50_000, whose="B")
def test_more_exposure_of_a_fellow_never_raises_the_limit(
    policy: Policy, ties: list[dict[str, Any]], owed: dict[str, int], more: int, whose: str
) -> None:
    """Whoever of the others owes more, the group ceiling and the limit of A do not rise."""

    def found(debts: Mapping[str, int]) -> tuple[int, int]:
        tables = books([*ties, tie("A", "P9", share=0.1)], [loan(name, wan) for name, wan in debts.items()])
        row = {name: values[0] for name, values in facts(tables, policy, "A").items()}
        rich = {"product": "technology_credit", "pd": 0.0001, "sales_12m_fen": 1_600.0 * WAN}
        limits = compute_limits(cases({**rich, **row}, policy=policy))
        ceiling = next(each for each in limits.ceilings if each.code == "group")
        return int(limits.limit_fen[0]), int(ceiling.value[0])

    if whose in owed:  # a first loan on file settles what was unknown before
        before, after = found(owed), found({**owed, whose: owed[whose] + more})
        assert after[0] <= before[0]
        assert after[1] <= before[1]


@settings(max_examples=60, deadline=None)
@given(ties=relations, owed=loans, change=st.sampled_from(NAMES))
def test_the_digest_moves_with_whatever_the_group_reads(
    policy: Policy, ties: list[dict[str, Any]], owed: dict[str, int], change: str
) -> None:
    """Where a loan of another enterprise changes the facts of A, it changes the digest of A: replay notices."""
    before = books(ties, [loan(name, wan) for name, wan in owed.items()])
    after = books(ties, [loan(name, wan) for name, wan in {**owed, change: owed.get(change, 0) + 1}.items()])
    if change != "A" and str(facts(before, policy, "A")) != str(facts(after, policy, "A")):
        digests = [input_digests(tables, AS_OF, ["A"]).column("input_sha256")[0] for tables in (before, after)]
        assert digests[0] != digests[1]
