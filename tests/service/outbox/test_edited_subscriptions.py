"""A subscription that somebody edited in the database is told of nothing; on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from service.errors import RowNotAsTold
from service.operations.edited_access import access_not_as_told
from service.store.outbox_schema import EVENT_SUBSCRIPTIONS
from tests.service.outbox.conftest import Bank
from tests.service.outbox.consumers import Consumer


def edit(bank: Bank, name: str, **values: Any) -> dict[str, Any]:
    """Edit a subscription; gives its row of before."""
    mine = EVENT_SUBSCRIPTIONS.c.id == name
    with bank.store.writing() as connection:
        before = dict(connection.execute(select(EVENT_SUBSCRIPTIONS).where(mine)).mappings().one())
        connection.execute(update(EVENT_SUBSCRIPTIONS).where(mine).values(values))
    return before


def test_no_signed_event_goes_to_an_edited_address(bank: Bank) -> None:
    """Others are told meanwhile; put back, it is told of everything."""
    thief, other = Consumer(), Consumer()
    made = bank.subscribe()
    bank.subscribe(other)
    with thief.up():
        forged = thief.url
    before = edit(bank, made.id, url=forged)
    bank.happen()
    with bank.consumer.up(), other.up(), thief.up():
        with pytest.raises(RowNotAsTold, match=f"event_subscriptions .*{made.id}: its url is another"):
            bank.drain()
        assert (len(thief.requests), len(bank.consumer.requests), len(other.requests)) == (0, 0, 1)
        with bank.store.snapshot() as connection:
            ((table, row, _),) = access_not_as_told(connection)
        assert (table, row) == ("event_subscriptions", made.id)
        with pytest.raises(RowNotAsTold, match="url"):
            bank.subscriptions.every()
        edit(bank, made.id, url=before["url"])
        bank.drain()
        assert (len(thief.requests), len(bank.consumer.requests), len(other.requests)) == (0, 1, 1)


@pytest.mark.parametrize("values", [{"types": '["model.*"]'}, {"types": "all"}, {"secret_sha256": "0" * 64}])
def test_whatever_was_edited_stops_it(bank: Bank, values: dict[str, Any]) -> None:
    """Types and secret as well as the address."""
    made = bank.subscribe()
    bank.happen()
    edit(bank, made.id, **values)
    with bank.consumer.up(), pytest.raises(RowNotAsTold, match=next(iter(values))):
        bank.drain()
    assert bank.consumer.requests == []
