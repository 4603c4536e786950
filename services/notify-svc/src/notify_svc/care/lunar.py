"""The Chinese lunisolar calendar 农历 from 1900 to 2100, its months computed by `lunar_python`."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from lunar_python import LunarYear

FIRST_YEAR, LAST_YEAR = 1900, 2100
MONTHS, LONGEST_MONTH = 12, 30

_AHEAD = 1_721_425
"""What the Julian day that begins at noon of a date is ahead of its `toordinal`."""


@dataclass(frozen=True, slots=True)
class LunarDay:
    """A day of the lunar year: month 1 to 12 and day 1 to 30, perhaps of the leap month 闰月 that follows it.

    ValueError if it cannot be one.
    """

    month: int
    day: int
    leap: bool = False

    def __post_init__(self) -> None:
        if not (1 <= self.month <= MONTHS and 1 <= self.day <= LONGEST_MONTH):
            raise ValueError("there is no such day in a lunar year")


class _Month(NamedTuple):
    first: date
    month: int
    leap: bool
    days: int


@cache
def _months(year: int) -> tuple[_Month, ...]:
    """Twelve or thirteen; computing them takes milliseconds, so they are kept."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"the lunar calendar is known from {FIRST_YEAR} to {LAST_YEAR}")
    return tuple(
        _Month(
            date.fromordinal(round(each.getFirstJulianDay()) - _AHEAD),
            abs(each.getMonth()),
            each.getMonth() < 0,
            each.getDayCount(),
        )
        for each in LunarYear.fromYear(year).getMonths()
        if each.getYear() == year
    )


def date_of(year: int, day: LunarDay) -> date:
    """The date of a day in this lunar year.

    Where the year has no such leap month it is the month of that name, and where the month is too short its
    last day. ValueError beyond the calendar.
    """
    named = [each for each in _months(year) if each.month == day.month]
    month = next((each for each in named if each.leap == day.leap), named[0])
    return month.first + timedelta(days=min(day.day, month.days) - 1)


def days_on(day: date) -> tuple[int, list[LunarDay]]:
    """The lunar year, and the days of which `date_of` makes this date in it; ValueError beyond the calendar.

    Usually one; the last day of a short month is also the 30th, and a day of a month that has no leap month
    behind it in this year also that day of the leap month.
    """
    year, found = lunar_of(day)
    months = _months(year)
    (length,) = (each.days for each in months if (each.month, each.leap) == (found.month, found.leap))
    days = range(found.day, LONGEST_MONTH + 1) if found.day == length else (found.day,)
    has_leap = any(each.leap and each.month == found.month for each in months)
    leaps = (found.leap,) if has_leap else (False, True)
    return year, [LunarDay(found.month, each, leap) for each in days for leap in leaps]


def last_day_of(year: int) -> date:
    """New Year's Eve 除夕, the last day of this lunar year; ValueError beyond the calendar."""
    last = _months(year)[-1]
    return last.first + timedelta(days=last.days - 1)


def lunar_of(day: date) -> tuple[int, LunarDay]:
    """The lunar year and its day that a date is; ValueError beyond the calendar."""
    begun = day.year <= LAST_YEAR and day >= _months(day.year)[0].first
    year = day.year if begun else day.year - 1
    months = _months(year)
    month = months[bisect_right([each.first for each in months], day) - 1]
    if (day - month.first).days >= month.days:
        raise ValueError(f"the lunar calendar is known from {FIRST_YEAR} to {LAST_YEAR}")
    return year, LunarDay(month.month, (day - month.first).days + 1, month.leap)
