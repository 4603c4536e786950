"""What an operator sees of the outbox and of dead letters."""

from typing import Any
from uuid import UUID

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
    type: str | None
    reason: str
    error_class: str | None
    attempts: int
    exchange: str
    routing_key: str
    first_at: Moment
    last_at: Moment
    replayed_at: Moment | None


class DeadLetterDetail(DeadLetterRead):
    """A dead letter with the event as it arrived."""

    payload: Any


class OutboxRead(Output):
    """What waits to be told; `oldest_age_seconds` is 0 when nothing waits."""

    unpublished: int
    failing: int
    oldest_at: Moment | None
    oldest_age_seconds: float
