"""What series of reminders take and answer."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from notify_svc.reminders.schemas import escalation
from notify_svc.reminders.wishes import (
    Channels,
    ReminderEscalation,
    ReminderOnlyIf,
    RRule,
    WallTime,
    Zone,
    flat,
)
from shared.db import Record
from shared.http import ListQuery, Output, Patch
from shared.http.types import Moment, Name, Text

_ANSWER: dict[str, JsonValue] = {
    "id": "0197c2ef-91d4-7f0a-8d43-6d0c2a1be2c5",
    "customer_id": "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e",
    "distributor_id": None,
    "assignee_id": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
    "subject": "Ask for the month's forecast",
    "note": None,
    "channels": ["inbox"],
    "only_if": {},
    "escalate": None,
    "rrule": "FREQ=MONTHLY;BYMONTHDAY=31",
    "local_time": "2026-03-31T09:00:00",
    "timezone": "Europe/Berlin",
    "status": "active",
    "ended_at": None,
    "ended_by": None,
    "created_by": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
    "created_at": "2026-02-27T08:12:30.120Z",
    "updated_at": "2026-02-27T08:12:30.120Z",
    "version": 1,
}


class ReminderSeriesPatch(Patch):
    """A merge patch for what is to come of a series."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"rrule": "FREQ=WEEKLY;BYDAY=MO", "local_time": "2026-04-06T08:30:00"},
                {"subject": "每周一确认到货", "note": None},
            ]
        }
    )

    assignee_id: UUID | None = None
    subject: Name = Field(default_factory=str)
    note: Text | None = None
    channels: Channels = Field(default_factory=list)
    only_if: ReminderOnlyIf | None = None
    escalate: ReminderEscalation | None = None
    rrule: RRule = Field(default_factory=str)
    local_time: WallTime = Field(default_factory=datetime.now)
    timezone: Zone = Field(default_factory=str)

    def kept(self) -> dict[str, Any]:
        """The changes as the columns that keep them."""
        return flat(self.changes())


class ReminderSeriesQuery(ListQuery):
    """What a list of series may be filtered by."""

    assignee_id: UUID | None = None
    customer_id: UUID | None = None
    ended: bool | None = None


class ReminderSeriesRead(Output):
    """A series; `ended_by` is null when the rule itself came to its end."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _ANSWER,
                {
                    **_ANSWER,
                    "subject": "每周二确认到货",
                    "rrule": "FREQ=WEEKLY;BYDAY=TU",
                    "timezone": "Asia/Shanghai",
                },
            ]
        }
    )

    id: UUID
    customer_id: UUID | None
    distributor_id: UUID | None
    assignee_id: UUID | None
    subject: str
    note: str | None
    channels: list[str]
    only_if: dict[str, Any]
    escalate: dict[str, Any] | None
    rrule: str
    local_time: WallTime
    timezone: str
    status: Literal["active", "ended"]
    ended_at: Moment | None
    ended_by: UUID | None
    created_by: UUID | None
    created_at: Moment
    updated_at: Moment
    version: int


def shown(row: Record | dict[str, Any]) -> dict[str, Any]:
    """A row as `ReminderSeriesRead`."""
    status = "active" if row["ended_at"] is None else "ended"
    return {**dict(row), "status": status, "escalate": escalation(row)}
