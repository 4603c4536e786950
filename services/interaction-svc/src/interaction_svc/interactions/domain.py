"""What an interaction may be, and what an edit of it changes."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID

from shared.problems import Invalid

Channel = Literal["call", "email", "meeting", "chat", "sms", "social", "other"]
Direction = Literal["inbound", "outbound"]
CHANNELS: tuple[str, ...] = get_args(Channel)
DIRECTIONS: tuple[str, ...] = get_args(Direction)

PATH = "/v1/attachments/"
"""Where an attachment that is kept here is told of, before its id."""
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


def attachment_unknown(place: int) -> Invalid:
    """The refusal of an attachment that is not there, out of sight, or another customer's."""
    return Invalid.at(
        f"/attachments/{place}/attachment_id",
        "attachment_unknown",
        en="is no attachment of this customer",
        zh="不是该客户的附件",
    )


def kept_here(attachments: Iterable[Mapping[str, Any]]) -> list[UUID]:
    """The ids of those attachments that are kept here, as they are stored."""
    return [UUID(one["attachment_id"]) for one in attachments if "attachment_id" in one]


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
