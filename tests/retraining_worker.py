"""Real retrainings in processes that a test may kill: `python -m tests.retraining_worker HOME CONFIG`.

A nursery: it imports everything once and then forks a process for each line it reads, before any thread of training was
started. A worker tells its process id, every step of the job, every step of training, and how it ended.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from service.bootstrap import build
from service.retraining.config import read_config
from service.retraining.door import open_door
from service.retraining.job import Job
from service.settings import read_settings


def tell(*words: object) -> None:
    """One line, at once, whole."""
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def work(home: Path, config: Path) -> None:
    """The job as the command line runs it, telling what it does."""
    service = build(read_settings(home=home))
    job = Job(
        read_config(config), home, service.registry, service.bundles, open_door(), config.parent,
        progress=lambda words, done, total: tell("training", words.split(" ")[0], done, total),
        reached=lambda step: tell("step", step),
    )  # fmt: skip
    ended = job.run()
    service.close()
    tell("ended", ended.result, ended.model, ended.again, ended.shadow)


def main() -> None:
    """A worker for each line of standard input."""
    home, config = Path(sys.argv[1]), Path(sys.argv[2])
    door = open_door()
    tell("ready", len(door.request_key({"rows": {}}, str(home))))
    for _ in sys.stdin:
        process = os.fork()
        if not process:
            try:
                tell("started", os.getpid())
                work(home, config)
            finally:
                os._exit(0)
        _, status = os.waitpid(process, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        tell("gone", "killed" if killed else "done")


if __name__ == "__main__":
    main()
