"""The rows of firing: which moments were answered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Text, UniqueConstraint, Uuid
from sqlmodel import Field

from notify_svc.tables import Base


class ReminderOccurrence(Base, table=True):
    """That a reminder's moment came and was answered, once: unique by reminder and moment.

    `reason` is the condition that was not met, of what was skipped.
    """

    __tablename__ = "reminder_occurrence"
    __table_args__ = (
        ForeignKeyConstraint(
            ["reminder_id"], ["reminder.id"], name="reminder_occurrence_of", ondelete="CASCADE"
        ),
        CheckConstraint(
            "result IN ('fired', 'missed', 'skipped') AND (result = 'skipped') = (reason IS NOT NULL)",
            name="reminder_occurrence_result",
        ),
        UniqueConstraint("reminder_id", "due_at", name="reminder_occurrence_once"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    reminder_id: UUID = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    result: str = Field(sa_type=Text)
    reason: str | None = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
