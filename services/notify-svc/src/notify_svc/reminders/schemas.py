"""What reminders take and answer."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from notify_svc.reminders.domain import Source, State
from notify_svc.reminders.wishes import (
    Channels,
    Minutes,
    ReminderAfter,
    ReminderEscalation,
    ReminderOnlyIf,
    RRule,
    WallTime,
    Zone,
    flat,
)
from notify_svc.wording.domain import Language, subject_said
from shared.db import Record
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Line, Moment, Name, Text

EXAMPLE_EN: dict[str, JsonValue] = {
    "subject": "Ask whether the trial batch sold well",
    "customer_id": "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e",
    "assignee_id": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
    "due_at": "2026-03-02T01:00:00Z",
    "note": "They open at nine.",
    "channels": ["inbox"],
}
_SERIES_EN: dict[str, JsonValue] = {
    "subject": "Ask for the month's forecast",
    "rrule": "FREQ=MONTHLY;BYMONTHDAY=31",
    "local_time": "2026-03-31T09:00:00",
    "timezone": "Europe/Berlin",
    "escalate": {"after_minutes": 1440, "to_id": None},
}
_AFTER_ZH: dict[str, JsonValue] = {
    "subject": "拜访后三天跟进",
    "customer_id": "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e",
    "after": {"event": "visit.done", "days": 3, "at": "09:00", "timezone": "Asia/Shanghai"},
    "only_if": {"customer_active": True, "no_order_since": True},
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
    "series_id": None,
    "rule_id": None,
    "after": None,
    "only_if": {},
    "escalate": None,
    "escalated_at": None,
    "outcome": None,
    "snooze_count": 0,
    "created_by": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
    "closed_at": None,
    "created_at": "2026-02-27T08:12:30.120Z",
    "updated_at": "2026-02-27T08:12:30.120Z",
    "version": 1,
}


class ReminderCreate(Input):
    """A reminder by hand: due at a moment (`due_at`), or when clocks in a zone show `local_time`.

    With `rrule` it repeats from `local_time` on; with `after` it waits for an event of its customer. Without
    `assignee_id` it is the caller's own; null puts it into the queue "unassigned".
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_EN, EXAMPLE_ZH, _SERIES_EN, _AFTER_ZH]})

    subject: Name
    customer_id: UUID | None = None
    assignee_id: UUID | None = None
    due_at: Moment | None = None
    local_time: WallTime | None = None
    timezone: Zone | None = None
    rrule: RRule | None = None
    after: ReminderAfter | None = None
    only_if: ReminderOnlyIf | None = None
    escalate: ReminderEscalation | None = None
    note: Text | None = None
    channels: Channels = Field(default=["inbox"])

    def given(self, caller_id: UUID) -> dict[str, Any]:
        """The fields as values, with the caller as assignee when none was sent."""
        values = self.model_dump()
        if "assignee_id" not in self.model_fields_set:
            values["assignee_id"] = caller_id
        return flat({**values, "channels": list(dict.fromkeys(self.channels))})


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
    only_if: ReminderOnlyIf | None = None
    escalate: ReminderEscalation | None = None

    def kept(self) -> dict[str, Any]:
        """The changes as the columns that keep them."""
        return flat(self.changes())


class Snooze(Input):
    """When it shall come again: a moment, or so many minutes from now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"minutes": 30}, {"until": "2026-03-02T06:00:00Z"}]}
    )

    until: Moment | None = None
    minutes: Minutes | None = None


class ReminderDelegation(Input):
    """Who takes it over, and what they should know of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"to_id": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a78", "note": "I am away until Monday."},
                {"to_id": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a78", "note": "下周一前我出差，请代为跟进。"},
            ]
        }
    )

    to_id: UUID
    note: Line | None = None


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
    series_id: UUID | None = None
    rule_id: UUID | None = None
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
    due_at: Moment = Field(description="When it is due; while it is `waiting`, until when it waits.")
    local_time: WallTime | None
    timezone: str | None
    note: str | None
    channels: list[str]
    state: State
    source: Source
    series_id: UUID | None = Field(description="Of which series it is one.")
    rule_id: UUID | None = Field(description="The standing rule that made it.")
    after: dict[str, Any] | None = Field(description="The event that it waits for, or came after.")
    only_if: dict[str, Any] = Field(description="What must still hold when it is due.")
    escalate: dict[str, Any] | None
    escalated_at: Moment | None = Field(description="When its silence was told.")
    outcome: str | None
    snooze_count: int
    created_by: UUID | None
    closed_at: Moment | None
    created_at: Moment
    updated_at: Moment
    version: int


class ReminderStep(Output):
    """One thing that happened to a reminder. `by_id` null: the system did it.

    `reason` is a code: of `skip` the condition that was not met, of `cancel` `rule_off` if its rule counts no
    more. `from_id` and `to_id` are of `delegate` and `escalate`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "deed": "delegate",
                    "from_state": "due",
                    "to_state": "due",
                    "due_at": "2026-03-02T01:00:00Z",
                    "by_id": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
                    "reason": None,
                    "note": note,
                    "from_id": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
                    "to_id": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a78",
                    "created_at": "2026-03-02T02:11:00Z",
                }
                for note in ("I am away until Monday.", "下周一前我出差，请代为跟进。")
            ]
        }
    )

    deed: str
    from_state: State | None
    to_state: State
    due_at: Moment
    by_id: UUID | None
    reason: str | None
    note: str | None
    from_id: UUID | None
    to_id: UUID | None
    created_at: Moment


class ReminderStepQuery(ListQuery):
    """A history has no filters."""


def escalation(row: Record | dict[str, Any]) -> dict[str, Any] | None:
    """Whom a row says to tell of silence, as it is answered."""
    if row["escalate_after_minutes"] is None:
        return None
    return {"after_minutes": row["escalate_after_minutes"], "to_id": row["escalate_to_id"]}


def shown(row: Record | dict[str, Any], language: Language) -> dict[str, Any]:
    """A row as `ReminderRead` in the reader's language."""
    said = subject_said(row["subject"], row["subject_code"], row["subject_parameters"], language)
    queue = "unassigned" if row["assignee_id"] is None else None
    return {**dict(row), "subject": said, "queue": queue, "escalate": escalation(row)}
