"""The shape of a playbook's definition: its trigger, who enters, what ends it, and its steps."""

import re
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from notify_svc.playbooks.conditions import CODES
from notify_svc.playbooks.domain import MOST_STEPS, EventName
from shared.http.types import NO_FLAG, Code, Flag, Name, Zone

_SHAPE = ConfigDict(extra="forbid", allow_inf_nan=False)
_Field = Literal[
    "tier",
    "stage",
    "churn_level",
    "orders",
    "open_complaints",
    "days_since_first_order",
    "days_since_last_order",
    "days_since_last_contact",
    "days_in_tier",
    "days_in_stage",
]
Codes = Annotated[list[Code], Field(min_length=1, max_length=20)]
Count = Annotated[int, Field(ge=0, le=100_000), NO_FLAG]
Clock = Annotated[
    str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Field(examples=["09:00"])
]
Channel = Literal["email", "sms", "wecom", "dingtalk", "feishu", "webhook"]
TemplateName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,3}$", max_length=64)
]
Number = Annotated[int, Field(ge=1, le=MOST_STEPS), NO_FLAG]
Target = Number | Literal["end"]
_MOST_VARIABLES, _MOST_TEXT = 20, 500
_VARIABLE = re.compile(r"^[a-z][a-z0-9_]{0,39}$")


class _Part(BaseModel):
    model_config = _SHAPE


class PlaybookTest(_Part):
    """One look at where the customer stands: codes by `one_of` or `none_of`, numbers by bounds."""

    field: _Field
    one_of: Codes | None = None
    none_of: Codes | None = None
    at_least: Count | None = None
    at_most: Count | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        codes = self.one_of is not None or self.none_of is not None
        bounds = self.at_least is not None or self.at_most is not None
        if (codes, bounds) != ((True, False) if self.field in CODES else (False, True)):
            raise PydanticCustomError(
                "test_unfit",
                "takes one_of or none_of for codes, at_least or at_most for numbers",
                {"zh": "编码字段用 one_of 或 none_of，数字字段用 at_least 或 at_most"},
            )
        return self


class PlaybookCondition(_Part):
    """All of `all`, and one of `any` where there are some. Days since what never happened are without end."""

    all: Annotated[list[PlaybookTest], Field(max_length=20)] = Field(default_factory=list)
    any: Annotated[list[PlaybookTest], Field(max_length=20)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.all and not self.any:
            raise PydanticCustomError("condition_empty", "says nothing", {"zh": "条件不能为空"})
        return self


class PlaybookEventTrigger(_Part):
    """Something happens to the customer."""

    on: Literal["event"]
    event: EventName


class PlaybookStageTrigger(_Part):
    """The customer enters one of these stages, from one of `left` if that is said."""

    on: Literal["stage"]
    entered: Codes
    left: Codes | None = None


class PlaybookTierTrigger(_Part):
    """The customer gets another tier: one of `entered`, from one of `left`, up or down, as far as said."""

    on: Literal["tier"]
    entered: Codes | None = None
    left: Codes | None = None
    direction: Literal["up", "down"] | None = None


class PlaybookChurnTrigger(_Part):
    """The customer's risk of being lost reaches one of these levels."""

    on: Literal["churn"]
    entered: Annotated[list[Literal["low", "medium", "high"]], Field(min_length=1, max_length=3)]


Trigger = Annotated[
    PlaybookEventTrigger | PlaybookStageTrigger | PlaybookTierTrigger | PlaybookChurnTrigger,
    Field(discriminator="on"),
]


class PlaybookEntryRule(_Part):
    """How often a customer may enter: `once`, once in so many `days`, or `always` when no run is going on."""

    mode: Literal["once", "per_days", "always"]
    days: Annotated[int, Field(ge=1, le=3660), NO_FLAG] | None = None

    @model_validator(mode="after")
    def _days_where_needed(self) -> Self:
        if (self.mode == "per_days") != (self.days is not None):
            raise PydanticCustomError(
                "days_unfit", "takes days with per_days, and only then", {"zh": "仅 per_days 需要 days"}
            )
        return self


class PlaybookEnding(_Part):
    """An event after the start, or a condition that holds when a step is due; either one ends the run."""

    event: EventName | None = None
    condition: PlaybookCondition | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.event is None and self.condition is None:
            raise PydanticCustomError("ending_empty", "says nothing", {"zh": "结束条件不能为空"})
        return self


class PlaybookWaitStep(_Part):
    """Nothing happens for so long."""

    kind: Literal["wait"]
    days: Annotated[int, Field(ge=0, le=366), NO_FLAG] = 0
    hours: Annotated[int, Field(ge=0, le=23), NO_FLAG] = 0

    @model_validator(mode="after")
    def _waits(self) -> Self:
        if not self.days and not self.hours:
            raise PydanticCustomError("wait_empty", "waits for no time", {"zh": "等待时间不能为零"})
        return self


class PlaybookWorkdayStep(_Part):
    """Nothing happens until clocks in `timezone` show this time of a workday (China's statutory ones)."""

    kind: Literal["wait_until_workday"]
    at: Clock
    timezone: Zone = "Asia/Shanghai"


class PlaybookConditionStep(_Part):
    """Goes on at `then_go_to` (else the next step) where it holds, otherwise at `else_go_to` (end)."""

    kind: Literal["condition"]
    condition: PlaybookCondition
    then_go_to: Target | None = None
    else_go_to: Target = "end"


class PlaybookReminderStep(_Part):
    """Somebody is reminded: the customer's owner, or a person; due in so many days."""

    kind: Literal["reminder"]
    subject_zh: Name
    subject_en: Name
    assignee: Literal["owner", "person"] = "owner"
    assignee_id: UUID | None = None
    due_days: Annotated[int, Field(ge=0, le=366), NO_FLAG] = 0

    @model_validator(mode="after")
    def _person_where_needed(self) -> Self:
        if (self.assignee == "person") != (self.assignee_id is not None):
            raise PydanticCustomError(
                "assignee_unfit",
                "takes assignee_id with person, and only then",
                {"zh": "仅 person 需要 assignee_id"},
            )
        return self


class PlaybookMessageStep(_Part):
    """The customer is written to, by the first of these channels by which it can be reached."""

    kind: Literal["message"]
    template: TemplateName
    channels: Annotated[list[Channel], Field(min_length=1, max_length=6)]
    purpose: Literal["transactional", "service", "care", "marketing", "survey"]
    variables: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _small(self) -> Self:
        said = self.variables
        plain = all(
            isinstance(each, str | int | float | bool) and len(str(each)) <= _MOST_TEXT
            for each in said.values()
        )
        if len(said) > _MOST_VARIABLES or not plain or not all(_VARIABLE.match(name) for name in said):
            raise PydanticCustomError(
                "variables_unfit",
                "must be few, named plainly, and plain values",
                {"zh": "变量须为少量简单值"},
            )
        if len(set(self.channels)) < len(self.channels):
            raise PydanticCustomError("channel_twice", "names a channel twice", {"zh": "渠道重复"})
        return self


class PlaybookWebhookStep(_Part):
    """Another system is told, by a sender of the kind `webhook`, in the words of a template."""

    kind: Literal["webhook"]
    sender_id: UUID
    template: TemplateName


class _Asking(_Part):
    if_refused: Literal["go_on", "stop"] = Field(
        default="go_on", description="What becomes of the run when the other service refuses for good."
    )


class PlaybookComplaintStep(_Asking):
    """A complaint is opened for the customer."""

    kind: Literal["open_complaint"]
    category: Code
    severity: Literal["low", "normal", "high", "critical"] = "normal"
    subject: Name


class PlaybookSetTagStep(_Asking):
    """The customer gets a tag."""

    kind: Literal["set_tag"]
    tag: Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]


class PlaybookRemoveTagStep(_Asking):
    """The customer loses a tag."""

    kind: Literal["remove_tag"]
    tag: Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]


Step = Annotated[
    PlaybookWaitStep
    | PlaybookWorkdayStep
    | PlaybookConditionStep
    | PlaybookReminderStep
    | PlaybookMessageStep
    | PlaybookWebhookStep
    | PlaybookComplaintStep
    | PlaybookSetTagStep
    | PlaybookRemoveTagStep,
    Field(discriminator="kind"),
]


class PlaybookDefinition(_Part):
    """When it begins and for whom, what ends it early, and its steps, numbered from 1.

    A customer who objected to automatic decisions enters only what is not `marketing`.
    """

    trigger: Trigger
    condition: PlaybookCondition | None = None
    entry: PlaybookEntryRule
    goal: PlaybookEnding | None = None
    exit: PlaybookEnding | None = None
    marketing: Flag = True
    steps: Annotated[list[Step], Field(min_length=1, max_length=MOST_STEPS)]
