"""Which moment the next digest of a person has: a time of day on workdays, by their own clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from shared.holidays import statutory
from shared.wall_clock import instant, shown

Mode = Literal["at_once", "digest"]

NEVER = timedelta(days=36_500)
_WEEKEND = 5
_DAY = timedelta(days=1)
_MOST_DAYS = 60  # no holidays are longer


@dataclass(frozen=True, slots=True)
class Wish:
    """How a person wants to be told. Without a country only weekends are no workdays."""

    mode: Mode = "at_once"
    timezone: str = "Asia/Shanghai"
    digest_at: time = time(8, 30)
    workdays_only: bool = True
    country: str | None = "CN"


def is_workday(day: date, country: str | None) -> bool:
    """Whether people work on this day: make-up workdays count, statutory holidays do not."""
    weekday = day.weekday() < _WEEKEND
    if country is None:
        return weekday
    year = statutory(country, None, day.year)
    return day in year.worked or (weekday and day not in year.off)


def next_digest(wish: Wish, after: datetime) -> datetime:
    """The first moment behind `after` at which a person gets a digest; far away for who is told at once."""
    if wish.mode == "at_once":
        return after + NEVER
    zone = ZoneInfo(wish.timezone)
    day = shown(after, zone).date() - _DAY
    for _ in range(_MOST_DAYS):
        day += _DAY
        moment = instant(datetime.combine(day, wish.digest_at), zone)
        if moment > after and (not wish.workdays_only or is_workday(day, wish.country)):
            return moment
    return moment
