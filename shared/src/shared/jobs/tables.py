"""The queue of durable work: one row per job, and one per periodic task for ever."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from shared.db.base import SharedBase

MOMENT: Any = DateTime(timezone=True)
BIG: Any = BigInteger
JSON: Any = JSONB
UNFINISHED = text("state IN ('queued', 'running')")


class Job(SharedBase, table=True):
    """Work that must happen.

    `fence` grows with every claim, so that a worker which lost its lease cannot write. `again` asks for one
    more run: somebody enqueued the same `dedup_key` while this one was running.
    """

    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="job_state"),
        Index("job_dedup", "dedup_key", unique=True, postgresql_where=UNFINISHED),
        Index("job_waiting", "run_at", postgresql_where=text("state = 'queued'")),
        Index("job_leased", "lease_until", postgresql_where=text("state = 'running'")),
        Index("job_finished", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    kind: str
    args: dict[str, Any] = Field(sa_type=JSON)
    state: str
    run_at: datetime = Field(sa_type=MOMENT)
    attempts: int
    max_attempts: int
    lease_until: datetime | None = Field(sa_type=MOMENT)
    heartbeat_at: datetime | None = Field(sa_type=MOMENT)
    fence: int = Field(sa_type=BIG)
    dedup_key: str | None
    again: bool
    every_seconds: int | None
    operation_id: UUID | None
    last_error: str | None
    created_at: datetime = Field(sa_type=MOMENT)
    finished_at: datetime | None = Field(sa_type=MOMENT)
