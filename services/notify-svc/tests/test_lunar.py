"""The lunar calendar agrees with two libraries that know it otherwise, and its days have no gaps."""

from collections.abc import Iterator
from datetime import date, timedelta

import lunardate
import pytest
from borax.calendars.lunardate import LCalendars
from borax.calendars.lunardate import LunarDate as Borax

from notify_svc.care.lunar import FIRST_YEAR, LAST_YEAR, LunarDay, date_of, last_day_of, lunar_of

_YEARS = range(1950, LAST_YEAR + 1)
_LUNARDATE_ENDS = 2100
# New moons within seconds of midnight, and two slips of old tables. Ours is what the other library says.
_BORAX_DIFFERS = {(2089, 8): date(2089, 9, 5), (2097, 7): date(2097, 8, 8)}
_LUNARDATE_DIFFERS = {
    (1954, 11): date(1954, 11, 26),
    (1978, 8): date(1978, 9, 2),
    (2057, 9): date(2057, 9, 28),
}


def _months(leap_month: int | None) -> Iterator[tuple[int, bool]]:
    for month in range(1, 13):
        yield month, False
        if month == leap_month:
            yield month, True


def test_its_months_begin_as_borax_has_them_but_for_two_midnights() -> None:
    differing = {}
    for year in _YEARS:
        for month, leap in _months(LCalendars.leap_month(year)):
            told = Borax(year, month, 1, int(leap)).to_solar_date()
            if date_of(year, LunarDay(month, 1, leap)) != told:
                differing[year, month] = told
    assert differing == _BORAX_DIFFERS


def test_its_months_begin_as_lunardate_has_them_but_for_a_midnight_and_two_slips() -> None:
    differing = {}
    for year in range(_YEARS.start, _LUNARDATE_ENDS):
        for month, leap in _months(lunardate.LunarDate.leap_month_for_year(year)):
            told = lunardate.LunarDate(year, month, 1, leap).to_solar_date()
            if date_of(year, LunarDay(month, 1, leap)) != told:
                differing[year, month] = told
    assert differing == _LUNARDATE_DIFFERS


def test_where_one_differs_the_other_agrees() -> None:
    for year, month in _BORAX_DIFFERS:
        assert date_of(year, LunarDay(month, 1)) == lunardate.LunarDate(year, month, 1).to_solar_date()
    for year, month in _LUNARDATE_DIFFERS:
        assert date_of(year, LunarDay(month, 1)) == Borax(year, month, 1).to_solar_date()


def test_every_day_is_one_lunar_day_and_back() -> None:
    day, last = date_of(1950, LunarDay(1, 1)), last_day_of(LAST_YEAR)
    before = (1949, LunarDay(12, 1))
    while day <= last:
        year, found = lunar_of(day)
        assert date_of(year, found) == day
        assert found.day == before[1].day + 1 or found.day == 1
        before, day = (year, found), day + timedelta(days=1)
    assert before == (LAST_YEAR, LunarDay(12, found.day))


@pytest.mark.parametrize(
    ("year", "day", "on"),
    [
        (2025, LunarDay(6, 1, leap=True), date(2025, 7, 25)),
        (2026, LunarDay(6, 1, leap=True), date(2026, 7, 14)),  # no leap month: the month of that name
        (2033, LunarDay(11, 1, leap=True), date(2033, 12, 22)),  # not after the seventh, as some had it
        (2024, LunarDay(12, 30), date(2025, 1, 28)),  # a month of 29 days: New Year's Eve
        (2023, LunarDay(12, 30), date(2024, 2, 9)),
        (2025, LunarDay(6, 30, leap=True), date(2025, 8, 22)),
        (2025, LunarDay(6, 30), date(2025, 7, 24)),
    ],
)
def test_what_a_year_has_not_falls_on_what_it_has(year: int, day: LunarDay, on: date) -> None:
    assert date_of(year, day) == on


@pytest.mark.parametrize(("month", "day"), [(0, 1), (13, 1), (1, 0), (1, 31)])
def test_there_is_no_such_day(month: int, day: int) -> None:
    with pytest.raises(ValueError, match="no such day"):
        LunarDay(month, day)


def test_beyond_the_calendar_nothing_is_said() -> None:
    for year in (FIRST_YEAR - 1, LAST_YEAR + 1):
        with pytest.raises(ValueError, match="known from 1900 to 2100"):
            date_of(year, LunarDay(1, 1))
    for day in (date(FIRST_YEAR, 1, 30), last_day_of(LAST_YEAR) + timedelta(days=1)):
        with pytest.raises(ValueError, match="known from 1900 to 2100"):
            lunar_of(day)
    assert lunar_of(date(FIRST_YEAR, 1, 31)) == (1900, LunarDay(1, 1))
