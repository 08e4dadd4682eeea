"""What a command costs with all the processes that it starts: memory of all together at its peak, CPU, wall.

Memory is the proportional set size: a page that several processes share counts once, divided among them. It is looked
at twice a second, so a peak of a moment may be missed; the largest process says its own peak beside it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_S = 0.5
GIB = 1024**2  # kB


@dataclass(frozen=True)
class Cost:
    """Seconds and gigabytes. `together_gb`: all processes at one moment; `largest_gb`: of one process, ever."""

    wall_s: float
    cpu_s: float
    together_gb: float
    largest_gb: float
    processes: int
    said: str


def run(command: Sequence[str], watch: Callable[[float], str | None] = lambda _: None, every_s: float = 30.0) -> Cost:
    """Run a command to its end. `watch` is asked now and then, with the seconds so far, what to tell. Raises
    RuntimeError where the command fails."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(list(command), stdout=subprocess.PIPE, text=True)
    memory = _Memory(process.pid)
    told = began
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.append(process.stdout.read() if process.stdout else ""))
    reader.start()
    while process.poll() is None:
        memory.look()
        if time.perf_counter() - told >= every_s:
            told = time.perf_counter()
            words = watch(told - began)
            if words:
                sys.stderr.write(f"  {told - began:6,.0f} s  {words}, {memory.together / GIB:.1f} GB at most\n")
        time.sleep(LOOK_S)
    reader.join()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}\n{''.join(said)}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall = time.perf_counter() - began
    return Cost(wall, cpu, memory.together / GIB, memory.largest / GIB, memory.processes, "".join(said))


class _Memory:
    """The processes below one, and itself."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.together = self.largest = 0
        self.processes = 0

    def look(self) -> None:
        held = 0
        found = family(self.root)
        for pid in found:
            pss, peak = _held(pid)
            held += pss
            self.largest = max(self.largest, peak)
        self.together = max(self.together, held)
        self.processes = max(self.processes, len(found))


def family(root: int) -> list[int]:
    """A process and all below it."""
    parents: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                after_name = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                parents.setdefault(int(after_name[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += parents.get(one, [])
    return found


def _held(pid: int) -> tuple[int, int]:
    """Proportional set size now and the largest resident set ever, in kB; nothing of a process that is gone."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pss = _figure(Path(f"/proc/{pid}/smaps_rollup").read_text(), "Pss:")
        return pss, _figure(Path(f"/proc/{pid}/status").read_text(), "VmHWM:")
    return 0, 0


def _figure(text: str, name: str) -> int:
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith(name)), 0)
