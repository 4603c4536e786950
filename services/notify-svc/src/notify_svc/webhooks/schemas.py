"""What webhooks take and answer."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from notify_svc.webhooks.domain import MOST_OVERLAP_HOURS, OVERLAP_HOURS, DisabledReason, State
from shared.db import Record
from shared.http import Input, ListQuery, Output, Patch
from shared.http.guard import MOST_URL
from shared.http.types import NO_FLAG, Line, Moment

_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazfYSp9zrI8="  # noqa: S105 - an example
EXAMPLE_EN: dict[str, JsonValue] = {
    "url": "https://erp.example.com/hooks/tonglu",
    "event_types": ["order.*", "customer.registered.v1"],
    "description": "Orders into the ERP",
}
EXAMPLE_ZH: dict[str, JsonValue] = {
    "url": "https://erp.example.cn/hooks/tonglu",
    "event_types": ["*"],
    "description": "同步至 ERP",
}
_ANSWER: dict[str, JsonValue] = {
    "id": "0197c2f1-20cb-7a55-9d1e-6b0c1f2a3d4e",
    "distributor_id": None,
    "owner_id": None,
    "state": "enabled",
    "disabled_reason": None,
    "disabled_at": None,
    "previous_secret_until": None,
    "failing_since": None,
    "last_success_at": "2026-03-02T01:00:01.120Z",
    "last_failure_at": None,
    "last_failure_reason": None,
    "delivered": 128,
    "failed_attempts": 0,
    "rest_until": None,
    "created_by": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
    "created_at": "2026-02-27T08:12:30.120Z",
    "updated_at": "2026-02-27T08:12:30.120Z",
    "version": 1,
}

Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MOST_URL),
    Field(
        description="https, port 443 or 8443, a public address, no user in it. Redirects are not followed.",
        examples=["https://erp.example.com/hooks/tonglu"],
    ),
]
Pattern = Annotated[
    str,
    StringConstraints(
        pattern=r"^(\*|[a-z_]{1,40}\.\*|[a-z_]{1,40}\.[a-z_]{1,40}\.v[1-9][0-9]{0,3})$", max_length=100
    ),
]
Patterns = Annotated[
    list[Pattern],
    Field(
        min_length=1,
        max_length=50,
        description="Event types: one (`customer.registered.v1`), all of a noun (`order.*`), or all (`*`).",
        examples=[["order.*"]],
    ),
]


class WebhookCreate(Input):
    """Where events shall go, and which."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_EN, EXAMPLE_ZH]})

    url: Url
    event_types: Patterns
    description: Line | None = None


class WebhookPatch(Patch):
    """A merge patch."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"event_types": ["order.*", "tier.changed.v1"]}]}
    )

    url: Url = Field(default_factory=str)
    event_types: Patterns = Field(default_factory=list)
    description: Line | None = None


class WebhookRead(Output):
    """A webhook and how sending there goes. `owner_id` is the key whose it is; null: the company's.

    `failing_since`: nothing has arrived since then. `rest_until`: nothing is sent before, as it
    asked for quiet or fails.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_ANSWER, **EXAMPLE_EN}, {**_ANSWER, **EXAMPLE_ZH}]}
    )

    id: UUID
    url: str
    event_types: list[str]
    description: str | None
    distributor_id: UUID | None
    owner_id: UUID | None
    state: State
    disabled_reason: DisabledReason | None
    disabled_at: Moment | None
    previous_secret_until: Moment | None = Field(description="Until when the old secret signs, too.")
    failing_since: Moment | None
    last_success_at: Moment | None
    last_failure_at: Moment | None
    last_failure_reason: str | None = Field(examples=["timeout"])
    delivered: int
    failed_attempts: int
    rest_until: Moment | None
    created_by: UUID
    created_at: Moment
    updated_at: Moment
    version: int


class WebhookMade(WebhookRead):
    """A webhook with the only sight of its secret there will be."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_ANSWER, **EXAMPLE_EN, "secret": _SECRET},
                {**_ANSWER, **EXAMPLE_ZH, "secret": _SECRET},
            ]
        }
    )

    secret: str = Field(description="`whsec_` and base64 of 32 bytes: keep it, it is not shown again.")


class SecretRotation(Input):
    """For how long everything is signed with the old secret, too; 0 ends it at once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: Annotated[int, Field(ge=0, le=MOST_OVERLAP_HOURS), NO_FLAG] = OVERLAP_HOURS


class WebhookQuery(ListQuery):
    """What a list of webhooks may be filtered by."""

    state: State | None = None
    distributor_id: UUID | None = None


def shown(row: Record) -> dict[str, Any]:
    """A row as `WebhookRead`."""
    return {**dict(row), "previous_secret_until": row["previous_until"]}
