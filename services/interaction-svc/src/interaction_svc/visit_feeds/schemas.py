"""What is answered about a calendar."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from interaction_svc.visit_feeds.domain import PATH
from shared.http import Input, Output
from shared.http.types import Moment

_SHOWN = "mI5ZK0kqf3n0hVdYw3l9Xo7cR2uT8bJ4aE6gH1sPqLk"
_ICS = """\
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Tonglu//Visits//EN\r
BEGIN:VEVENT\r
SUMMARY:{purpose}\r
DTSTART:20261215T010000Z\r
DTEND:20261215T023000Z\r
DTSTAMP:20261201T093100Z\r
UID:0196f0d5-22bb-7b3c-8d4e-1f2a3b4c5d6e@visits.tonglu\r
SEQUENCE:1\r
STATUS:CONFIRMED\r
END:VEVENT\r
END:VCALENDAR\r
"""
ICS: dict[str, Any] = {
    "schema": {"type": "string", "description": "iCalendar (RFC 5545)"},
    "examples": {
        "en": {"summary": "English", "value": _ICS.format(purpose="Review of the year")},
        "zh": {"summary": "中文", "value": _ICS.format(purpose="年度合作回顾")},
    },
}
ETAG: dict[str, Any] = {
    "description": "Changes with what the calendar says; send it as `If-None-Match`. · 日历内容的标识",
    "required": True,
    "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
    "example": '"7f9c2ba4e88f827d616045507605853e"',
}


class FeedQuery(Input):
    """The secret of the address."""

    token: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{20,100}$")] = Field(examples=[_SHOWN])


class FeedRead(Output):
    """Where a calendar program finds the visits; whoever has the address sees them. It is shown once.

    `url` is relative to this API.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": f"{PATH}?token={_SHOWN}", "created_at": "2026-12-01T09:31:00Z"}]
        }
    )

    url: str
    created_at: Moment
