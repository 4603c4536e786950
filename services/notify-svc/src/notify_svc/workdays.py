"""Which days people work on, by statutory holidays and make-up workdays 调休 of a country."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.holidays import statutory
from shared.wall_clock import instant, shown

_WEEKEND = 5
_DAY = timedelta(days=1)
_MOST_DAYS = 60  # no holidays are longer


def is_workday(day: date, country: str | None) -> bool:
    """Whether people work on this day; without a country only weekends are none."""
    weekday = day.weekday() < _WEEKEND
    if country is None:
        return weekday
    year = statutory(country, None, day.year)
    return day in year.worked or (weekday and day not in year.off)


def next_at(after: datetime, at: time, *, timezone: str, country: str | None) -> datetime:
    """The first moment (UTC) not before `after` at which clocks there show this time of a workday."""
    zone = ZoneInfo(timezone)
    day = shown(after, zone).date()
    for _ in range(_MOST_DAYS):
        moment = instant(datetime.combine(day, at), zone)
        if moment >= after and is_workday(day, country):
            break
        day += _DAY
    return moment
