"""One time a day over the nights in which clocks change: the moments in UTC as people would say them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.recurrence import first_after, read
from shared.wall_clock import instant

NIGHTS = [
    ("Asia/Shanghai", "2027-03-27T02:30", "26T18:30 27T18:30 28T18:30", "no change of the clocks"),
    ("America/New_York", "2027-03-13T02:30", "13T07:30 14T07:00 15T06:30", "02:00 is 03:00"),
    ("America/New_York", "2027-11-06T01:30", "06T05:30 07T05:30 08T06:30", "01:30 comes twice: the first"),
    ("Europe/London", "2027-03-27T01:30", "27T01:30 28T01:00 29T00:30", "01:00 is 02:00"),
    ("Europe/London", "2027-10-30T01:30", "30T00:30 31T00:30 01T01:30", "01:30 comes twice: the first"),
    ("Australia/Lord_Howe", "2027-10-02T02:15", "01T15:45 02T15:30 03T15:15", "02:00 is 02:30"),
    ("Australia/Lord_Howe", "2027-04-03T01:45", "02T14:45 03T14:45 04T15:15", "half an hour comes twice"),
    ("America/Santiago", "2027-09-04T00:30", "04T04:30 05T04:00 06T03:30", "midnight is 01:00"),
    ("America/Santiago", "2027-04-02T23:30", "03T02:30 04T02:30 05T03:30", "the last hour comes twice"),
    ("Africa/Casablanca", "2027-02-06T02:30", "06T01:30 07T01:30 08T02:30", "Ramadan begins: back an hour"),
    ("Africa/Casablanca", "2027-03-13T02:30", "13T02:30 14T02:00 15T01:30", "Ramadan is over: on an hour"),
    ("Asia/Beirut", "2027-03-27T00:30", "26T22:30 27T22:00 28T21:30", "midnight is 01:00"),
    ("Asia/Beirut", "2027-10-29T23:30", "29T20:30 30T20:30 31T21:30", "the last hour comes twice"),
    ("Pacific/Apia", "2011-12-29T09:00", "29T19:00 30T10:00 30T19:00", "30 December does not come"),
    (
        "America/St_Johns",
        "2027-03-13T02:30",
        "13T06:00 14T05:30 15T05:00",
        "02:00 is 03:00, half an hour off",
    ),
    ("America/St_Johns", "2027-11-06T01:30", "06T04:00 07T04:00 08T05:00", "01:30 comes twice: the first"),
]


def said(moment: datetime) -> str:
    assert moment.tzinfo is UTC
    return f"{moment:%dT%H:%M}"


@pytest.mark.parametrize(("name", "start", "moments", "why"), NIGHTS)
def test_every_day_at_this_time_means(name: str, start: str, moments: str, why: str) -> None:
    zone = ZoneInfo(name)
    wall: datetime | None = datetime.fromisoformat(start)
    begin = datetime.fromisoformat(start)
    rule = read("FREQ=DAILY", begin, zone)
    found = []
    for _ in range(3):
        assert wall is not None
        found.append(said(instant(wall, zone)))
        wall = first_after(rule, begin, wall)
    assert " ".join(found) == moments, why


@pytest.mark.parametrize(("name", "start", "moments", "why"), NIGHTS)
def test_once_at_this_time_means(name: str, start: str, moments: str, why: str) -> None:
    day = datetime.fromisoformat(start)
    found = [said(instant(day.replace(day=day.day + n), ZoneInfo(name))) for n in range(2)]
    assert " ".join(found) == moments.rpartition(" ")[0], why
