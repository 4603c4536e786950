"""Which visits the rule of a series makes, by the wall clock of its zone."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from interaction_svc.visit_series.domain import slots
from shared.wall_clock import instant

START = datetime(2026, 12, 1, 9)  # noqa: DTZ001 - a wall clock
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
rules = st.sampled_from(
    (
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3;COUNT=20",
        "FREQ=WEEKLY;BYDAY=MO,TH,SU",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "FREQ=MONTHLY;BYDAY=1TU,-1FR",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU",
    )
)
walls = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1)).map(  # noqa: DTZ001 - wall clocks
    lambda wall: wall.replace(second=0, microsecond=0)
)


def series(text: str, start: datetime, zone: str, **other: Any) -> dict[str, Any]:
    given = {"rrule": text, "starts_on_local": start, "timezone": zone, "duration_minutes": 60}
    return {**given, "ends_at": None, **other}


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
