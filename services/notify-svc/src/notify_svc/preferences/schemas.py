"""What preferences look like on the wire."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from notify_svc.preferences.domain import MOST_DAYS, Channel, ConsentState, Purpose
from shared.http import Input, ListQuery, Output
from shared.http.types import NO_FLAG, Line, Moment, Zone

_CUSTOMER = "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e"
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
ConsentSource = Literal["form", "call", "contract", "import", "link", "conversation", "other"]


class ClockWindow(Input):
    """From one time by the clock to another; over midnight if it ends before it begins."""

    start: Clock = Field(examples=["21:00"])
    end: Clock = Field(examples=["08:00"])

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.start == self.end:
            raise PydanticCustomError(
                "window_empty", "must not end when it begins", {"zh": "起止时间不能相同"}
            )
        return self


class FrequencyCap(Input):
    """At most so many messages in so many days, of a purpose and a channel, or of any."""

    most: Annotated[int, Field(ge=1, le=1000), NO_FLAG]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS), NO_FLAG]
    purpose: Purpose | None = None
    channel: Channel | None = None


class ConsentGiven(Input):
    """A consent that was given or withdrawn, and how that is known."""

    purpose: Purpose
    channel: Channel
    state: ConsentState
    source: ConsentSource = "other"
    note: Line | None = None


class DoNotContact(Input):
    """The customer wants nothing, by one channel or by any (`*`), until then or for good."""

    channel: Channel | Literal["*"] = "*"
    reason: Line | None = None
    until: Moment | None = None


_SAID: dict[str, JsonValue] = {
    "consents": [
        {"purpose": "marketing", "channel": "email", "state": "granted", "source": "form", "note": None}
    ],
    "do_not_contact": [{"channel": "sms", "reason": "Asked for it by phone", "until": None}],
    "quiet_hours": {"start": "20:00", "end": "09:00"},
    "timezone": "Europe/London",
    "language": "en",
    "caps": [{"most": 1, "days": 30, "purpose": "marketing", "channel": None}],
}
_SAID_ZH: dict[str, JsonValue] = {
    **_SAID,
    "do_not_contact": [{"channel": "*", "reason": "春节期间勿扰", "until": "2026-02-24T00:00:00Z"}],
    "timezone": "Asia/Shanghai",
    "language": "zh",
}
_REST: dict[str, JsonValue] = {
    "customer_id": _CUSTOMER,
    "version": 2,
    "updated_at": "2026-03-01T09:30:00Z",
}


class PreferenceSet(Input):
    """What a customer wants, as a whole; a consent that is not named is unknown."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SAID, _SAID_ZH]})

    consents: Annotated[list[ConsentGiven], Field(max_length=40)] = Field(default_factory=list)
    do_not_contact: Annotated[list[DoNotContact], Field(max_length=7)] = Field(default_factory=list)
    quiet_hours: ClockWindow | None = Field(default=None, description="Null: the company's.")
    timezone: Zone | None = None
    language: Literal["zh", "en"] | None = None
    caps: Annotated[list[FrequencyCap], Field(max_length=20)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _once(self) -> Self:
        about = [(each.purpose, each.channel) for each in self.consents]
        if len(set(about)) < len(about):
            raise PydanticCustomError("consent_twice", "names a consent twice", {"zh": "同一授权重复"})
        return self


class PreferencePatch(Input):
    """The parts to change; each is replaced as a whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"timezone": "Europe/London"}, {"do_not_contact": [{"reason": "客户要求"}]}]
        }
    )

    consents: Annotated[list[ConsentGiven], Field(max_length=40)] = Field(default_factory=list)
    do_not_contact: Annotated[list[DoNotContact], Field(max_length=7)] = Field(default_factory=list)
    quiet_hours: ClockWindow | None = None
    timezone: Zone | None = None
    language: Literal["zh", "en"] | None = None
    caps: Annotated[list[FrequencyCap], Field(max_length=20)] = Field(default_factory=list)


class PreferenceRead(Output):
    """What a customer wants; version 0 says that nothing was recorded yet."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_REST, **_SAID}, {**_REST, **_SAID_ZH}]})

    customer_id: UUID
    consents: list[dict[str, Any]]
    do_not_contact: list[dict[str, Any]]
    quiet_hours: dict[str, str] | None
    timezone: str | None
    language: str | None
    caps: list[dict[str, Any]]
    version: int
    updated_at: Moment | None


class ConsentQuery(ListQuery):
    """A list of consents has no filters."""


class ConsentRead(Output):
    """A consent given or withdrawn."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0197c2f0-6a00-7d11-8a2b-0c1d2e3f4a5b",
                    "purpose": "marketing",
                    "channel": "email",
                    "state": "withdrawn",
                    "source": "link",
                    "note": note,
                    "by_id": None,
                    "at": "2026-03-01T09:30:00Z",
                }
                for note in ("By the link in a mail", "通过邮件退订链接")
            ]
        }
    )

    id: UUID
    purpose: Purpose
    channel: Channel
    state: ConsentState
    source: str
    note: str | None
    by_id: UUID | None = Field(description="Who entered it; null: the customer itself.")
    at: Moment


_POLICY: dict[str, JsonValue] = {
    "needs_consent": {"marketing": ["email", "sms", "wecom"], "care": ["sms"]},
    "quiet_hours": {"start": "21:00", "end": "08:00"},
    "send_windows": {"sms": {"start": "09:00", "end": "20:00"}},
    "caps": [{"most": 2, "days": 7, "purpose": "marketing", "channel": None}],
    "always": ["transactional"],
    "timezone": "Asia/Shanghai",
}


class ContactPolicySet(Input):
    """The company's rules, as a whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [_POLICY]})

    needs_consent: dict[Purpose, Annotated[list[Channel], Field(max_length=6)]] = Field(
        description="By purpose the channels by which nothing is sent without a consent."
    )
    quiet_hours: ClockWindow | None
    send_windows: dict[Channel, ClockWindow] = Field(default_factory=dict)
    caps: Annotated[list[FrequencyCap], Field(max_length=50)] = Field(
        default_factory=list, description="They count what leaves from all sources together."
    )
    always: Annotated[list[Purpose], Field(max_length=5)] = Field(
        default=["transactional"], description="Purposes that quiet hours do not hold up."
    )
    timezone: Zone = Field(default="Asia/Shanghai", description="Of customers whose own is not known.")


class ContactPolicyRead(Output):
    """The company's rules; `version` is also the ETag."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_POLICY, "version": 3, "updated_at": "2026-03-01T09:30:00Z"}]}
    )

    needs_consent: dict[str, list[str]]
    quiet_hours: dict[str, str] | None
    send_windows: dict[str, dict[str, str]]
    caps: list[dict[str, Any]]
    always: list[str]
    timezone: str
    version: int
    updated_at: Moment
