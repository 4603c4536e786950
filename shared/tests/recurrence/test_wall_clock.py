"""Wall times: which moment they mean, also in the nights when clocks change."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.wall_clock import instant, shown

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
        ("2027-03-14T02:00:00", "America/New_York", "2027-03-14T07:00:00Z", "the first that is skipped"),
        ("2027-11-07T01:59:00", "America/New_York", "2027-11-07T05:59:00Z", "the last that comes twice"),
        ("2026-10-04T02:15:00", "Australia/Lord_Howe", "2026-10-03T15:30:00Z", "half an hour skipped"),
        ("2011-12-30T12:00:00", "Pacific/Apia", "2011-12-30T10:00:00Z", "a whole day skipped"),
    ],
)
def test_a_wall_time_means(local: Any, zone: Any, moment: Any, why: Any) -> None:
    assert instant(at(local), ZoneInfo(zone)) == at(moment), why


@given(
    local=st.datetimes(at("1975-01-01"), at("2060-01-01")).map(lambda d: d.replace(microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_it_is_the_first_moment_at_which_clocks_show_that_time_or_a_later_one(local: Any, zone: Any) -> None:
    clock = ZoneInfo(zone)
    moment = instant(local, clock)
    there = shown(moment, clock)
    assert moment.tzinfo is UTC
    assert there >= local
    assert there - local <= timedelta(days=1)
    for seconds in (1, 60, 1799, 1800, 3599, 3600, 7200, 86_400):
        assert shown(moment - timedelta(seconds=seconds), clock) < local


@given(
    around=st.sampled_from(["2026-03-29T01:00:00", "2026-10-25T01:00:00"]),
    minutes=st.integers(-180, 180),
    later=st.integers(0, 180),
)
def test_a_later_wall_time_never_means_an_earlier_moment(around: Any, minutes: Any, later: Any) -> None:
    first = at(around) + timedelta(minutes=minutes)
    second = first + timedelta(minutes=later)
    berlin = ZoneInfo("Europe/Berlin")
    assert instant(first, berlin) <= instant(second, berlin)
