"""The log: one JSON object a line on standard error, with the request's id; no personal data, no secrets, no bodies.

What may be logged: the route's template and never its path, a caller's pseudonym and never its name, the class of a
failure and where in the code it happened and never its words, which may hold what somebody sent.
"""

from __future__ import annotations

import json
import logging
from collections.abc import MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any

import msgspec
import structlog

FRAMES = 12  # innermost ones of a failure that the log names
TECHNICAL = ("uvicorn", "uvicorn.error", "uvicorn.asgi")
KEPT_LOGGERS = ("service", "models", "training")
OF_EVERY_RECORD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})
LEVELS = {name: getattr(logging, name.upper()) for name in ("debug", "info", "warning", "error")}
LINE = msgspec.json.Encoder(enc_hook=repr)
Facts = dict[str, Any]


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose events are words with facts: `logger(__name__).info("request", status=200)`."""
    found: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        Handing(logging.getLogger(name)),
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[as_record],
    ).bind()  # at once: the lazy one would be made anew for every line
    return found


class Handing:
    """Hands records to a logger of the standard library. Its own methods would look for the line that calls, which no
    line of the log tells, for as long as everything else takes.
    """

    def __init__(self, target: logging.Logger) -> None:
        self.name, self.isEnabledFor, self.handle = target.name, target.isEnabledFor, target.handle

    debug = info = warning = error = lambda self, record: self.handle(record)


def as_record(target: Any, method: str, event: MutableMapping[str, Any]) -> tuple[tuple[logging.LogRecord], Facts]:  # noqa: ANN401
    """The event as a record of the standard library, with its facts. Raises DropEvent below the logger's level."""
    level = LEVELS[method]
    if not target.isEnabledFor(level):
        raise structlog.DropEvent
    words, failure = event.pop("event"), event.pop("exc_info", None)
    given = (type(failure), failure, failure.__traceback__) if isinstance(failure, BaseException) else None
    record = logging.LogRecord(target.name, level, "", 0, words, (), given)
    vars(record).update(event)
    return (record,), {}


def configuration(level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`: everything on standard error, as JSON."""
    own = {"handlers": ["stderr"], "level": level, "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": dict.fromkeys((*TECHNICAL, *KEPT_LOGGERS), own),
    }


class JsonLines(logging.Formatter):
    """Every record, ours or a library's, as one line of JSON: what happened, in which request, and the facts given.

    A failure is told by its classes and places (`failure_of`): its words may hold what somebody sent.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        event: dict[str, Any] = {"event": record.getMessage()}
        event |= structlog.contextvars.get_contextvars()
        event["level"], event["logger"] = record.levelname.lower(), record.name
        event |= {name: value for name, value in record.__dict__.items() if name not in OF_EVERY_RECORD}
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")
        event["timestamp"] = moment.removesuffix("+00:00") + "Z"
        if record.exc_info and record.exc_info[1] is not None:
            event["failure"] = failure_of(record.exc_info[1])
        try:
            return LINE.encode(event).decode()
        except (TypeError, ValueError, OverflowError):  # a library's extra that msgspec does not take
            return json.dumps(event, default=repr, skipkeys=True)


def failure_of(error: BaseException) -> list[dict[str, Any]]:
    """The classes of an exception and of what caused it, each with its innermost places in the code."""
    found: list[dict[str, Any]] = []
    seen: BaseException | None = error
    while seen is not None and len(found) < FRAMES:
        found.append({"class": type(seen).__name__, "at": places_of(seen.__traceback__)})
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return found


def places_of(traceback: TracebackType | None) -> list[str]:
    """`file.py:12 function`, innermost last."""
    frames = extract_tb(traceback, limit=-FRAMES)
    return [f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}" for frame in frames]
