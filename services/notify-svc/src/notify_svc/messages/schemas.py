"""What messages look like on the wire: a log without texts and addresses."""

import base64
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from notify_svc.messages.domain import Purpose, Source, State
from notify_svc.senders.domain import Channel
from shared.http import Input, ListQuery, Output
from shared.http.types import Moment

_LOG: dict[str, JsonValue] = {
    "number": 1,
    "sender_id": "0197c2f0-6a00-7d11-8a2b-0c1d2e3f4a5c",
    "channel": "email",
    "at": "2026-03-02T01:00:01Z",
    "duration_ms": 212,
    "outcome": "sent",
    "reason": None,
    "provider_id": "2.0.0 Ok: queued as 4F6D2",
}
_READ: dict[str, JsonValue] = {
    "id": "0197c2f0-6a00-7d11-8a2b-0c1d2e3f4a5b",
    "purpose": "care",
    "channels": ["email", "sms"],
    "channel": "email",
    "recipient_kind": "customer",
    "recipient_id": "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e",
    "template": "care.birthday",
    "template_version": 1,
    "variables": {},
    "customer_id": "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e",
    "distributor_id": None,
    "source": "care",
    "source_id": "0197c2ee-91d4-7f0a-8d43-6d0c2a1be2c4",
    "sender_id": "0197c2f0-6a00-7d11-8a2b-0c1d2e3f4a5c",
    "state": "sent",
    "reason": None,
    "not_before": "2026-03-02T01:00:00Z",
    "expires_at": None,
    "attempts": 1,
    "provider_id": "2.0.0 Ok: queued as 4F6D2",
    "digest_id": None,
    "sent_at": "2026-03-02T01:00:01Z",
    "created_at": "2026-03-02T01:00:00Z",
    "updated_at": "2026-03-02T01:00:01Z",
    "version": 2,
}
_BLOCKED: dict[str, JsonValue] = {
    **_READ,
    "variables": {"occasion_zh": "中秋节"},
    "state": "blocked",
    "reason": "do_not_contact",
    "sent_at": None,
}


class MessageQuery(ListQuery):
    """Filters of messages."""

    state: State | None = None
    channel: Channel | None = None
    purpose: Purpose | None = None
    source: Source | None = None
    source_id: UUID | None = None
    sender_id: UUID | None = None
    customer_id: UUID | None = None
    created_at_gte: Annotated[Moment | None, Field(alias="created_at[gte]")] = None
    created_at_lt: Annotated[Moment | None, Field(alias="created_at[lt]")] = None


class MessageBrief(Output):
    """A message as the list shows it; `reason` is the rule that blocked it, or why it failed or waits."""

    model_config = ConfigDict(json_schema_extra={"examples": [_READ, _BLOCKED]})

    id: UUID
    purpose: Purpose
    channels: list[str]
    channel: Channel
    recipient_kind: str | None
    recipient_id: UUID | None
    template: str
    template_version: int | None
    variables: dict[str, Any]
    customer_id: UUID | None
    distributor_id: UUID | None
    source: Source
    source_id: UUID
    sender_id: UUID | None
    state: State
    reason: str | None
    not_before: Moment
    expires_at: Moment | None
    attempts: int
    provider_id: str | None
    digest_id: UUID | None = Field(description="The message that carried this one along.")
    sent_at: Moment | None
    created_at: Moment
    updated_at: Moment
    version: int


class MessageAttemptRead(Output):
    """One try."""

    number: int
    sender_id: UUID
    channel: str
    at: Moment
    duration_ms: int
    outcome: Literal["sent", "later", "refused"]
    reason: str | None
    provider_id: str | None


class MessageRead(MessageBrief):
    """A message with every attempt."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_READ, "log": [_LOG]}, {**_BLOCKED, "log": []}]}
    )

    log: list[MessageAttemptRead]


class BounceReport(Input):
    """A delivery status notification as it came, in base64; its first 32 KiB are enough."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "RnJvbTogTUFJTEVSLURBRU1PTkBteC5leGFtcGxlLmNvbQ=="}]}
    )

    message: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=44_000)]

    @property
    def bytes(self) -> bytes:
        """The message itself; whatever it is not is no notification."""
        try:
            return base64.b64decode(self.message, validate=True)
        except ValueError:
            return b""


class BouncesNoted(Output):
    """How many messages became `bounced`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"noted": 1}]})

    noted: int
