"""Counts of use by hour, and the span that a question about them may cover."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from shared.problems import Invalid

Granularity = Literal["hour", "day"]
LONGEST = {"hour": timedelta(days=31), "day": timedelta(days=400)}
KEPT = timedelta(days=400)
_UNASKED = {"hour": timedelta(days=1), "day": timedelta(days=30)}


@dataclass(slots=True)
class Counts:
    """What a credential did within an hour; `limited` requests were refused by its plan and are no calls."""

    kind: str
    calls: int = 0
    client_errors: int = 0
    server_errors: int = 0
    limited: int = 0
    last_at: datetime | None = None

    def add(self, other: "Counts") -> None:
        """Count the other's too."""
        self.calls += other.calls
        self.client_errors += other.client_errors
        self.server_errors += other.server_errors
        self.limited += other.limited
        self.last_at = max(filter(None, (self.last_at, other.last_at)), default=None)


@dataclass(frozen=True, slots=True)
class Span:
    """From the beginning of the first period to the end asked for."""

    begin: datetime
    end: datetime


def hour_of(moment: datetime) -> datetime:
    """The beginning of the hour, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def span(begin: datetime | None, end: datetime | None, granularity: Granularity, now: datetime) -> Span:
    """The span asked for, or the last day (by hour) or month (by day). Invalid if empty or too long."""
    last = end or now
    first = hour_of(begin or last - _UNASKED[granularity])
    if granularity == "day":
        first = first.replace(hour=0)
    if first >= last:
        raise Invalid.at("?to", "span_empty", en="must be later than from", zh="必须晚于 from")
    if last - first > LONGEST[granularity] + timedelta(days=1):
        days = LONGEST[granularity].days
        raise Invalid.at(
            "?from",
            "span_too_long",
            en=f"must be at most {days} days before to",
            zh=f"与 to 相距不能超过 {days} 天",
        )
    return Span(first, last)
