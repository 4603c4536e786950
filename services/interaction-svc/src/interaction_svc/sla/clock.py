"""By what clock service levels are counted: the one on the wall, or the working time of a calendar."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol

from interaction_svc.calendars.domain import Hours
from interaction_svc.calendars.working import MOST_YEARS, NoWorkingTime, WorkingTime
from interaction_svc.calendars.written import hours_from

_INSTANT = timedelta(microseconds=1)


class Clock(Protocol):
    """Counts time."""

    def after(self, start: datetime, passing: timedelta) -> datetime:
        """When so much time has passed since start."""
        ...

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much time passes from start to end."""
        ...

    def opening(self, moment: datetime) -> datetime:
        """The moment itself if somebody works then, else when work next begins."""
        ...


class WallClock:
    """Every hour counts, nights and holidays, too."""

    def after(self, start: datetime, passing: timedelta) -> datetime:
        return start + passing

    def between(self, start: datetime, end: datetime) -> timedelta:
        return end - start

    def opening(self, moment: datetime) -> datetime:
        return moment


class CalendarClock:
    """Only working time counts. What does not come within ten years is due in ten years."""

    def __init__(self, hours: Hours) -> None:
        self._working = WorkingTime(hours)

    def after(self, start: datetime, passing: timedelta) -> datetime:
        try:
            return self._working.after(start, passing)
        except NoWorkingTime:
            return start + timedelta(days=365 * MOST_YEARS)

    def between(self, start: datetime, end: datetime) -> timedelta:
        return self._working.between(start, end)

    def opening(self, moment: datetime) -> datetime:
        if self._working.is_open(moment):
            return moment
        try:
            return self._working.after(moment, _INSTANT) - _INSTANT
        except NoWorkingTime:  # nobody ever works: waiting would not help
            return moment


WALL = WallClock()


@lru_cache(maxsize=64)
def clock_of(written: str | None) -> Clock:
    """The clock of a calendar as it is written down, the same one for the same words; None: on the wall."""
    return WALL if written is None else CalendarClock(hours_from(written))
