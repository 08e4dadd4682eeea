"""So many requests in a time for each caller: one who asks too often is told when to come back."""

from __future__ import annotations

import math
from collections.abc import Callable
from http import HTTPStatus

from limits import RateLimitItem, parse
from limits.strategies import FixedWindowRateLimiter
from starlette.types import ASGIApp

from service.api.problems import problem_response
from service.api.rate_windows import Windows
from service.people import Principal
from service.settings import Settings


class Rates:
    """Counts the requests of each caller, in this process. `now` is in seconds of the epoch."""

    def __init__(self, settings: Settings, now: Callable[[], float]) -> None:
        self._limits = {
            "person": parsed(settings.rate_limit),
            "key": parsed(settings.rate_limit_keys),
        }
        self._limiter = FixedWindowRateLimiter(Windows(now))
        self._now = now

    def refusal(self, caller: Principal, path: str) -> ASGIApp | None:
        """The answer to one who asks too often; None lets the request through."""
        limit = self._limits[caller.kind]
        if limit is None or self._limiter.hit(limit, caller.subject):
            return None
        reset = self._limiter.get_window_stats(limit, caller.subject).reset_time
        seconds = max(1, math.ceil(reset - self._now()))
        return problem_response(
            path,
            name="TooManyRequests",
            status=HTTPStatus.TOO_MANY_REQUESTS,
            title="too many requests",
            detail=f"A caller may make {limit.amount} requests in {limit.get_expiry()} s. Ask again in {seconds} s.",
            headers={"Retry-After": str(seconds)},
            expected=f"at most {limit.amount} requests in {limit.get_expiry()} s",
        )


def parsed(text: str) -> RateLimitItem | None:
    """A limit such as `1200/minute`; `off` is none."""
    return None if text == "off" else parse(text)
