"""Series of visits as they are kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Text, text
from sqlmodel import Field

from interaction_svc.tables import JSON, MOMENT, Base

WALL: Any = DateTime()


class VisitSeries(Base, table=True):
    """A rule and what its visits are about.

    `starts_on_local` is by the wall clock of `timezone`. Every visit that starts before `made_until` was
    made; none is made that starts at `ends_at` or later, once the series has an end.
    """

    __tablename__ = "visit_series"
    __table_args__ = (
        CheckConstraint("duration_minutes BETWEEN 1 AND 1440", name="visit_series_duration"),
        CheckConstraint(
            "(ends_at IS NULL) = (ended_at IS NULL) AND (ends_at IS NULL) = (ended_by IS NULL)",
            name="visit_series_ended",
        ),
        Index("visit_series_of_customer", "customer_id", "created_at", "id"),
        Index("visit_series_of_distributor", "distributor_id", "created_at", "id"),
        Index("visit_series_of_person", "assignee_id", "created_at", "id"),
        Index("visit_series_by_created", "created_at", "id"),
        Index("visit_series_to_make", "made_until"),
        Index("visit_series_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    assignee_id: UUID
    rrule: str = Field(sa_type=Text)
    starts_on_local: datetime = Field(sa_type=WALL)
    duration_minutes: int
    timezone: str = Field(sa_type=Text)
    purpose: str = Field(sa_type=Text)
    content: str | None = Field(sa_type=Text)
    place: dict[str, Any] | None = Field(sa_type=JSON)
    participants: list[dict[str, Any]] = Field(sa_type=JSON)
    made_until: datetime = Field(sa_type=MOMENT)
    ends_at: datetime | None = Field(sa_type=MOMENT)
    ended_at: datetime | None = Field(sa_type=MOMENT)
    ended_by: UUID | None
    created_by: UUID
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
