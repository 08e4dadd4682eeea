"""Whose cases somebody sees: of its branches and parks, and an officer only its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.people import EVERYWHERE, Principal, Role

PLACES = st.frozensets(st.sampled_from(["a", "b", EVERYWHERE]), max_size=2)
PLACE = st.none() | st.sampled_from(["a", "b", "c"])


def who(*roles: Role, branches: frozenset[str] = frozenset(), parks: frozenset[str] = frozenset()) -> Principal:
    return Principal("me", "Me", frozenset(roles), branches, parks)


@pytest.mark.parametrize(
    ("branches", "parks", "branch", "park", "reached"),
    [
        (set(), set(), "a", None, False),
        ({"a"}, set(), "a", "p", True),
        ({"a"}, set(), "b", None, False),
        ({"a"}, {"p"}, "a", "p", True),
        ({"a"}, {"p"}, "a", "q", False),
        ({"a"}, {"p"}, "a", None, False),
        ({"*"}, set(), None, None, True),
        ({"*"}, {"*"}, "b", None, True),
        ({"a"}, set(), None, None, False),
    ],
)
def test_reach(branches: set[str], parks: set[str], branch: str | None, park: str | None, *, reached: bool) -> None:
    """No branch, no case; parks narrow; the star is everywhere."""
    assert who(branches=frozenset(branches), parks=frozenset(parks)).reaches(branch, park) is reached


@given(PLACES, PLACES, PLACE, PLACE, st.sampled_from(list(Role)), st.sampled_from(["me", "other"]))
def test_what_is_not_reached_is_not_seen(
    branches: frozenset[str], parks: frozenset[str], branch: str | None, park: str | None, role: Role, owner: str
) -> None:
    """No role sees beyond its reach; an officer sees of its reach only its own."""
    caller = who(role, branches=branches, parks=parks)
    seen = caller.sees(owner=owner, branch=branch, park=park)
    if not caller.reaches(branch, park):
        assert not seen
    elif role in (Role.OFFICER, Role.MODEL_OWNER):
        assert seen == (owner == "me")
    else:
        assert seen


def test_the_log_knows_nobody_by_name() -> None:
    """A pseudonym is stable and says nothing."""
    assert who().pseudonym == who(Role.RISK).pseudonym
    assert "me" not in who().pseudonym
    assert len(who().pseudonym) == 16
