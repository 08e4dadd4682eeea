"""Turns: never more at a time than there are, each in order of arrival, none lost by whoever fails or goes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event, Lock, Thread

import pytest

from service.turns import Turns


def until(turns: Turns, waiting: int) -> None:
    """Wait until so many wait."""
    for _ in range(2_000):
        if turns.waiting == waiting:
            return
        time.sleep(0.005)
    raise AssertionError(turns.waiting)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_never_more_than_so_many_work(most: int) -> None:
    """Also when some fail in their turn; in the end all turns are free again."""
    turns, lock, at_work = Turns(most), Lock(), [0]
    seen: list[int] = []

    def work(number: int) -> None:
        with turns.taken():
            with lock:
                at_work[0] += 1
                seen.append(at_work[0])
            time.sleep(0.002)
            with lock:
                at_work[0] -= 1
            if number % 3 == 0:
                raise ValueError("this one fails")

    with ThreadPoolExecutor(12) as pool:
        done = [pool.submit(work, number) for number in range(60)]
    assert sum(one.exception() is not None for one in done) == 20
    assert max(seen) == most
    with ExitStack() as free:
        for _ in range(most):
            free.enter_context(turns.taken())
        assert turns.waiting == 0


def test_who_came_first_is_called_first() -> None:
    """A newcomer does not pass by those who wait."""
    turns, go = Turns(1), Event()
    order: list[int] = []

    def work(number: int) -> None:
        with turns.taken():
            order.append(number)
            if number == 0:
                assert go.wait(30)

    threads = []
    for number in range(6):
        threads.append(Thread(target=work, args=(number,)))
        threads[-1].start()
        until(turns, number)
        while not order:
            time.sleep(0.001)
    go.set()
    for thread in threads:
        thread.join(30)
    assert order == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("called", [False, True])
def test_who_is_interrupted_while_waiting_leaves_no_hole(monkeypatch: pytest.MonkeyPatch, called: bool) -> None:
    """Neither where it still waits nor where its turn has just come."""
    turns = Turns(1)
    held = turns.taken()
    held.__enter__()

    def interrupted(_: Event) -> None:
        if called:
            held.__exit__(None, None, None)
        raise KeyboardInterrupt("enough")

    with monkeypatch.context() as patched:
        patched.setattr(Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt, match="enough"), turns.taken():
            pass
    if not called:
        held.__exit__(None, None, None)
    with turns.taken():
        assert turns.waiting == 0
