"""Delivers events: each subscription at its own pace, so that a slow consumer keeps no other one waiting."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from models.errors import AssetlightError
from service.outbox.deliveries import Deliveries, Delivery
from service.outbox.sending import Outcome, Sends
from service.outbox.subscriptions import Subscription, Subscriptions
from service.store.engine import reason

LOG = logging.getLogger(__name__)
AT_ONCE = 8  # events of different subjects that one worker sends to one subscription at the same time
SECONDS_BETWEEN_LOOKS = 1.0


@dataclass
class Told:
    """What a worker did."""

    delivered: int = 0
    refused: int = 0
    dead: int = 0


@dataclass
class Worker:
    """Takes what is due, sends it, and writes down what came of it. Several may work on one store."""

    subscriptions: Subscriptions
    deliveries: Deliveries
    sender: Sends
    told: Told = field(default_factory=Told)
    each: Callable[[Delivery, Outcome], None] = lambda *_: None

    async def drain(self) -> Told:
        """Send what is due now, and what becomes due by that, until nothing is.

        What one subscription raises keeps no other one from being told. Raises EventsKeyNotUsable, RowNotAsTold.
        """
        due = await asyncio.to_thread(self.deliveries.due_subscriptions)
        ended = await asyncio.gather(*(self._drain(one) for one in due), return_exceptions=True)
        for failure in ended:
            if failure is not None:
                raise failure
        return self.told

    async def run(self, stop: asyncio.Event) -> Told:
        """Deliver until told to stop; attempts under way are finished. A database that is away is waited for."""
        busy: dict[str, asyncio.Task[None]] = {}
        while not stop.is_set():
            try:
                for one in await asyncio.to_thread(self.deliveries.due_subscriptions):
                    if one not in busy:
                        busy[one] = asyncio.create_task(self._drain(one, stop))
            except (AssetlightError, SQLAlchemyError) as failure:
                LOG.error("events wait: %s", said(failure))  # noqa: TRY400  # a traceback would show statements
            waiting = [asyncio.create_task(stop.wait()), *busy.values()]
            await asyncio.wait(waiting, timeout=SECONDS_BETWEEN_LOOKS, return_when=asyncio.FIRST_COMPLETED)
            waiting[0].cancel()
            for name in [name for name, task in busy.items() if task.done()]:
                failed = busy.pop(name).exception()
                if failed is not None:
                    LOG.error("events of subscription %s wait: %s", name, said(failed))
                    await asyncio.sleep(0 if stop.is_set() else SECONDS_BETWEEN_LOOKS)
        await asyncio.gather(*busy.values(), return_exceptions=True)
        return self.told

    async def _drain(self, subscription_id: str, stop: asyncio.Event | None = None) -> None:
        while stop is None or not stop.is_set():
            subscription = await asyncio.to_thread(self.subscriptions.as_told, subscription_id)
            if subscription is None:
                return
            secret = await asyncio.to_thread(self.subscriptions.secret, subscription)
            taken = await asyncio.to_thread(self.deliveries.take, subscription_id, AT_ONCE)
            if not taken:
                return
            await asyncio.gather(*(self._attempt(subscription, secret, one) for one in taken))

    async def _attempt(self, subscription: Subscription, secret: bytes, one: Delivery) -> None:
        outcome = await self.sender.send(subscription.url, secret, one.event_id, one.body, self.deliveries.clock())
        self.each(one, outcome)
        if outcome.problem is None:
            await asyncio.to_thread(self.deliveries.delivered, one)
            self.told.delivered += 1
            return
        dead = await asyncio.to_thread(self.deliveries.refused, one, outcome.problem, outcome.retry_after)
        self.told.refused += 1
        self.told.dead += dead
        if dead:
            LOG.error(
                "event %s is a dead letter of subscription %s: %s", one.event_id, subscription.id, outcome.problem
            )


def said(failure: BaseException) -> str:
    """A failure in words that hold no statement and no value."""
    if isinstance(failure, SQLAlchemyError):
        return reason(failure)
    return str(failure) if isinstance(failure, AssetlightError) else type(failure).__name__
