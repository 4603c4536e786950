"""The default service levels: hours per severity, by the clock that counts for the company."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, get_args

from interaction_svc.sla.clock import Clock

Severity = Literal["low", "normal", "high", "critical"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
SlaState = Literal["running", "paused", "met", "breached"]

RESOLUTION_HOURS: Mapping[str, int] = {"critical": 24, "high": 48, "normal": 120, "low": 240}
"""From opening (or reopening) to the resolution."""

STEP_HOURS: Mapping[str, Mapping[str, int]] = {
    "received": {"critical": 1, "high": 4, "normal": 24, "low": 48},
    "classified": {"critical": 2, "high": 8, "normal": 24, "low": 48},
    "waiting_customer": {"critical": 24, "high": 48, "normal": 72, "low": 120},
    "investigating": {"critical": 8, "high": 24, "normal": 72, "low": 120},
    "resolving": {"critical": 24, "high": 48, "normal": 72, "low": 120},
    "resolved": {"critical": 24, "high": 24, "normal": 48, "low": 72},
    "informed": {"critical": 24, "high": 48, "normal": 72, "low": 120},
    "mediation": {"critical": 24, "high": 48, "normal": 120, "low": 240},
}
"""From entering a state to leaving it.

In `waiting_customer` the customer is asked again, in `resolved` told, in `informed` the case is closed.
"""
_OWN_TIME = ("waiting_customer", "resolved", "informed")
"""States whose deadline has nothing to do with the resolution's: its clock does not run in them."""


def resolution_due(
    clock: Clock, started_at: datetime, severity: str, paused: timedelta = timedelta(0)
) -> datetime:
    """Until when the complaint must be resolved; `paused` is how long its clock stood still."""
    return clock.after(started_at, timedelta(hours=RESOLUTION_HOURS[severity]) + paused)


def step_due(
    clock: Clock, status: str, started_at: datetime, severity: str, resolution: datetime
) -> datetime | None:
    """Until when the state must be left; never later than the resolution is due; None: no deadline."""
    hours = STEP_HOURS.get(status)
    if hours is None:
        return None
    due = clock.after(started_at, timedelta(hours=hours[severity]))
    return due if status in _OWN_TIME else min(due, resolution)


def sla_state(
    due_at: datetime, resolved_at: datetime | None, paused_at: datetime | None, *, now: datetime
) -> SlaState:
    """How the resolution's clock stands; the moment itself is still in time."""
    if (resolved_at or paused_at or now) > due_at:
        return "breached"
    if resolved_at is not None:
        return "met"
    return "running" if paused_at is None else "paused"
