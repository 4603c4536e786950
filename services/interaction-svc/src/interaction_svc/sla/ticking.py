"""The clocks of a case, and when whom to tell about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from interaction_svc.sla.domain import Metric, Recipient, Terms

AlarmKind = Literal["warning", "breach", "escalation"]
_KINDS: tuple[AlarmKind, ...] = ("warning", "breach", "escalation")
_FIXED = 2
"""Every clock warns and breaches; what follows is its policy's chain."""


class Alarm(NamedTuple):
    """When to tell whom."""

    at: datetime
    to: Recipient


@dataclass(frozen=True, slots=True)
class Ticking:
    """One clock of a case: until when, and its alarms in the order in which they are told.

    `paused_at`: it stands still since then; `done_at`: it was stopped, in time or late.
    """

    metric: Metric
    started_at: datetime
    due_at: datetime
    paused_at: datetime | None
    done_at: datetime | None
    alarms: tuple[Alarm, ...]


def due(terms: Terms, metric: Metric, started_at: datetime, paused: timedelta = timedelta(0)) -> datetime:
    """Until when; `paused` is how long the clock stood still."""
    return terms.clock.after(started_at, terms.targets[metric] + paused)


def ticking(
    terms: Terms,
    metric: Metric,
    started_at: datetime,
    *,
    done_at: datetime | None,
    due_at: datetime | None = None,
    paused: timedelta = timedelta(0),
    paused_at: datetime | None = None,
) -> Ticking:
    """A clock by its terms; `due_at` if that is settled already."""
    ends = due(terms, metric, started_at, paused) if due_at is None else due_at
    part = terms.targets[metric] * terms.policy.warn_percent / 100
    warning = min(terms.clock.after(started_at, part + paused), ends)
    told = [Alarm(warning, "owner"), Alarm(ends, "owner")]
    told += [Alarm(terms.clock.after(ends, stage.after), stage.to) for stage in terms.policy.chain]
    if not terms.policy.at_night:
        told = [Alarm(terms.office.opening(alarm.at), alarm.to) for alarm in told]
    return Ticking(metric, started_at, ends, paused_at, done_at, tuple(told))


def kind(place: int) -> AlarmKind:
    """What the alarm at this place tells."""
    return _KINDS[min(place, _FIXED)]


def to_tell(times: list[datetime], *, fired: int, done: bool, now: datetime) -> range:
    """The places of the alarms that are told now, when `fired` were told before.

    Who is told of a breach needs no warning any more. A clock that was stopped too late tells its breach.
    """
    if done:
        return range(max(fired, 1), _FIXED)
    passed = sum(at < now for at in times)
    first = 1 if fired == 0 and passed > 1 else fired
    return range(first, max(passed, first))
