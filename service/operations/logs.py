"""The log: one JSON object a line on standard error, with the request's id; no personal data, no secrets, no bodies.

What may be logged: the route's template and never its path, a caller's pseudonym and never its name, the class of a
failure and where in the code it happened and never its words, which may hold what somebody sent.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any

import structlog

Event = MutableMapping[str, Any]
FRAMES = 12  # innermost ones of a failure that the log names
TECHNICAL = ("uvicorn", "uvicorn.error", "uvicorn.asgi")
KEPT_LOGGERS = ("service", "models", "training")


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose events are words with facts: `logger(__name__).info("request", status=200)`."""
    found: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
    )
    return found


def configuration(level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`: everything on standard error, as JSON."""
    own = {"handlers": ["stderr"], "level": level, "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": dict.fromkeys((*TECHNICAL, *KEPT_LOGGERS), own),
    }


def formatter() -> logging.Formatter:
    """Every record, ours or a library's, as one line of JSON."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            failure_without_words,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )


def failure_without_words(_logger: object, _method: str, event: Event) -> Event:
    """Replace an exception by its classes and places: its words may hold what somebody sent."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if isinstance(given, tuple):
        given = given[1]
    if isinstance(given, BaseException):
        event["failure"] = failure_of(given)
    return event


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
