"""Days that come once a year: birthdays, feasts, and days that a company sets."""

import calendar
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from dateutil.easter import easter
from lunar_python import Lunar

from notify_svc.care import lunar
from notify_svc.care.lunar import LunarDay

_SUNDAY, _THURSDAY = 6, 3


@dataclass(frozen=True, slots=True)
class SolarDay:
    """A day of the common year, 29 February included; ValueError if there is none."""

    month: int
    day: int

    def __post_init__(self) -> None:
        date(2000, self.month, self.day)  # a leap year


Rule = Callable[[int], date]
"""The date in a year; ValueError where the calendar is not known."""


class Occurrence(NamedTuple):
    """An occasion's date, and the year that it belongs to, which tells it from those before and after.

    The year of a lunar occasion is the lunar one: its date may lie in the common year that follows, of which
    one may have two such dates, and another none.
    """

    year: int
    on: date


def anniversary(day: SolarDay | LunarDay) -> Rule:
    """Of a birthday or another day of the year; what a year has not is the last day of that month."""

    def rule(year: int) -> date:
        if isinstance(day, LunarDay):
            return lunar.date_of(year, day)
        return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))

    return rule


def _lunar(month: int, day: int) -> Rule:
    return anniversary(LunarDay(month, day))


def _solar(month: int, day: int) -> Rule:
    return anniversary(SolarDay(month, day))


def _weekday(month: int, weekday: int, place: int) -> Rule:
    """The first, second … of a weekday in a month."""

    def rule(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (place - 1))

    return rule


def _solar_term(name: str) -> Rule:
    """A day that the sun's longitude sets 节气, in Beijing."""

    @cache
    def rule(year: int) -> date:
        if not lunar.FIRST_YEAR <= year <= lunar.LAST_YEAR:
            raise ValueError("the solar terms are not known that far away")
        found = Lunar.fromYmd(year, 1, 1).getJieQiTable()[name]
        return date(found.getYear(), found.getMonth(), found.getDay())

    return rule


FEASTS: Mapping[str, Rule] = {
    "new_year": _solar(1, 1),
    "spring_festival_eve": lunar.last_day_of,
    "spring_festival": _lunar(1, 1),
    "lantern_festival": _lunar(1, 15),
    "womens_day": _solar(3, 8),
    "easter": easter,
    "qingming": _solar_term("清明"),
    "labour_day": _solar(5, 1),
    "mothers_day": _weekday(5, _SUNDAY, 2),
    "dragon_boat": _lunar(5, 5),
    "childrens_day": _solar(6, 1),
    "fathers_day": _weekday(6, _SUNDAY, 3),
    "qixi": _lunar(7, 7),
    "mid_autumn": _lunar(8, 15),
    "teachers_day": _solar(9, 10),
    "double_ninth": _lunar(9, 9),
    "national_day": _solar(10, 1),
    "thanksgiving": _weekday(11, _THURSDAY, 4),
    "winter_solstice": _solar_term("DONG_ZHI"),  # 冬至 itself is that of the December before
    "laba": _lunar(12, 8),
    "christmas": _solar(12, 25),
}
"""By name, as the year goes: 元旦 除夕 春节 元宵 妇女节 复活节 清明 劳动节 母亲节 端午 儿童节 父亲节
七夕 中秋 教师节 重阳 国庆 感恩节 冬至 腊八 圣诞. Those that move are told for Beijing."""


def occurrences(rule: Rule, since: date, until: date) -> Iterator[Occurrence]:
    """Those from `since` on and before `until`, ascending; none beyond the calendar."""
    for year in range(since.year - 1, until.year + 1):
        try:
            on = rule(year)
        except ValueError:
            continue
        if since <= on < until:
            yield Occurrence(year, on)


def days_on(on: date) -> Iterator[tuple[int, SolarDay | LunarDay]]:
    """The days of the year whose anniversary a date is, each with the year that it belongs to.

    What `anniversary` says the other way round.
    """
    yield on.year, SolarDay(on.month, on.day)
    if (on.month, on.day) == (2, 28) and not calendar.isleap(on.year):
        yield on.year, SolarDay(2, 29)
    try:
        year, days = lunar.days_on(on)
    except ValueError:
        return
    for day in days:
        yield year, day
