"""What rules of reminders take and answer."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from notify_svc.reminder_rules.domain import Assignee, Occasion
from notify_svc.reminders.schemas import escalation
from notify_svc.reminders.wishes import (
    Channels,
    ReminderEscalation,
    ReminderOnlyIf,
    TimeOfDay,
    flat,
)
from shared.db import Record
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import NO_FLAG, Flag, Moment, Name, Text, Zone

_EXAMPLE: dict[str, JsonValue] = {
    "name": "After a visit",
    "event": "visit.done",
    "days": 3,
    "at": "09:00",
    "timezone": "Asia/Shanghai",
    "assignee": "person",
    "subject": "Ask what came of the visit",
}
_SILENCE: dict[str, JsonValue] = {
    "name": "长期未联系",
    "event": "contact.none",
    "tier_days": {"core": 14, "potential": 30, "ordinary": 60},
    "assignee": "owner",
    "subject": "请联系客户：很久没有联系了",
}
_DEFAULTS: dict[str, JsonValue] = {
    "active": True,
    "days": None,
    "tier_days": {},
    "at": None,
    "timezone": None,
    "assignee_id": None,
    "note": None,
    "channels": ["inbox"],
    "only_if": {},
    "escalate": None,
    "id": "0197c2ef-91d4-7f0a-8d43-6d0c2a1be2c6",
    "created_by": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
    "created_at": "2026-02-27T08:12:30.120Z",
    "updated_at": "2026-02-27T08:12:30.120Z",
    "version": 1,
}

Days = Annotated[
    int,
    Field(
        ge=-365,
        le=365,
        description="Negative: before what the event tells of; of `contract.ends` never positive.",
    ),
    NO_FLAG,
]
TierDays = Annotated[
    dict[
        Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")],
        Annotated[int, Field(ge=1, le=3660), NO_FLAG],
    ],
    Field(max_length=20, description="Of `contact.none`: after so many days by tier."),
]


class ReminderRuleCreate(Input):
    """A standing rule: so many days after each such event somebody is reminded.

    `contact.none` is the silence of a customer, told by the clock after `tier_days`. The assignee is the
    customer's `owner`, the `person` whom the event names (else the owner), or a `named` one.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE, _SILENCE]})

    name: Name
    active: Flag = True
    event: Occasion
    days: Days | None = None
    tier_days: TierDays = Field(default_factory=dict)
    at: TimeOfDay | None = None
    timezone: Zone | None = None
    assignee: Assignee = "owner"
    assignee_id: UUID | None = None
    subject: Name
    note: Text | None = None
    channels: Channels = Field(default=["inbox"])
    only_if: ReminderOnlyIf | None = None
    escalate: ReminderEscalation | None = None

    def kept(self) -> dict[str, Any]:
        """The fields as the columns that keep them."""
        return flat(self.model_dump())


class ReminderRulePatch(Patch):
    """A merge patch; it counts for what happens from then on. Off, it takes back what it scheduled."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"active": False}, {"days": 5, "subject": "拜访五天后跟进"}]}
    )

    name: Name = Field(default_factory=str)
    active: Flag = Field(default=True)
    days: Days | None = None
    tier_days: TierDays = Field(default_factory=dict)
    at: TimeOfDay | None = None
    timezone: Zone | None = None
    assignee: Assignee = Field(default="owner")
    assignee_id: UUID | None = None
    subject: Name = Field(default_factory=str)
    note: Text | None = None
    channels: Channels = Field(default_factory=list)
    only_if: ReminderOnlyIf | None = None
    escalate: ReminderEscalation | None = None

    def kept(self) -> dict[str, Any]:
        """The changes as the columns that keep them."""
        return flat(self.changes())


class ReminderRuleQuery(ListQuery):
    """What a list of rules may be filtered by."""

    active: bool | None = None
    event: Occasion | None = None


class ReminderRuleRead(Output):
    """A rule as it stands now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_DEFAULTS, **_EXAMPLE}, {**_DEFAULTS, **_SILENCE}]}
    )

    id: UUID
    name: str
    active: bool
    event: Occasion
    days: int | None
    tier_days: dict[str, int]
    at: str | None
    timezone: str | None
    assignee: Assignee
    assignee_id: UUID | None
    subject: str
    note: str | None
    channels: list[str]
    only_if: dict[str, Any]
    escalate: dict[str, Any] | None
    created_by: UUID
    created_at: Moment
    updated_at: Moment
    version: int


def shown(row: Record | dict[str, Any]) -> dict[str, Any]:
    """A row as `ReminderRuleRead`."""
    return {**dict(row), "escalate": escalation(row)}
