"""When work runs again: after a failure, and for periodic work after a run."""

from datetime import datetime, timedelta

_FIRST_SECONDS = 5
_MOST_SECONDS = 600


def backoff(attempts: int) -> timedelta:
    """How long to wait after the given number of failed attempts: 5 s, 20 s, 80 s, 320 s, then 10 min."""
    return timedelta(seconds=min(_FIRST_SECONDS * 4 ** min(attempts - 1, 5), _MOST_SECONDS))


def next_run(planned: datetime, every: timedelta, now: datetime) -> datetime:
    """The first planned moment after now; those that passed meanwhile are left out, the rhythm stays."""
    missed = max((now - planned) // every, 0)
    return planned + every * (missed + 1)
