"""Working time, by properties and by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interaction_svc.calendars.domain import MINUTES, Day, Hours, Spans
from interaction_svc.calendars.working import NoWorkingTime, WorkingTime

SHANGHAI, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London")
OFFICE: Spans = ((9 * 60, 12 * 60), (13 * 60 + 30, 18 * 60))
WEEK = (*[OFFICE] * 5, (), ())
HOUR = timedelta(hours=1)

minutes = st.lists(st.integers(0, MINUTES), min_size=2, max_size=8, unique=True).map(sorted)
spans = minutes.map(lambda found: tuple(zip(found[::2], found[1::2], strict=False)))
day_spans = st.one_of(st.just(()), spans)
weeks = st.tuples(*[day_spans] * 7).filter(
    lambda week: (
        sum(end - start for day in week for start, end in day) >= 2 * 60
    )  # else 200 hours take decades
)
zones = st.sampled_from(
    [SHANGHAI, LONDON, *map(ZoneInfo, ("America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"))]
)
own = st.dictionaries(
    st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    day_spans.map(lambda found: Day(found, "own")),
    max_size=10,
)
calendars = st.builds(
    lambda zone, week, country, days: WorkingTime(Hours(zone, week, country, None, days)),
    zones,
    weeks,
    st.sampled_from([None, "CN", "GB"]),
    own,
)
START = datetime(2025, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=3 * 365)).map(lambda passed: START + passed)
lengths = st.timedeltas(timedelta(0), timedelta(hours=200))


@given(calendars, moments, lengths)
def test_what_is_added_is_measured(calendar, start, working):
    assert calendar.between(start, calendar.after(start, working)) == working


@given(calendars, moments, lengths, lengths)
def test_more_working_time_is_never_over_earlier(calendar, start, one, other):
    less, more = sorted((one, other))
    assert calendar.after(start, less) <= calendar.after(start, more)


@given(calendars, moments, moments, lengths)
def test_a_later_start_is_never_over_earlier(calendar, one, other, working):
    earlier, later = sorted((one, other))
    assert calendar.after(earlier, working) <= calendar.after(later, working)


@given(calendars, moments, lengths, lengths, lengths)
def test_a_pause_never_brings_the_end_forward(calendar, start, working, until, pause):
    paused_at = start + until
    left = max(working - calendar.between(start, paused_at), timedelta(0))
    assert calendar.after(paused_at + pause, left) >= calendar.after(start, working)


@given(calendars, st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_measures_add_up_and_are_never_longer_than_the_clock(calendar, found):
    one, two, three = found
    assert calendar.between(one, two) + calendar.between(two, three) == calendar.between(one, three)
    assert timedelta(0) <= calendar.between(one, three) <= three - one
    assert calendar.between(three, one) == -calendar.between(one, three)


@given(calendars, moments, lengths.filter(bool))
def test_the_end_is_the_first_such_moment(calendar, start, working):
    end = calendar.after(start, working)
    assert calendar.between(start, end - timedelta(microseconds=1)) < working


def test_split_shifts_nights_and_weekends_do_not_count():
    calendar = WorkingTime(Hours(SHANGHAI, WEEK))
    friday = datetime(2026, 3, 6, 11, tzinfo=SHANGHAI)
    assert calendar.after(friday, HOUR) == datetime(2026, 3, 6, 12, tzinfo=SHANGHAI)
    assert calendar.after(friday, 2 * HOUR) == datetime(2026, 3, 6, 14, 30, tzinfo=SHANGHAI)
    assert calendar.after(friday, 7 * HOUR) == datetime(2026, 3, 9, 10, 30, tzinfo=SHANGHAI)
    assert calendar.between(friday, datetime(2026, 3, 9, 9, tzinfo=SHANGHAI)) == 5.5 * HOUR
    assert calendar.is_open(friday)
    assert not calendar.is_open(datetime(2026, 3, 6, 12, tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 5), (date(2026, 10, 25), 7)], ids=["an hour less", "an hour more"]
)
def test_a_clock_change_makes_a_span_shorter_or_longer(day, hours):
    nights = WorkingTime(Hours(LONDON, (((0, 6 * 60),),) * 7))
    midnight = datetime(day.year, day.month, day.day, tzinfo=LONDON)
    assert (
        nights.between(midnight.astimezone(UTC), (midnight + timedelta(days=1)).astimezone(UTC))
        == hours * HOUR
    )


def test_hours_that_a_clock_change_skips_are_not_counted_twice():
    skipped = WorkingTime(Hours(LONDON, (((60, 90), (120, 150)),) * 7))
    day = datetime(2026, 3, 29, tzinfo=UTC)
    assert skipped.between(day, day + timedelta(days=1)) == HOUR / 2


def test_what_never_comes_is_said_to():
    closed = Hours(SHANGHAI, ((), (), (), (), (), (), ()), own={date(2026, 3, 1): Day(OFFICE, "own")})
    start = datetime(2026, 2, 1, tzinfo=UTC)
    assert WorkingTime(closed).after(start, HOUR) == datetime(2026, 3, 1, 10, tzinfo=SHANGHAI)
    with pytest.raises(NoWorkingTime):
        WorkingTime(closed).after(start, 8 * HOUR)
