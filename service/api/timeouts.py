"""A request has so long; after that its caller is told 504, and nothing of it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import problem_response
from service.deadline import CURRENT, Deadline


class Timeout:
    """Answers in time. What already keeps something, or already answers, goes on to its end."""

    def __init__(self, app: ASGIApp, seconds: Callable[[Scope], float]) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, for so long."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deadline, seconds = Deadline(), self._seconds(scope)
        answering = given_up = False

        async def in_time(message: Message) -> None:
            nonlocal answering
            if not given_up:
                answering = True
                await send(message)

        before = CURRENT.set(deadline)
        try:
            work = asyncio.ensure_future(self._app(scope, receive, in_time))  # it has a copy of this context
        finally:
            CURRENT.reset(before)
        await done_or_late(work, seconds)
        if work.done() or answering or not deadline.expire():
            await work
            return
        given_up = True
        work.add_done_callback(forgotten)
        work.cancel()  # its thread, if it has one, ends at the next stage or where it would commit
        await too_late(scope["path"], seconds)(scope, receive, send)


async def done_or_late(work: asyncio.Future[None], seconds: float) -> None:
    """Wait for the end of the work, but only so long. Whoever ends the waiting ends the work.

    `asyncio.wait` does the same, for twice the time.
    """
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()

    def end(_: object = None) -> None:
        if not over.done():
            over.set_result(None)

    work.add_done_callback(end)
    late = loop.call_later(seconds, end)
    try:
        await over
    except asyncio.CancelledError:
        work.cancel()
        raise
    finally:
        late.cancel()


def forgotten(work: asyncio.Future[None]) -> None:
    """Nobody waits any more for what became of it."""
    if not work.cancelled():
        work.exception()


def too_late(path: str, seconds: float) -> ASGIApp:
    """The answer to a request that took too long."""
    return problem_response(
        path,
        name="DeadlinePassed",
        status=HTTPStatus.GATEWAY_TIMEOUT,
        title="the request took too long",
        detail=f"It may take {seconds:g} seconds. Nothing of it was kept.",
        expected=f"an answer within {seconds:g} s",
    )
