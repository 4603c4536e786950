"""Wall times: which moment they mean, also in the nights when clocks change."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify_svc.reminders.domain import When, instant, rescheduled
from shared.problems import Invalid

ZONES = sorted(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))
)


def at(text: Any) -> Any:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("local", "zone", "moment", "why"),
    [
        ("2026-03-02T09:00:00", "Asia/Shanghai", "2026-03-02T01:00:00Z", "no clock change"),
        ("2026-03-29T02:30:00", "Europe/Berlin", "2026-03-29T01:00:00Z", "skipped: the moment of the change"),
        ("2026-03-29T03:00:00", "Europe/Berlin", "2026-03-29T01:00:00Z", "the first that exists again"),
        ("2026-03-29T01:59:59", "Europe/Berlin", "2026-03-29T00:59:59Z", "the last before the change"),
        ("2026-10-25T02:30:00", "Europe/Berlin", "2026-10-25T00:30:00Z", "comes twice: the first"),
        ("2026-10-25T03:00:00", "Europe/Berlin", "2026-10-25T02:00:00Z", "only once again"),
        ("2026-10-04T02:15:00", "Australia/Lord_Howe", "2026-10-03T15:30:00Z", "half an hour skipped"),
        ("2011-12-30T12:00:00", "Pacific/Apia", "2011-12-30T10:00:00Z", "a whole day skipped"),
    ],
)
def test_a_wall_time_means(local: Any, zone: Any, moment: Any, why: Any) -> None:
    assert instant(at(local), zone) == at(moment), why


@given(
    local=st.datetimes(at("1975-01-01"), at("2060-01-01")).map(lambda d: d.replace(microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_it_is_the_first_moment_at_which_clocks_show_that_time_or_a_later_one(local: Any, zone: Any) -> None:
    moment = instant(local, zone)
    shown = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert moment.tzinfo is UTC
    assert shown >= local
    assert shown - local <= timedelta(days=1)
    for seconds in (1, 60, 1799, 1800, 3599, 3600, 7200, 86_400):
        earlier = (moment - timedelta(seconds=seconds)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert earlier < local


@given(
    around=st.sampled_from(["2026-03-29T01:00:00", "2026-10-25T01:00:00"]),
    minutes=st.integers(-180, 180),
    later=st.integers(0, 180),
)
def test_a_later_wall_time_never_means_an_earlier_moment(around: Any, minutes: Any, later: Any) -> None:
    first = at(around) + timedelta(minutes=minutes)
    second = first + timedelta(minutes=later)
    assert instant(first, "Europe/Berlin") <= instant(second, "Europe/Berlin")


NOW = at("2026-01-01T00:00:00Z")
WALL = When(at("2026-03-02T01:00:00Z"), at("2026-03-02T09:00:00"), "Asia/Shanghai")
PLAIN = When(at("2026-03-02T01:00:00Z"), None, None)


@pytest.mark.parametrize(
    ("current", "changes", "expected"),
    [
        (WALL, {}, WALL),
        (WALL, {"due_at": None}, WALL),
        (WALL, {"local_time": WALL.local_time}, WALL),
        (PLAIN, {"due_at": PLAIN.due_at}, PLAIN),
        (WALL, {"due_at": PLAIN.due_at}, PLAIN),
        (WALL, {"due_at": PLAIN.due_at, "local_time": None, "timezone": None}, PLAIN),
        (PLAIN, {"local_time": WALL.local_time, "timezone": "Asia/Shanghai"}, WALL),
        (PLAIN, {"due_at": None, "local_time": WALL.local_time, "timezone": "Asia/Shanghai"}, WALL),
    ],
)
def test_a_patch_of_the_moment_means(current: Any, changes: Any, expected: Any) -> None:
    assert rescheduled(current, changes, now=NOW) == expected


@pytest.mark.parametrize(
    "changes",
    [{"local_time": None}, {"timezone": None}, {"due_at": NOW, "timezone": "Asia/Tokyo"}],
)
def test_a_patch_that_leaves_no_moment_is_refused(changes: Any) -> None:
    with pytest.raises(Invalid):
        rescheduled(WALL, changes, now=NOW)
