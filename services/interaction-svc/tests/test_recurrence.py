"""Rules of recurrence name the days that dateutil names, and what would not end is refused at once."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from interaction_svc.visit_series.domain import slots
from interaction_svc.visit_series.recurrence import (
    FIRST_WITHIN,
    LONGEST,
    MOST_COUNT,
    MOST_INTERVAL,
    instant,
    known,
    normal,
    occurrences,
    read,
)
from shared.problems import Invalid

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 12, 1, 9)  # noqa: DTZ001 - a wall clock
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
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


def series(text: str, start: datetime, zone: str, **other: Any) -> dict[str, Any]:
    given = {"rrule": text, "starts_on_local": start, "timezone": zone, "duration_minutes": 60}
    return {**given, "ends_at": None, **other}


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


@given(st.sampled_from(ZONES), walls)
@settings(max_examples=300, deadline=None)
def test_the_wall_clock_is_kept_and_a_skipped_time_comes_right_after_the_change(
    name: str, wall: datetime
) -> None:
    zone = ZoneInfo(name)
    moment = instant(wall, zone)
    shown = moment.astimezone(zone).replace(tzinfo=None)
    early = moment - timedelta(seconds=1)
    if shown == wall:
        assert not shows(zone, wall, early, hours=26)
    else:
        assert shown > wall
        assert early.astimezone(zone).replace(tzinfo=None) < wall
        assert early.astimezone(zone).utcoffset() != moment.astimezone(zone).utcoffset()


def shows(zone: ZoneInfo, wall: datetime, before: datetime, *, hours: int) -> bool:
    """Whether the clocks of the zone showed this time already, by the half hours in which zones change."""
    halves = (before + timedelta(seconds=1) - timedelta(minutes=30 * n) for n in range(1, 2 * hours))
    return any(each.astimezone(zone).replace(tzinfo=None) == wall for each in halves)


@pytest.mark.parametrize(
    ("zone", "wall", "moment"),
    [
        ("Europe/Berlin", (2027, 3, 28, 2, 30), (2027, 3, 28, 1, 0)),  # 02:00 is 03:00
        ("Europe/Berlin", (2027, 10, 31, 2, 30), (2027, 10, 31, 0, 30)),  # twice: the first
        ("America/New_York", (2027, 3, 14, 2, 0), (2027, 3, 14, 7, 0)),
        ("America/New_York", (2027, 11, 7, 1, 59), (2027, 11, 7, 5, 59)),
        ("Australia/Lord_Howe", (2027, 10, 3, 2, 10), (2027, 10, 2, 15, 30)),  # half an hour
        ("Pacific/Apia", (2011, 12, 30, 9, 0), (2011, 12, 30, 10, 0)),  # a whole day
        ("Asia/Shanghai", (2027, 3, 28, 2, 30), (2027, 3, 27, 18, 30)),
    ],
)
def test_times_around_changes_of_the_clocks(zone: str, wall: Any, moment: Any) -> None:
    assert instant(datetime(*wall), ZoneInfo(zone)) == datetime(*moment, tzinfo=UTC)  # noqa: DTZ001


def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change() -> None:
    start = datetime(2027, 3, 22, 9)  # noqa: DTZ001 - a wall clock
    since, until = datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 4, 6, tzinfo=UTC)
    found = slots(series("FREQ=WEEKLY", start, "Europe/Berlin"), since=since, until=until)
    assert [slot.starts_at.hour for slot in found.values()] == [8, 7, 7]
    assert all(slot.ends_at - slot.starts_at == timedelta(hours=1) for slot in found.values())


@given(rules, walls, st.sampled_from(ZONES), st.lists(st.integers(0, 500), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_days_made_piece_by_piece_are_those_made_at_once(
    text: str, start: datetime, zone: str, steps: Iterable[int]
) -> None:
    made = series(text, start, zone)
    begin = instant(start, ZoneInfo(zone)) - timedelta(days=5)
    cuts = sorted({begin, *(begin + timedelta(hours=7 * hours) for hours in steps)})
    pieces = [slots(made, since=since, until=until) for since, until in pairwise(cuts)]
    whole = slots(made, since=cuts[0], until=cuts[-1])
    assert sum(map(len, pieces)) == len(whole)
    assert {day: slot for piece in pieces for day, slot in piece.items()} == whole


def test_a_series_stops_where_it_was_ended() -> None:
    end = datetime(2026, 12, 4, 8, tzinfo=UTC)  # 09:00 in Berlin
    made = series("FREQ=DAILY", START, "Europe/Berlin", ends_at=end)
    found = slots(made, since=datetime(2026, 11, 1, tzinfo=UTC), until=datetime(2027, 1, 1, tzinfo=UTC))
    assert [day.day for day in found] == [1, 2, 3]


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
