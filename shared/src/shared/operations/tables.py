"""Long work as its caller sees it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from shared.db.base import SharedBase

MOMENT: Any = DateTime(timezone=True)
BIG: Any = BigInteger


class Operation(SharedBase, table=True):
    """`done` of `total` items (no total: unknown); `problem` is a problem document (RFC 9457)."""

    __table_args__ = (
        CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="operation_status"
        ),
        Index("operation_finished", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    kind: str
    status: str
    done: int = Field(sa_type=BIG)
    total: int | None = Field(sa_type=BIG)
    result: dict[str, Any] | None = Field(sa_column=Column(JSONB, nullable=True))
    problem: dict[str, Any] | None = Field(sa_column=Column(JSONB, nullable=True))
    cancel_requested: bool
    created_by: UUID
    created_at: datetime = Field(sa_type=MOMENT)
    started_at: datetime | None = Field(sa_type=MOMENT)
    finished_at: datetime | None = Field(sa_type=MOMENT)
    version: int
