"""What an event asks a person to do, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from notify_svc.reminders.domain import Source

_CALL_WITHIN = {"high": timedelta(0), "medium": timedelta(days=1)}
_CALL_SOMETIME = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Errand:
    """What an event asks somebody to do: codes and ids only, put into words when it is read.

    `source_id` and `version` are the warning or complaint that asks, `topic_id` is what it is about.
    """

    source: Source
    source_id: UUID
    version: int
    topic_id: UUID
    subject_code: str
    subject_parameters: Mapping[str, Any]
    customer_id: UUID
    distributor_id: UUID | None
    assignee_id: UUID | None
    due_at: datetime


def call_by(level: str, *, now: datetime) -> datetime:
    """When the owner of a customer at risk is reminded: high at once, medium in a day, else in three."""
    return now + _CALL_WITHIN.get(level, _CALL_SOMETIME)


def takes_over(errand: Errand, source_id: UUID | None) -> bool:
    """Whether it takes over the open reminder that `source_id` asked for.

    Of two warnings about a customer the later one counts: their ids are UUIDv7, which sort by time. The
    clocks of a complaint run side by side, and whichever rings last has news.
    """
    return errand.source == "sla" or source_id is None or source_id <= errand.source_id
