"""Structured logs: one JSON object a line, from an allow-list of keys, so that no personal data slips in."""

import json
import logging
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

_encode = json.JSONEncoder(ensure_ascii=False, default=repr).encode

# Whatever is logged under another name is dropped: texts, names and values have no way in.
ALLOWED = frozenset({
    "event", "level", "timestamp", "service", "request_id", "traceparent", "method", "route", "status",
    "milliseconds", "principal", "principal_kind", "error", "where", "loop", "job", "job_kind", "kind",
    "event_id", "event_type", "consumer", "attempts", "count", "seconds", "operation_id", "reason", "version",
    "queue", "published", "table", "model", "champion", "customers", "port", "address", "key_id",
})  # fmt: skip


def _only_allowed(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in entry.items() if key in ALLOWED}


def _as_json(_: Any, __: str, entry: MutableMapping[str, Any]) -> str:
    return _encode(entry)


def configure(level: str = "INFO") -> None:
    """Send structlog's and the libraries' logs to standard error as JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_allowed,
            _as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Bridge()], force=True)


class _Bridge(logging.Handler):
    """A library's message may hold values: its logger's name and level are kept, its text is not."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().log(
            record.levelno, "library", where=f"{record.name}:{record.lineno}", error=type(error).__name__
        )


def where(traceback: TracebackType | None) -> str:
    """The last places of a traceback as `file:line`, without any value."""
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/src/')[2] or code.co_filename}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return " < ".join(reversed(places[-6:]))
