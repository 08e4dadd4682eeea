"""The load of `benchmarks.api`: a process of its own on another core, which imports nothing that takes long."""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import sys
import time
from itertools import cycle
from random import Random
from urllib.parse import urlsplit

LOAD_CORE = 1
IDLE_S = 2.0  # less than the time after which a server ends a silent connection
MOST_SHOWN = 2_000  # bytes of an answer that was not expected


class Refused(Exception):
    """The server answered with another status than 2xx: what it said is part of the sentence."""


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    """One request on an open connection. Raises Refused with the answer."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    assert length is not None, head
    body = await reader.readexactly(int(length[1]))
    if head[9:10] != b"2":
        asked = request.split(b"\r\n", 1)[0].decode()
        raise Refused(f"{asked}: {head[9:12].decode()} {body[:MOST_SHOWN].decode(errors='replace')}")


def request_bytes(address: str, path: str, body: bytes, token: str) -> bytes:
    """One request as it goes over the wire."""
    host = urlsplit(address).netloc
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n"
    )
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def loaded(
    address: str, requests: list[bytes], seconds: float, connections: int, rate: float, even: bool
) -> dict[str, float]:
    """The requests in turn, without a pause where `rate` is 0, else at fixed times, `even` or as independent callers
    come; latencies in milliseconds.

    Raises Refused at the first answer that is not 2xx.
    """
    parts = urlsplit(address)
    latencies: list[float] = []
    each = cycle(requests)
    busy_before = time.process_time()
    began = time.perf_counter()
    due = iter(arrivals(rate, seconds, even)) if rate else None

    async def client() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        answered = time.perf_counter()
        while True:
            start = time.perf_counter()
            if due is not None:
                at = next(due, None)
                if at is None:
                    break
                start = began + at
                await asyncio.sleep(max(0.0, start - time.perf_counter()))
                if time.perf_counter() - answered > IDLE_S:  # the server closes what is silent for long
                    writer.close()
                    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            elif start - began > seconds:
                break
            await exchange(reader, writer, next(each))
            answered = time.perf_counter()
            latencies.append((answered - start) * 1e3)
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    took = time.perf_counter() - began
    busy = time.process_time() - busy_before
    latencies.sort()
    return {
        "requests": len(latencies),
        "requests/s": round(len(latencies) / took, 1),
        "load's own core busy": round(busy / took, 2),  # near 1: the load was the limit, not the server
        "p50 ms": round(statistics.median(latencies), 2),
        "p99 ms": round(latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))], 2),
    }


def arrivals(rate: float, seconds: float, even: bool) -> list[float]:
    """Times at which requests are due: evenly spaced, or as independent callers come (Poisson)."""
    rng, at, found = Random(1), 0.0, []  # noqa: S311
    while at < seconds:
        at += 1 / rate if even else rng.expovariate(rate)
        found.append(at)
    return found


def load_process() -> None:
    """What `load` starts."""
    os.sched_setaffinity(0, {LOAD_CORE % (os.cpu_count() or 1)})
    asked = json.load(sys.stdin)
    requests = [request_bytes(asked["address"], asked["path"], one.encode(), asked["token"]) for one in asked["bodies"]]
    run = loaded(
        asked["address"], requests, asked["seconds"], int(asked["connections"]), asked["rate"],
        bool(asked.get("even", False)),
    )  # fmt: skip
    try:
        print(json.dumps(asyncio.run(run)))
    except Refused as refused:
        sys.exit(f"the load met an answer that it cannot use: {refused}")


if __name__ == "__main__":
    load_process()
