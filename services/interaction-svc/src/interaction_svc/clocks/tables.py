"""Stored clocks; the moment of the next alarm follows from the row itself."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from interaction_svc.sla.domain import METRICS
from interaction_svc.tables import MOMENT, Base

MOMENTS: Any = ARRAY(MOMENT)
TEXTS: Any = ARRAY(Text)
_NEXT = (
    "CASE WHEN done_at IS NOT NULL THEN CASE WHEN done_at > due_at AND fired < 2 THEN done_at END "
    "WHEN paused_at IS NULL THEN alarm_at[fired + 1] END"
)


class SlaClock(Base, table=True):
    """One clock of a complaint. `alarm_at` and `alarm_to`: when to tell whom; the first `fired` are told.

    The first alarm is the warning, the second the breach, the others are the policy's chain. What was
    stopped too late before anybody noticed still tells its breach.
    """

    __tablename__ = "sla_clock"
    __table_args__ = (
        CheckConstraint(f"metric IN {METRICS}", name="sla_clock_metric"),
        CheckConstraint("cardinality(alarm_at) = cardinality(alarm_to)", name="sla_clock_alarms"),
        UniqueConstraint("complaint_id", "metric", "started_at", name="sla_clock_once"),
        Index("sla_clock_next", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index(
            "sla_clock_of_first_answer",
            "started_at",
            postgresql_include=["complaint_id", "due_at", "done_at", "paused_at"],
            postgresql_where=text("metric = 'first_answer'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(foreign_key="complaint.id", ondelete="CASCADE")
    metric: str = Field(sa_type=Text)
    policy_id: UUID | None
    started_at: datetime = Field(sa_type=MOMENT)
    due_at: datetime = Field(sa_type=MOMENT)
    paused_at: datetime | None = Field(sa_type=MOMENT)
    done_at: datetime | None = Field(sa_type=MOMENT)
    alarm_at: list[datetime] = Field(sa_type=MOMENTS)
    alarm_to: list[str] = Field(sa_type=TEXTS)
    fired: int
    next_at: datetime | None = Field(sa_type=MOMENT, sa_column_args=(Computed(_NEXT, persisted=True),))
