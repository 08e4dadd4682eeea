"""Counting by window: as many as the limit, then none until the window ends, and nothing kept of the past."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from service.api.rate_windows import Windows

LIMIT = parse("3/10 second")


class Clock:
    """A clock that is moved by hand."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_window_ends_and_another_begins() -> None:
    """The fourth is refused, and told when the window ends; a second after it counts from one."""
    clock = Clock()
    windows = Windows(clock)
    limiter = FixedWindowRateLimiter(windows)
    assert [limiter.hit(LIMIT, "li") for _ in range(4)] == [True, True, True, False]
    assert limiter.hit(LIMIT, "wang")
    assert limiter.get_window_stats(LIMIT, "li") == (clock.now + 10, 0)
    clock.now += 10
    assert limiter.get_window_stats(LIMIT, "li").remaining == 3
    assert limiter.hit(LIMIT, "li")
    assert windows.reset() == 1  # of wang, whose window is past, nothing is kept


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 4)), max_size=40))
def test_no_window_lets_more_through(steps: list[tuple[str, float]]) -> None:
    """Whoever comes whenever: from the first of a window on, ten seconds hold three."""
    clock = Clock()
    limiter = FixedWindowRateLimiter(Windows(clock))
    began: dict[str, float] = {}
    let_in: dict[str, int] = {}
    for who, later in steps:
        clock.now += later
        if who not in began or clock.now >= began[who] + 10:
            began[who], let_in[who] = clock.now, 0
        assert limiter.hit(LIMIT, who) == (let_in[who] < 3)
        let_in[who] += 1


def test_no_thread_is_started() -> None:
    """The library's own store is what this one is instead of: it starts threads."""
    before = set(threading.enumerate())
    limiter = FixedWindowRateLimiter(Windows(Clock()))
    for _ in range(50):
        limiter.hit(LIMIT, "li")
    assert set(threading.enumerate()) == before
    assert hasattr(MemoryStorage(), "timer")


def test_counts_from_threads_add_up() -> None:
    """No count is lost."""
    windows = Windows(Clock())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: windows.incr("key", 10), range(2_000)))
    assert windows.get("key") == 2_000
