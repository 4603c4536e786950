"""At which moments to look between two, and how satisfied is what."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

MOST_POINTS = 130
BANDS = ((1.0, 3.0), (3.0, 4.0), (4.0, 5.0))
"""Not satisfied, so so, satisfied; of the last both ends count."""
FEWEST_ANSWERS = 10
_DECEMBER = 12


def points(
    span: tuple[datetime, datetime], period: Literal["week", "month"], timezone: str
) -> list[datetime]:
    """The beginnings of local periods strictly inside the time, then its end; of very many the newest."""
    zone = ZoneInfo(timezone)
    since, until = span
    day = since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    day = day.replace(day=1) if period == "month" else day - timedelta(days=day.weekday())
    found: list[datetime] = []
    while (moment := day.replace(tzinfo=zone).astimezone(UTC)) < until:
        if moment > since:
            found.append(moment)
        day = _next_month(day) if period == "month" else day + timedelta(days=7)
    return [*found, until][-MOST_POINTS:]


def _next_month(day: datetime) -> datetime:
    if day.month == _DECEMBER:
        return day.replace(year=day.year + 1, month=1)
    return day.replace(month=day.month + 1)
