"""The trace that a piece of work belongs to, as a W3C `traceparent`."""

import os
import re

import structlog

_FORM = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


def new_traceparent() -> str:
    """A fresh trace with its first span."""
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"


def child_of(traceparent: str | None) -> str:
    """A new span in the given trace, or a fresh trace when it is absent or malformed."""
    if traceparent is None or not _FORM.match(traceparent):
        return new_traceparent()
    version, trace, _, flags = traceparent.split("-")
    return f"{version}-{trace}-{os.urandom(8).hex()}-{flags}"


def current_traceparent() -> str | None:
    """The trace of the request or event that is being handled, if any."""
    found = structlog.contextvars.get_contextvars().get("traceparent")
    return found if isinstance(found, str) else None
