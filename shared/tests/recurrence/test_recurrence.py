"""Rules of recurrence name the days that dateutil names, and what would not end is refused at once."""

from calendar import monthrange
from datetime import datetime, timedelta
from itertools import pairwise, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.problems import Invalid
from shared.recurrence import (
    FIRST_WITHIN,
    LONGEST,
    MOST_COUNT,
    MOST_INTERVAL,
    first_after,
    known,
    normal,
    occurrences,
    read,
)

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 12, 1, 9)  # noqa: DTZ001 - a wall clock
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def lists(values: Any, most: int) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=most, unique=True).map(
        lambda chosen: ",".join(map(str, chosen))
    )


day = st.sampled_from(WEEKDAYS)
nth = st.tuples(st.sampled_from(("", "1", "-1", "+2", "5", "-5")), day).map("".join)
of_month = st.integers(-31, 31).filter(bool)
interval = st.integers(1, 4).map(lambda value: f"INTERVAL={value}")
month = lists(st.integers(1, 12), 4).map(lambda value: f"BYMONTH={value}")
week = st.sampled_from(WEEKDAYS).map(lambda value: f"WKST={value}")
count = st.integers(1, 40).map(lambda value: f"COUNT={value}")


def some(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    """Some of these parts, in any combination."""
    maybe = (st.one_of(st.none(), part) for part in parts)
    return st.tuples(*maybe).map(lambda found: [part for part in found if part is not None])


often = st.tuples(
    st.sampled_from(("FREQ=DAILY", "FREQ=WEEKLY")),
    some(interval, month, week, count, lists(day, 4).map(lambda value: f"BYDAY={value}")),
)
seldom = st.tuples(
    st.sampled_from(("FREQ=MONTHLY", "FREQ=YEARLY")),
    some(interval, month, week, count),
    st.sampled_from(("BYDAY", "BYMONTHDAY")),
    lists(nth, 4),
    lists(of_month, 4),
    st.one_of(st.none(), lists(st.sampled_from((1, 2, -1, 31)), 2)),
).map(
    lambda made: (
        made[0],
        [
            *made[1],
            f"{made[2]}={made[3] if made[2] == 'BYDAY' else made[4]}",
            *([] if made[5] is None else [f"BYSETPOS={made[5]}"]),
        ],
    )
)
rules = st.one_of(often, seldom).map(lambda made: ";".join((made[0], *made[1])))
walls = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1)).map(  # noqa: DTZ001 - wall clocks
    lambda wall: wall.replace(second=0, microsecond=0)
)


def refused(text: str, start: datetime = START) -> str:
    with pytest.raises(Invalid) as caught:
        read(text, start, BERLIN)
    (error,) = caught.value.errors
    assert error.pointer == "/rrule"
    return error.code


@given(rules, walls)
@settings(max_examples=300, deadline=None)
def test_a_rule_names_the_days_that_dateutil_names(text: str, start: datetime) -> None:
    end = start + timedelta(days=800)
    rule = known(text, BERLIN)
    asked = rrulestr(f"{text};UNTIL=21000101" if "COUNT" not in text else text, dtstart=start)
    assert list(occurrences(rule, start, end)) == list(takewhile(lambda found: found < end, asked))


@given(rules, walls)
@settings(max_examples=200, deadline=None)
def test_a_rule_that_is_taken_names_a_day_and_at_most_one_a_day(text: str, start: datetime) -> None:
    first = next(occurrences(known(text, BERLIN), start, start + FIRST_WITHIN), None)
    if first is None:
        assert refused(text, start) == "rrule_empty"
        return
    found = list(occurrences(read(text, start, BERLIN), start, start + timedelta(days=366)))
    assert len(found) <= 366
    assert all(late.date() > early.date() for early, late in pairwise(found))
    assert all(each.time() == start.time() and each >= start for each in found)


@given(st.text(st.sampled_from("FREQ=DAILYWKMOUNTSP;,0123456789+-BERZ \n\x00中"), max_size=300))
@settings(max_examples=500, deadline=None)
def test_any_text_is_read_or_refused_with_a_pointer(text: str) -> None:
    try:
        read(text, START, BERLIN)
    except Invalid as problem:
        assert [error.pointer for error in problem.errors] == ["/rrule"]  # noqa: PT017 - it may also be taken


@pytest.mark.parametrize(
    ("until", "days"),
    [
        ("20261203", 3),
        ("20261203T090000", 3),
        ("20261203T080000Z", 3),
        ("20261203T075959Z", 2),
        ("20261130", 0),
    ],
)
def test_until_is_a_day_a_wall_clock_or_a_moment(until: str, days: int) -> None:
    text = f"FREQ=DAILY;UNTIL={until}"
    assert len(list(occurrences(known(text, BERLIN), START, START + timedelta(days=99)))) == days
    if not days:
        assert refused(text) == "rrule_empty"


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=MO;BYSETPOS=5",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30;BYMONTH=2",
        "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
        "FREQ=DAILY;INTERVAL=7;BYDAY=WE",
        "FREQ=WEEKLY;INTERVAL=53;BYMONTH=2;BYDAY=SU",
        "FREQ=YEARLY;BYMONTH=4,6,9,11;BYMONTHDAY=31",
        "FREQ=YEARLY;BYDAY=MO,TU;BYMONTH=2;BYMONTHDAY=30;BYSETPOS=1,-1",
    ],
)
def test_a_rule_that_never_comes_true_is_refused(text: str) -> None:
    assert refused(text) == "rrule_empty"


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=5",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=DAILY;BYSECOND=1",
        "FREQ=YEARLY;BYYEARDAY=1",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=YEARLY;BYEASTER=1",
        "FREQ=DAILY;BYSETPOS=1",
        "FREQ=DAILY;BYMONTHDAY=31",
        "FREQ=DAILY;X-EVIL=1",
        "FREQ=FORTNIGHTLY",
        "INTERVAL=2",
        "",
        "每周二",
    ],
)
def test_what_repeats_within_a_day_or_otherwise_is_refused(text: str) -> None:
    assert refused(text) == "rrule_not_allowed"


@pytest.mark.parametrize(
    "text",
    [
        f"FREQ=DAILY;COUNT={MOST_COUNT + 1}",
        "FREQ=DAILY;COUNT=9999999999",
        f"FREQ=YEARLY;INTERVAL={MOST_INTERVAL + 1}",
        "FREQ=YEARLY;INTERVAL=9999999999",
        "FREQ=DAILY;UNTIL=21261231",
        f"FREQ=DAILY;UNTIL={(START + LONGEST + timedelta(days=1)):%Y%m%d}",
    ],
)
def test_a_rule_that_goes_on_for_too_long_is_refused(text: str) -> None:
    assert refused(text) == "rrule_too_long"


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=3;UNTIL=20270101",
        "FREQ=DAILY;UNTIL=20261301",
        "FREQ=DAILY;UNTIL=00000000",
        "FREQ=DAILY;UNTIL=00010101T000000Z",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 8),
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYSETPOS=1",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=DAILY;COUNT=99999999999",
        "FREQ=MONTHLY;BYMONTHDAY=" + "1," * 200 + "1",
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    assert refused(text) in {"rrule_invalid", "rrule_empty"}


def test_a_rule_is_kept_without_its_name_and_in_capitals() -> None:
    assert normal(" rrule:freq=weekly;byday=tu ") == "FREQ=WEEKLY;BYDAY=TU"


@given(rules, walls, st.integers(-40, 4000), st.booleans())
@settings(max_examples=300, deadline=None)
def test_the_first_time_after_another_is_the_one_that_all_of_them_in_order_show(
    text: str, start: datetime, days: int, to_month_end: bool
) -> None:
    rule = known(text, BERLIN, start if to_month_end else None)
    wall = start + timedelta(days=days)
    later = (found for found in occurrences(rule, start, wall + timedelta(days=3660)) if found > wall)
    assert first_after(rule, start, wall) == next(later, None)


@pytest.mark.parametrize(
    ("text", "start", "days"),
    [
        ("FREQ=MONTHLY", "2026-12-31", "2026-12-31 2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31"),
        ("FREQ=MONTHLY", "2028-01-30", "2028-01-30 2028-02-29 2028-03-30"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2027-02-01", "2027-02-28 2027-03-31 2027-04-30"),
        ("FREQ=MONTHLY;BYMONTHDAY=30,31", "2027-01-01", "2027-01-30 2027-01-31 2027-02-28 2027-03-30"),
        ("FREQ=MONTHLY;INTERVAL=2", "2026-12-31", "2026-12-31 2027-02-28 2027-04-30 2027-06-30 2027-08-31"),
        ("FREQ=MONTHLY;COUNT=3", "2027-01-31", "2027-01-31 2027-02-28 2027-03-31"),
        ("FREQ=MONTHLY;UNTIL=20270301", "2027-01-31", "2027-01-31 2027-02-28"),
        ("FREQ=YEARLY", "2028-02-29", "2028-02-29 2029-02-28 2030-02-28 2031-02-28 2032-02-29"),
        ("FREQ=YEARLY;INTERVAL=2", "2028-02-29", "2028-02-29 2030-02-28 2032-02-29"),
        ("FREQ=YEARLY;BYMONTH=2,4;BYMONTHDAY=31", "2027-03-01", "2027-04-30 2028-02-29 2028-04-30"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2027-01-31", "2027-01-31 2027-02-28 2027-03-31"),
        ("FREQ=MONTHLY;BYDAY=5MO", "2027-03-01", "2027-03-29 2027-05-31"),
        ("FREQ=WEEKLY", "2027-01-31", "2027-01-31 2027-02-07"),
    ],
)
def test_to_the_months_end_a_day_that_a_month_lacks_is_its_last(text: str, start: str, days: str) -> None:
    wall = datetime.fromisoformat(f"{start}T09:00")
    found = occurrences(read(text, wall, BERLIN, to_month_end=True), wall, wall + timedelta(days=3000))
    wanted = days.split()
    shown = [f"{each:%Y-%m-%d}" for each, _ in zip(found, range(len(wanted)), strict=False)]
    assert shown == wanted


@given(
    st.sampled_from(("FREQ=MONTHLY", "FREQ=YEARLY")),
    some(interval, month, count, lists(st.integers(1, 28), 5).map(lambda value: f"BYMONTHDAY={value}")),
    walls.filter(lambda wall: wall.day < 29),
)
@settings(max_examples=300, deadline=None)
def test_days_that_every_month_has_are_the_same_to_the_months_end(
    frequency: str, parts: list[str], start: datetime
) -> None:
    text = ";".join((frequency, *parts))
    end = start + timedelta(days=1500)
    plain, clamped = known(text, BERLIN), known(text, BERLIN, start)
    assert clamped.days is not None
    assert list(occurrences(clamped, start, end)) == list(occurrences(plain, start, end))


@given(walls, st.integers(29, 31), st.integers(1, 5))
def test_to_the_months_end_every_month_has_its_day_and_the_anchor_stays(
    start: datetime, day: int, every: int
) -> None:
    begin = start.replace(month=1, day=day)
    rule = known(f"FREQ=MONTHLY;INTERVAL={every}", BERLIN, begin)
    found = list(occurrences(rule, begin, begin + timedelta(days=1000)))
    assert [each.day for each in found] == [min(day, monthrange(each.year, each.month)[1]) for each in found]
    months = [each.year * 12 + each.month for each in found]
    assert all(late - early == every for early, late in pairwise(months))


def test_a_rule_that_only_lacks_its_day_is_taken_to_the_months_end() -> None:
    assert refused("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30") == "rrule_empty"
    assert read("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", START, BERLIN, to_month_end=True)
