"""Calendars, and the days that somebody set by hand."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from interaction_svc.tables import JSON, MOMENT, Base


class Calendar(Base, table=True):
    """When people work; `week` holds spans like `09:00-12:00` by the name of the weekday.

    The one without an org unit is everybody's who has no other.
    """

    __tablename__ = "calendar"
    __table_args__ = (
        Index("calendar_of_org_unit", "org_unit_id", unique=True, postgresql_nulls_not_distinct=True),
        Index("calendar_by_name", "name", "id"),
    )

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    org_unit_id: UUID | None
    timezone: str = Field(sa_type=Text)
    week: dict[str, Any] = Field(sa_type=JSON)
    country: str | None = Field(sa_type=Text)
    subdivision: str | None = Field(sa_type=Text)
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class CalendarDay(Base, table=True):
    """One day of a calendar as somebody set it; without spans nobody works."""

    __tablename__ = "calendar_day"

    calendar_id: UUID = Field(primary_key=True, foreign_key="calendar.id", ondelete="CASCADE")
    day: date = Field(primary_key=True)
    spans: list[str] = Field(sa_type=JSON)
    name: str | None = Field(sa_type=Text)
