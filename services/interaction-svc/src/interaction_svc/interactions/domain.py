"""What an interaction may be, and what an edit of it changes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from shared.problems import Invalid

Channel = Literal["call", "email", "meeting", "chat", "sms", "social", "other"]
Direction = Literal["inbound", "outbound"]
CHANNELS: tuple[str, ...] = get_args(Channel)
DIRECTIONS: tuple[str, ...] = get_args(Direction)

FURTHEST_AHEAD = timedelta(hours=24)
"""Clocks of other systems may be ahead; what lies further ahead is a plan, not an interaction."""


def check_happened(occurred_at: datetime, *, now: datetime) -> None:
    """Refuse an interaction that lies more than a day ahead."""
    if occurred_at > now + FURTHEST_AHEAD:
        raise Invalid.at(
            "/occurred_at",
            "in_the_future",
            en="must not be more than 24 hours in the future",
            zh="不能晚于当前时间 24 小时以上",
        )


def edited(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted values that differ from what is there."""
    return {name: value for name, value in wanted.items() if before[name] != value}


def edit_record(before: Mapping[str, Any], changed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The edit as history keeps it: field, old and new value, times as RFC 3339 text."""
    return [
        {"field": name, "old": _plain(before[name]), "new": _plain(value)} for name, value in changed.items()
    ]


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
