"""A time zone's clocks as numbers, so that a statement need not ask the zone's rules for each order."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

Period = Literal["month", "quarter"]
_MONTHS = {"month": 1, "quarter": 3}
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


def number(day: date, period: Period) -> int:
    """The period that a day lies in, counted on."""
    return (day.year * 12 + day.month - 1) // _MONTHS[period]


def first_day(index: int, period: Period) -> date:
    """The day on which a period begins."""
    months = index * _MONTHS[period]
    return date(months // 12, months % 12 + 1, 1)


def beginnings(
    since: datetime, until: datetime, period: Period, timezone: str
) -> tuple[list[date], list[datetime]]:
    """The periods from that of `since` to that of `until`: their first days, and when these begin."""
    zone = ZoneInfo(timezone)
    first, last = (number(moment.astimezone(zone).date(), period) for moment in (since, until))
    days = [first_day(index, period) for index in range(first, last + 1)]
    return days, [datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in days]


def offsets(since: datetime, until: datetime, timezone: str) -> tuple[list[datetime], list[float]]:
    """When clocks are set between two moments, and by how many seconds they are before UTC.

    These numbers are one more: the first holds from the beginning on, the others from each of the moments.
    """
    zone = ZoneInfo(timezone)

    def before_utc(moment: datetime) -> timedelta:
        return moment.astimezone(zone).utcoffset() or timedelta()

    days = [since + _DAY * count for count in range((until - since) // _DAY + 1)]
    moments: list[datetime] = []
    for early, late in pairwise([*days, until]):
        low, high = early, late
        if before_utc(low) == before_utc(high):
            continue
        while high - low > _SECOND:
            middle = low + (high - low) / 2
            low, high = (low, middle) if before_utc(middle) != before_utc(early) else (middle, high)
        moments.append(high.replace(microsecond=0))
    return moments, [before_utc(moment).total_seconds() for moment in (since, *moments)]
