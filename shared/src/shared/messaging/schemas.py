"""What an operator sees of the outbox and of dead letters."""

from typing import Any
from uuid import UUID

from pydantic import Field

from shared.http import ListQuery, Output
from shared.http.types import Code, Moment


class DeadLetterQuery(ListQuery):
    """Filters of the list of dead letters."""

    type: Code | None = None
    reason: Code | None = None
    replayed: bool | None = None


class DeadLetterRead(Output):
    """An event that was given up: why, after how many attempts, and whether it was replayed since."""

    id: UUID
    event_id: UUID
    type: str | None = Field(examples=["customer.registered.v1"])
    reason: str = Field(examples=["failed"])
    error_class: str | None = Field(examples=["KeyError"])
    attempts: int = Field(examples=[8])
    exchange: str = Field(examples=["tonglu.events"])
    routing_key: str = Field(examples=["customer.registered.v1"])
    first_at: Moment
    last_at: Moment
    replayed_at: Moment | None


class DeadLetterDetail(DeadLetterRead):
    """A dead letter with the event as it arrived."""

    payload: Any = Field(examples=[{"specversion": "1.0", "type": "customer.registered.v1"}])


class OutboxRead(Output):
    """What waits to be told; `oldest_age_seconds` is 0 when nothing waits."""

    unpublished: int = Field(examples=[12])
    failing: int = Field(examples=[0])
    oldest_at: Moment | None
    oldest_age_seconds: float = Field(examples=[1.4])
