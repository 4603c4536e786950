"""Working time: how much of it lies between two moments, and when so much of it has passed.

Exact to the microsecond. Spans are wall-clock hours of a zone: on the day that a clock change makes longer or
shorter, a span that covers the change is longer or shorter, too.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from interaction_svc.calendars.domain import Hours
from shared.clock import EPOCH

MOST_YEARS = 10
_MICROSECOND = timedelta(microseconds=1)


class NoWorkingTime(Exception):
    """So much working time does not come within ten years."""


class _Year:
    """The working spans of one year of the zone, in microseconds since 1970, with their running sum."""

    def __init__(self, hours: Hours, year: int) -> None:
        spans = list(_apart(_instants(hours, year)))
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]
        self._sums = list(accumulate(end - start for start, end in spans))
        self.total = self._sums[-1] if spans else 0

    def worked(self, moment: int) -> int:
        """How much of this year's working time lies before the moment."""
        place = bisect_right(self._starts, moment) - 1
        if place < 0:
            return 0
        return self._sums[place] - max(self._ends[place] - moment, 0)

    def when(self, worked: int) -> int:
        """The first moment before which so much of this year's working time lies; it is in (0, total]."""
        place = bisect_left(self._sums, worked)
        return self._ends[place] - (self._sums[place] - worked)


class WorkingTime:
    """The working time of a calendar; keeps the years that were asked for."""

    def __init__(self, hours: Hours) -> None:
        self._hours = hours
        self._years: dict[int, _Year] = {}

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from start to end; negative if the end lies before the start."""
        if end < start:
            return -self.between(end, start)
        first, before = self._place(start)
        last, behind = self._place(end)
        whole = sum(self._year(year).total for year in range(first, last))
        return timedelta(microseconds=whole + behind - before)

    def after(self, start: datetime, working: timedelta) -> datetime:
        """The first moment at which so much working time has passed since start; start itself for none.

        Raises NoWorkingTime if that is more than ten years away.
        """
        left = working // _MICROSECOND
        if left <= 0:
            return start
        year, before = self._place(start)
        left += before
        for each in range(year, year + MOST_YEARS + 1):
            found = self._year(each)
            if left <= found.total:
                return EPOCH + timedelta(microseconds=found.when(left))
            left -= found.total
        raise NoWorkingTime

    def is_open(self, moment: datetime) -> bool:
        """Whether somebody works at this moment; the end of a span is none any more."""
        return self.between(moment, moment + _MICROSECOND) > timedelta(0)

    def _place(self, moment: datetime) -> tuple[int, int]:
        year = moment.astimezone(self._hours.zone).year
        return year, self._year(year).worked((moment - EPOCH) // _MICROSECOND)

    def _year(self, year: int) -> _Year:
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = _Year(self._hours, year)
        return found


def _instants(hours: Hours, year: int) -> Iterator[tuple[int, int]]:
    day, end = date(year, 1, 1), date(year + 1, 1, 1)
    while day < end:
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock, its zone follows
        for span in hours.day(day).spans:
            start, stop = (
                ((midnight + timedelta(minutes=minute)).replace(tzinfo=hours.zone).astimezone(UTC) - EPOCH)
                // _MICROSECOND
                for minute in span
            )
            yield start, stop
        day += timedelta(days=1)


def _apart(spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Without overlaps: a span in the hour that a clock change skips comes to lie on the next one."""
    free = None
    for start, end in spans:
        begin = start if free is None else max(start, free)
        if begin < end:
            yield begin, end
            free = end
