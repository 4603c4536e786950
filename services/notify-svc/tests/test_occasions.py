"""Feasts fall on the days that calendars print, and an occasion comes once in a year of its own."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify_svc.care.lunar import LunarDay
from notify_svc.care.occasions import FEASTS, SolarDay, anniversary, days_on, occurrences

_PRINTED = {
    "spring_festival": ["2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2033-01-31"],
    "spring_festival_eve": ["2024-02-09", "2025-01-28", "2026-02-16", "2027-02-05"],
    "lantern_festival": ["2024-02-24", "2025-02-12", "2026-03-03"],
    "qingming": ["2023-04-05", "2024-04-04", "2025-04-04", "2026-04-05"],
    "dragon_boat": ["2024-06-10", "2025-05-31", "2026-06-19"],
    "qixi": ["2024-08-10", "2025-08-29", "2026-08-19"],
    "mid_autumn": ["2023-09-29", "2024-09-17", "2025-10-06", "2026-09-25"],
    "double_ninth": ["2024-10-11", "2025-10-29", "2026-10-18"],
    "winter_solstice": ["2024-12-21", "2025-12-21", "2026-12-22"],
    "laba": ["2025-01-07", "2026-01-26"],
    "easter": ["2024-03-31", "2025-04-20", "2026-04-05"],
    "mothers_day": ["2024-05-12", "2025-05-11", "2026-05-10"],
    "fathers_day": ["2024-06-16", "2025-06-15", "2026-06-21"],
    "thanksgiving": ["2024-11-28", "2025-11-27", "2026-11-26"],
    "new_year": ["2026-01-01"],
    "womens_day": ["2026-03-08"],
    "labour_day": ["2026-05-01"],
    "childrens_day": ["2026-06-01"],
    "teachers_day": ["2026-09-10"],
    "national_day": ["2026-10-01"],
    "christmas": ["2026-12-25"],
}
_DAYS = st.dates(date(1950, 1, 1), date(2099, 12, 31))
_OCCASIONS = st.one_of(
    st.builds(LunarDay, st.integers(1, 12), st.integers(1, 30), st.booleans()),
    st.builds(SolarDay, st.integers(1, 12), st.integers(1, 28)),
    st.just(SolarDay(2, 29)),
).map(anniversary)


@pytest.mark.parametrize("name", FEASTS)
def test_a_feast_is_on_the_printed_day(name: str) -> None:
    for printed in map(date.fromisoformat, _PRINTED[name]):
        (found,) = occurrences(FEASTS[name], printed, printed + timedelta(days=1))
        assert found.on == printed
        around = occurrences(FEASTS[name], printed - timedelta(days=200), printed + timedelta(days=150))
        assert [each.on for each in around] == [printed]


@given(_OCCASIONS, _DAYS, st.integers(1, 2000))
def test_an_occasion_comes_once_in_each_of_its_years_whoever_looks(
    rule: object, since: date, days: int
) -> None:
    until = since + timedelta(days=days)
    found = list(occurrences(rule, since, until))  # type: ignore[arg-type]
    years = [each.year for each in found]
    assert years == list(range(years[0], years[0] + len(years))) if years else days < 420
    assert all(since <= each.on < until for each in found)
    middle = since + timedelta(days=days // 2)
    apart = [*occurrences(rule, since, middle), *occurrences(rule, middle, until)]  # type: ignore[arg-type]
    assert apart == found


def test_the_29th_of_february_is_the_28th_where_there_is_none() -> None:
    rule = anniversary(SolarDay(2, 29))
    assert [rule(year) for year in (2024, 2025, 2100)] == [
        date(2024, 2, 29),
        date(2025, 2, 28),
        date(2100, 2, 28),
    ]


def test_a_common_year_may_have_a_lunar_birthday_twice_or_not_at_all() -> None:
    rule = anniversary(LunarDay(11, 27))
    by_year = [
        [each.on.isoformat() for each in occurrences(rule, date(year, 1, 1), date(year + 1, 1, 1))]
        for year in (2025, 2026, 2027)
    ]
    assert by_year == [[], ["2026-01-15"], ["2027-01-04", "2027-12-24"]]


@pytest.mark.parametrize(("month", "day"), [(2, 30), (13, 1), (4, 31), (1, 0)])
def test_there_is_no_such_day(month: int, day: int) -> None:
    with pytest.raises(ValueError, match=r"day|month"):
        SolarDay(month, day)


_EVERY_DAY = [
    *(SolarDay(month, day) for month in range(1, 13) for day in range(1, 29)),
    SolarDay(2, 29),
    SolarDay(12, 31),
    *(LunarDay(month, day, leap) for month in range(1, 13) for day in range(1, 31) for leap in (False, True)),
]


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)))
def test_who_is_born_on_a_date_is_who_has_the_birthday_on_it(on: date) -> None:
    expected = {
        (each.year, day)
        for day in _EVERY_DAY
        for each in occurrences(anniversary(day), on, on + timedelta(days=1))
    }
    found = set(days_on(on))
    assert found & {(year, day) for year, day in found if day in _EVERY_DAY} == expected


@pytest.mark.parametrize(
    ("on", "days"),
    [
        ("2025-02-28", [SolarDay(2, 28), SolarDay(2, 29), LunarDay(2, 1), LunarDay(2, 1, leap=True)]),
        ("2024-02-28", [SolarDay(2, 28), LunarDay(1, 19), LunarDay(1, 19, leap=True)]),
        ("2025-07-25", [SolarDay(7, 25), LunarDay(6, 1, leap=True)]),
        ("2025-06-25", [SolarDay(6, 25), LunarDay(6, 1)]),
    ],
)
def test_leap_days_and_leap_months_find_their_day(on: str, days: list[object]) -> None:
    assert [day for _, day in days_on(date.fromisoformat(on))] == days
