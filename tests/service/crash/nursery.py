"""Servers without the wait: a process that has imported everything and forks a server for every line that it reads.

A life under the hammer is shorter than an interpreter's start. The child opens the database, the records and the model
itself, binds its own socket and serves with uvicorn as `assetlight serve` does; nothing is opened before the fork.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from pathlib import Path

from service import serving
from service.bootstrap import build
from service.policies import policy_files
from service.settings import read_settings


def main(home: Path, day: date) -> None:
    """For every line: fork a server, print its process id and address, wait until it was killed."""
    policy_files(day)
    for _ in sys.stdin:
        listening = serving.bind("127.0.0.1", 0)
        child = os.fork()
        if child == 0:
            service = build(read_settings(home=home, development_issuer=True))
            _ = service.store
            serving.run(service, listening)
            os._exit(0)
        sys.stdout.write(json.dumps({"process": child, "address": serving.address(listening)}) + "\n")
        sys.stdout.flush()
        listening.close()
        os.waitpid(child, 0)
        sys.stdout.write("gone\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]))
