"""Which moment a time by the wall clock of a zone means, also in the nights when clocks change."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_SECOND = timedelta(seconds=1)


@cache
def known_zones() -> frozenset[str]:
    """The names of all IANA time zones."""
    return frozenset(available_timezones())


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment (UTC) at which clocks in the zone show this time or a later one.

    A time that a change of the clocks skips becomes the moment of the change; one that comes twice means the
    first. Raises OverflowError at the edges of the calendar.
    """
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if shown(moment, zone) == wall:
        return moment
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # before the change, as `moment` is behind it
    while moment - early > _SECOND:
        middle = early + (moment - early) // 2
        if shown(middle, zone) >= wall:
            moment = middle
        else:
            early = middle
    return moment.replace(microsecond=0)


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """What clocks in the zone show at this moment, without the zone."""
    return moment.astimezone(zone).replace(tzinfo=None)
