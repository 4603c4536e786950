"""What tests look like on the wire; no answer holds an address."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, StringConstraints

from notify_svc.senders.domain import Channel
from notify_svc.templates.domain import Language
from notify_svc.test_sends.domain import Outcome
from shared.http import Input, Output
from shared.http.types import JsonObject, clean_text

_Address = Annotated[str, StringConstraints(pattern=r"^[^\s<>]{1,254}$"), AfterValidator(clean_text)]
_Word = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$")]
_Value = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(clean_text)]
_To = Field(
    default=None,
    description="An e-mail address, a number as `+8613800138000`, or an id in the app; yours without it.",
)
_SENT: dict[str, JsonValue] = {
    "message_id": "0197c2f0-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "sender_id": "0197c2f0-6a00-7d11-8a2b-0c1d2e3f4a5c",
    "channel": "email",
    "outcome": "sent",
    "reason": None,
    "duration_ms": 212,
    "provider_id": "4F6D2",
}


class SenderTest(Input):
    """To whom; of short messages also the approved template that their provider shall send."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"to": "me@example.com"}, {"to": "+8613800138000", "provider_template": "SMS_1"}]
        }
    )

    to: _Address | None = _To
    provider_template: _Word | None = Field(default=None, description="Of SMS senders, which need one.")
    provider_parameters: Annotated[dict[str, _Value], Field(max_length=20)] = Field(default_factory=dict)


class TemplateTest(Input):
    """Which version, by which channel, with what in its variables, to whom."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"language": "en", "to": "me@example.com"},
                {"language": "zh", "variables": {"feast": "中秋节"}},
            ]
        }
    )

    channel: Channel = "email"
    language: Language = "zh"
    number: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="The latest version without it, also a draft."
    )
    variables: JsonObject = Field(default_factory=dict, description="The declared examples stand for others.")
    customer_id: UUID | None = Field(
        default=None, description="A customer in sight, whose name is filled in; nothing is sent there."
    )
    sender_id: UUID | None = Field(default=None, description="The channel's default sender without it.")
    to: _Address | None = _To


class TestSent(Output):
    """What the other side said. The log has the same under `message_id`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _SENT,
                {**_SENT, "outcome": "refused", "reason": "login_refused", "provider_id": None},
            ]
        }
    )
    __test__ = False

    message_id: UUID
    sender_id: UUID
    channel: Channel
    outcome: Outcome = Field(
        description=(
            "`sent`; `later`: it may work another time, or nobody knows; `refused`: it will not as it is; "
            "`blocked`: that address came back as one that does not exist"
        )
    )
    reason: str | None
    duration_ms: int
    provider_id: str | None
