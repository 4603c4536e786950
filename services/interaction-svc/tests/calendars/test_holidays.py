"""The Chinese holidays of 2024 to 2026, as the State Council published them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from interaction_svc.calendars.domain import Day, Hours
from interaction_svc.calendars.working import WorkingTime
from shared.holidays import known

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = ((9 * 60, 17 * 60),)
HOURS = Hours(ZONE, (*[OFFICE] * 5, (), ()), "CN")

# Days off from … to …, and the weekend days that are worked instead.
PUBLISHED = {
    2024: (
        "01-01 01-01, 02-10 02-17, 04-04 04-06, 05-01 05-05, 06-10 06-10, 09-15 09-17, 10-01 10-07",
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    2025: (
        "01-01 01-01, 01-28 02-04, 04-04 04-06, 05-01 05-05, 05-31 06-02, 10-01 10-08",
        "01-26 02-08 04-27 09-28 10-11",
    ),
    2026: (
        "01-01 01-03, 02-15 02-23, 04-04 04-06, 05-01 05-05, 06-19 06-21, 09-25 09-27, 10-01 10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
}


def _days(year: int) -> Iterator[date]:
    first = date(year, 1, 1)
    return (first + timedelta(days=count) for count in range((date(year + 1, 1, 1) - first).days))


def _on(year: int, text: str) -> date:
    return date.fromisoformat(f"{year}-{text}")


@pytest.mark.parametrize("year", PUBLISHED)
def test_every_day_of_a_published_year_is_as_it_was_published(year):
    off, worked = PUBLISHED[year]
    makeup = {_on(year, day) for day in worked.split()}
    free = set()
    for span in off.split(", "):
        first, last = (_on(year, end) for end in span.split())
        free |= {first + timedelta(days=count) for count in range((last - first).days + 1)}
    for day in _days(year):
        works = day in makeup or (day.weekday() < 5 and day not in free)
        assert bool(HOURS.day(day).spans) == works, day
        assert (HOURS.day(day).source == "makeup") == (day in makeup), day


def test_a_deadline_over_the_spring_festival_counts_its_make_up_days():
    working = WorkingTime(HOURS)
    friday = datetime(2026, 2, 13, 9, tzinfo=ZONE)
    # Friday 13, Saturday 14 (made up), then nine days off, Tuesday 24.
    assert working.after(friday, timedelta(hours=16)) == datetime(2026, 2, 14, 17, tzinfo=ZONE)
    assert working.after(friday, timedelta(hours=17)) == datetime(2026, 2, 24, 10, tzinfo=ZONE)
    assert working.between(friday, datetime(2026, 3, 2, 9, tzinfo=ZONE)) == timedelta(hours=16 + 5 * 8)


def test_a_day_set_by_hand_goes_before_what_is_published():
    festival = date(2026, 2, 17)
    staffed = Hours(ZONE, HOURS.week, "CN", own={festival: Day(((600, 720),), "own", "值班")})
    assert HOURS.day(festival).source == "holiday"
    assert staffed.day(festival) == Day(((600, 720),), "own", "值班")


def test_a_year_that_is_not_published_yet_has_its_statutory_days():
    assert HOURS.day(date(2035, 10, 1)).source == "holiday"
    assert not any(HOURS.day(day).source == "makeup" for day in _days(2035))


def test_countries_and_their_parts_are_known_or_not():
    assert known("CN")
    assert known("GB", "SCT")
    assert known("HK")
    assert not known("CN", "Shanghai")
    assert not known("XX")
    assert not known("cn")
