"""What deliveries take and answer."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from notify_svc.deliveries.domain import State
from notify_svc.webhooks.schemas import Patterns
from shared.auth import Principal
from shared.db import Record
from shared.http import Input, ListQuery, Output
from shared.http.types import Flag, Moment
from shared.sealing import Sealer, Unsealable

ANSWER = "webhook answer"

_DELIVERY: dict[str, JsonValue] = {
    "id": "0197c2f2-7b1d-7f0a-8d43-6d0c2a1be2c4",
    "message_id": "msg_0197c2f27b1d7f0a8d436d0c2a1be2c4",
    "webhook_id": "0197c2f1-20cb-7a55-9d1e-6b0c1f2a3d4e",
    "event_id": "0197c2f2-7b11-7c31-9a52-3f1f0a6f9d11",
    "event_type": "order.recorded.v1",
    "occurred_at": "2026-03-02T01:00:00.412Z",
    "state": "waiting",
    "next_attempt_at": "2026-03-02T01:05:02Z",
    "attempts": 2,
    "last_status": 503,
    "last_reason": "bad_status",
    "delivered_at": None,
    "created_at": "2026-03-02T01:00:00.612Z",
    "updated_at": "2026-03-02T01:00:06.020Z",
    "version": 3,
}


class DeliveryQuery(ListQuery):
    """What a list of deliveries may be filtered by."""

    webhook_id: UUID | None = None
    event_type: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+\.v[1-9][0-9]*$")] | None = Field(
        None, max_length=100, examples=["order.recorded.v1"]
    )
    state: State | None = None
    created_at_gte: Annotated[Moment | None, Field(alias="created_at[gte]")] = None
    created_at_lt: Annotated[Moment | None, Field(alias="created_at[lt]")] = None


class WebhookDeliveryRead(Output):
    """One event for one webhook. It carries `message_id` as `webhook-id`, however often it is sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DELIVERY]})

    id: UUID
    message_id: str
    webhook_id: UUID
    event_id: UUID
    event_type: str
    occurred_at: Moment
    state: State
    next_attempt_at: Moment | None
    attempts: int
    last_status: int | None
    last_reason: str | None = Field(description="Why the last attempt failed; null if it did not.")
    delivered_at: Moment | None
    created_at: Moment
    updated_at: Moment
    version: int


class WebhookAttemptRead(Output):
    """One attempt. `answer` is the beginning of what came back, shown to the webhook's owner alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 2,
                    "started_at": "2026-03-02T01:00:05.612Z",
                    "duration_ms": 38,
                    "status": 503,
                    "reason": "bad_status",
                    "answer": "down for maintenance",
                }
            ]
        }
    )

    number: int
    started_at: Moment
    duration_ms: int
    status: int | None
    reason: str | None
    answer: str | None


class WebhookDeliveryWhole(WebhookDeliveryRead):
    """A delivery with its newest hundred attempts, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_DELIVERY, "tried": []}]})

    tried: list[WebhookAttemptRead]


class WebhookReplay(Input):
    """Which deliveries of a webhook are sent again: what occurred from `from` on and before `to`.

    `only_failed` leaves out what arrived.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"from": "2026-03-02T00:00:00Z", "to": "2026-03-03T00:00:00Z", "only_failed": True},
                {
                    "from": "2026-03-02T00:00:00Z",
                    "to": "2026-03-02T12:00:00Z",
                    "event_types": ["order.recorded.v1"],
                },
            ]
        }
    )

    from_: Moment = Field(alias="from")
    to: Moment
    event_types: Patterns | None = Field(None, description="Of these types alone; null: of all.")
    only_failed: Flag = False


class WebhookReplayStarted(Output):
    """The operation that sends again; its result counts them as `replayed`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "0197c2f3-0a3e-7f0a-8d43-6d0c2a1be2c4", "total": 1200}]}
    )

    id: UUID
    total: int


def shown(row: Record | dict[str, Any], message_id: str) -> dict[str, Any]:
    """A row as `WebhookDeliveryRead`."""
    return {
        **dict(row),
        "message_id": message_id,
        "webhook_id": row["endpoint_id"],
        "next_attempt_at": row["due_at"] and max(row["due_at"], row["created_at"]),
    }


def tried(
    rows: Iterable[Record], owner_id: UUID | None, caller: Principal, sealer: Sealer
) -> list[dict[str, Any]]:
    """Attempts as their reader may see them: what a partner's server answered is the partner's alone."""
    mine = owner_id == caller.id or (owner_id is None and caller.kind == "staff")
    return [{**dict(row), "answer": _answer(row, sealer) if mine else None} for row in rows]


def _answer(row: Record, sealer: Sealer) -> str | None:
    if row["answer"] is None:
        return None
    try:
        opened = sealer.open(ANSWER, row["answer"], row["delivery_id"].bytes)
    except Unsealable:
        return None
    text = opened.decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\ufffd" for letter in text)
