"""The process of one run that was asked for over HTTP: `python -m service.batch.worker FOLDER`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout

from models.errors import AssetlightError
from service.batch.background import SUBMITTED, read_plan
from service.batch.errors import BatchBusy, BatchCancelled
from service.batch.folder import STATE, RunFolder
from service.batch.running import CANCELLED, INCOMPLETE, STOPPED
from service.batch.starting import engine_of, run
from service.bootstrap import Service, build
from service.settings import read_settings

TURN = ".turn"  # held by the one run that works
LOOK_S = 0.5


def work(service: Service, folder: RunFolder) -> int:
    """Wait for the turn of this run, do it; gives the exit code of the process."""
    turn = FileLock(folder.path.parent / TURN)
    while True:
        if folder.cancelled:
            folder.tell({**(folder.read(STATE) or {}), "state": CANCELLED})
            return 1
        try:
            turn.acquire(timeout=0)
            break
        except Timeout:
            time.sleep(LOOK_S)
    try:
        submitted = folder.read(SUBMITTED) or {}
        run(service, read_plan(folder), folder.path, engine=engine_of(None), actor=str(submitted.get("by")))
    except BatchCancelled:
        return 1
    except BatchBusy:
        return 1  # another process does it
    except (AssetlightError, OSError) as error:
        told = folder.read(STATE) or {}
        if told.get("state") not in (STOPPED, INCOMPLETE):
            folder.tell({**told, "state": STOPPED, "message": f"{type(error).__name__}: {error}"})
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    finally:
        turn.release()
    return 0


def main() -> int:
    """Settings come from the surroundings, the run from its folder."""
    service = build(read_settings())
    try:
        return work(service, RunFolder(Path(sys.argv[1])))
    finally:
        service.close()


if __name__ == "__main__":
    os.nice(5)  # those who wait for an answer go first
    raise SystemExit(main())
