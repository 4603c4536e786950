"""What reminders take and answer."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, NaiveDatetime, WithJsonSchema

from notify_svc.reminders.domain import Channel, Source, State
from notify_svc.wording.domain import Language, subject_said
from shared.db import Record
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import NO_FLAG, Line, Moment, Name, Text

EXAMPLE_EN: dict[str, JsonValue] = {
    "subject": "Ask whether the trial batch sold well",
    "customer_id": "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e",
    "assignee_id": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
    "due_at": "2026-03-02T01:00:00Z",
    "note": "They open at nine.",
    "channels": ["inbox"],
}
EXAMPLE_ZH: dict[str, JsonValue] = {
    "subject": "回访：试销批次卖得如何",
    "customer_id": "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e",
    "local_time": "2026-03-02T09:00:00",
    "timezone": "Asia/Shanghai",
    "channels": ["inbox"],
}
_ANSWER: dict[str, JsonValue] = {
    "id": "0197c2ef-91d4-7f0a-8d43-6d0c2a1be2c4",
    "subject_code": None,
    "subject_parameters": {},
    "customer_id": "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e",
    "distributor_id": None,
    "assignee_id": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
    "queue": None,
    "due_at": "2026-03-02T01:00:00Z",
    "local_time": None,
    "timezone": None,
    "note": None,
    "channels": ["inbox"],
    "state": "scheduled",
    "source": "manual",
    "outcome": None,
    "snooze_count": 0,
    "created_by": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
    "closed_at": None,
    "created_at": "2026-02-27T08:12:30.120Z",
    "updated_at": "2026-02-27T08:12:30.120Z",
    "version": 1,
}


_WALL_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")


def _only_wall_time(value: Any) -> Any:
    if isinstance(value, str) and _WALL_TIME.fullmatch(value):
        return value
    raise ValueError("not a wall time")


WallTime = Annotated[
    NaiveDatetime,
    BeforeValidator(_only_wall_time),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_WALL_TIME.pattern}$",
            "description": "What the clock shows; no offset, no Z.",
            "examples": ["2026-03-02T09:00:00"],
        }
    ),
]
Zone = Annotated[str, Field(max_length=64, examples=["Asia/Shanghai"], description="IANA time zone.")]
Channels = Annotated[list[Channel], Field(min_length=1, max_length=8)]
Minutes = Annotated[int, Field(ge=1, le=527_040, description="From now; a year at most."), NO_FLAG]


class ReminderCreate(Input):
    """A reminder by hand: due at a moment (`due_at`), or when clocks in a zone show `local_time`.

    Without `assignee_id` it is the caller's own; null puts it into the queue "unassigned".
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_EN, EXAMPLE_ZH]})

    subject: Name
    customer_id: UUID | None = None
    assignee_id: UUID | None = None
    due_at: Moment | None = None
    local_time: WallTime | None = None
    timezone: Zone | None = None
    note: Text | None = None
    channels: Channels = Field(default=["inbox"])

    def given(self, caller_id: UUID) -> dict[str, Any]:
        """The fields as values, with the caller as assignee when none was sent."""
        values = self.model_dump()
        if "assignee_id" not in self.model_fields_set:
            values["assignee_id"] = caller_id
        return {**values, "channels": list(dict.fromkeys(self.channels))}


class ReminderPatch(Patch):
    """A merge patch. `due_at` replaces a wall time; `local_time` or `timezone` alone keeps the other."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"due_at": "2026-03-03T01:00:00Z"},
                {"subject": "周三上午回访", "local_time": "2026-03-04T10:00:00", "timezone": "Asia/Shanghai"},
            ]
        }
    )

    subject: Name = Field(default_factory=str)
    assignee_id: UUID | None = None
    due_at: Moment | None = None
    local_time: WallTime | None = None
    timezone: Zone | None = None
    note: Text | None = None
    channels: Channels = Field(default_factory=list)


class Snooze(Input):
    """When it shall come again: a moment, or so many minutes from now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"minutes": 30}, {"until": "2026-03-02T06:00:00Z"}]}
    )

    until: Moment | None = None
    minutes: Minutes | None = None


class Done(Input):
    """What came of it, in a few words; kept with the reminder and told to nobody else."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "Orders again next week"}, {"outcome": "下周补货"}]}
    )

    outcome: Line | None = None


class ReminderQuery(ListQuery):
    """What a list of reminders may be filtered by."""

    assignee_id: UUID | None = None
    customer_id: UUID | None = None
    queue: Literal["unassigned"] | None = None
    state: State | None = None
    source: Source | None = None
    due_at_gte: Annotated[Moment | None, Field(alias="due_at[gte]")] = None
    due_at_lt: Annotated[Moment | None, Field(alias="due_at[lt]")] = None


class ReminderRead(Output):
    """A reminder. `queue` is set when it has no assignee; `outcome` and `closed_at` when it is over."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_ANSWER, "subject": "Ask whether the trial batch sold well"},
                {
                    **_ANSWER,
                    "subject": "请联系客户：流失风险高（购买节奏中断）",
                    "subject_code": "churn.call_customer",
                    "subject_parameters": {"level": "high", "reasons": ["own_rhythm_broken"]},
                    "source": "churn",
                    "created_by": None,
                },
            ]
        }
    )

    id: UUID
    subject: str = Field(description="As typed; or a code in the language of Accept-Language (zh-CN or en).")
    subject_code: str | None
    subject_parameters: dict[str, Any]
    customer_id: UUID | None
    distributor_id: UUID | None
    assignee_id: UUID | None
    queue: Literal["unassigned"] | None
    due_at: Moment
    local_time: datetime | None
    timezone: str | None
    note: str | None
    channels: list[str]
    state: State
    source: Source
    outcome: str | None
    snooze_count: int
    created_by: UUID | None
    closed_at: Moment | None
    created_at: Moment
    updated_at: Moment
    version: int


def shown(row: Record, language: Language) -> dict[str, Any]:
    """A row as `ReminderRead` in the reader's language."""
    said = subject_said(row["subject"], row["subject_code"], row["subject_parameters"], language)
    queue = "unassigned" if row["assignee_id"] is None else None
    return {**dict(row), "subject": said, "queue": queue}
