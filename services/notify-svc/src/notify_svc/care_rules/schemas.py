"""What care rules take and answer."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from notify_svc.care_rules.domain import Audience, Feast
from notify_svc.reminders.wishes import Channels, TimeOfDay
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import NO_FLAG, Code, Flag, Moment, Name, Text, Zone

_GREETING: dict[str, JsonValue] = {
    "name": "中秋祝福",
    "active": True,
    "occasion": {"kind": "feast", "feast": "mid_autumn"},
    "audience": ["customer", "contact"],
    "at": "09:00",
    "message": {"channels": ["email", "sms"], "template": "care.feast"},
}
_REMINDER: dict[str, JsonValue] = {
    "name": "Call core customers three days before their birthday",
    "occasion": {"kind": "birthday"},
    "audience": ["contact"],
    "days_before": 3,
    "at": "08:30",
    "timezone": "Asia/Shanghai",
    "only_if": {"tiers": ["core"], "no_open_complaint": True},
    "reminder": {"assignee": "owner", "subject": "Order the birthday present"},
}
_COMPANY: dict[str, JsonValue] = {
    "name": "Founding day 周年庆",
    "occasion": {
        "kind": "company_day",
        "code": "founding_day",
        "name_zh": "周年庆",
        "name_en": "our anniversary",
        "calendar": "solar",
        "month": 6,
        "day": 18,
    },
    "message": {"channels": ["email"], "template": "care.feast"},
}
_DEFAULTS: dict[str, JsonValue] = {
    "active": False,
    "audience": ["customer"],
    "days_before": 0,
    "at": "09:00",
    "timezone": None,
    "only_if": {},
    "message": None,
    "reminder": None,
    "id": "0197c2f1-11d4-7f0a-8d43-6d0c2a1be2d1",
    "created_by": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
    "created_at": "2026-02-27T08:12:30.120Z",
    "updated_at": "2026-02-27T08:12:30.120Z",
    "version": 1,
}
_Codes = Annotated[list[Code], Field(min_length=1, max_length=20)]
_MessageChannel = Literal["email", "sms", "wecom", "dingtalk", "feishu"]


class CareBirthday(Input):
    """The birthday that a customer or contact has told, by the solar or the lunar calendar."""

    kind: Literal["birthday"]


class CareFeast(Input):
    """A feast, on its day of each year as it is kept in Beijing."""

    kind: Literal["feast"]
    feast: Feast


class CareCompanyDay(Input):
    """A day that the company keeps each year; `code` tells it from others for good."""

    kind: Literal["company_day"]
    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
    name_zh: Annotated[Name, Field(max_length=40)]
    name_en: Annotated[Name, Field(max_length=60)]
    calendar: Literal["solar", "lunar"] = "solar"
    month: Annotated[int, Field(ge=1, le=12), NO_FLAG]
    day: Annotated[int, Field(ge=1, le=31), NO_FLAG]
    leap: Flag = Field(
        default=False, description="Of a lunar month: the leap month behind it, if there is one."
    )


CareDay = Annotated[CareBirthday | CareFeast | CareCompanyDay, Field(discriminator="kind")]


class CareOnlyIf(Input):
    """Of whom the rule is; what is not said does not matter."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"tiers": ["core", "potential"], "no_open_complaint": True}]}
    )

    tiers: _Codes | None = None
    stages: _Codes | None = None
    churn_levels: _Codes | None = None
    no_open_complaint: Flag | None = Field(
        None, description="Nobody is greeted in the middle of a complaint."
    )


class CareMessage(Input):
    """A greeting: a published template that needs no variables but `occasion_zh` and `occasion_en`."""

    channels: Annotated[list[_MessageChannel], Field(min_length=1, max_length=5)]
    template: Code


class CareReminder(Input):
    """A colleague is reminded; without a subject it names the occasion and its date."""

    assignee: Literal["owner", "named"] = "owner"
    assignee_id: UUID | None = None
    subject: Name | None = None
    note: Text | None = None
    channels: Channels = Field(default=["inbox"])


_Audience = Annotated[list[Audience], Field(min_length=1, max_length=2)]
_DaysBefore = Annotated[int, Field(ge=0, le=60), NO_FLAG]


class CareRuleCreate(Input):
    """Care on an occasion: for whom, how many days before, at which hour where they live, and what is done.

    `timezone` is that of whoever named none; null is the company's. A rule counts once it is `active`.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_GREETING, _REMINDER, _COMPANY]})

    name: Name
    active: Flag = False
    occasion: CareDay
    audience: _Audience = Field(default=["customer"])
    days_before: _DaysBefore = 0
    at: TimeOfDay = "09:00"
    timezone: Zone | None = None
    only_if: CareOnlyIf | None = None
    message: CareMessage | None = None
    reminder: CareReminder | None = None

    def kept(self) -> dict[str, Any]:
        """The fields as the columns that keep them."""
        return kept(self.model_dump(mode="json"))


class CareRulePatch(Patch):
    """A merge patch for the hours that come from then on; what is done once is not done again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"active": True}, {"at": "10:00", "audience": ["contact"]}]}
    )

    name: Name = Field(default_factory=str)
    active: Flag = Field(default=True)
    occasion: CareDay = Field(default_factory=lambda: CareBirthday(kind="birthday"))
    audience: _Audience = Field(default_factory=list)
    days_before: _DaysBefore = Field(default=0)
    at: TimeOfDay = Field(default="09:00")
    timezone: Zone | None = None
    only_if: CareOnlyIf | None = None
    message: CareMessage | None = None
    reminder: CareReminder | None = None

    def kept(self) -> dict[str, Any]:
        """The changes as the columns that keep them."""
        return kept(self.model_dump(mode="json", include=self.model_fields_set))


def kept(values: dict[str, Any]) -> dict[str, Any]:
    """What a body says as columns keep it; of conditions only those that were said, each name once."""
    found = dict(values)
    if "only_if" in found:
        found["only_if"] = {name: value for name, value in (found["only_if"] or {}).items() if value}
    if "audience" in found:
        found["audience"] = list(dict.fromkeys(found["audience"]))
    return found


class CareRuleQuery(ListQuery):
    """What a list of rules may be filtered by."""

    active: bool | None = None


class CareRuleRead(Output):
    """A rule as it stands now; `created_by` null: it came with Tonglu."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**_DEFAULTS, **_GREETING}, {**_DEFAULTS, **_REMINDER}, {**_DEFAULTS, **_COMPANY}]
        }
    )

    id: UUID
    name: str
    active: bool
    occasion: CareDay
    audience: list[Audience]
    days_before: int
    at: str
    timezone: str | None
    only_if: dict[str, Any]
    message: dict[str, Any] | None
    reminder: dict[str, Any] | None
    created_by: UUID | None
    created_at: Moment
    updated_at: Moment
    version: int
