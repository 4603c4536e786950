"""Visits as they are kept, and the steps of each."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from interaction_svc.tables import JSON, MOMENT, Base
from interaction_svc.visits.domain import STATUSES, STEPS

IDS: Any = ARRAY(Uuid)


class Visit(Base, table=True):
    """One visit.

    `place` is `{text, latitude, longitude}`, `check_in` `{latitude, longitude, accuracy_m}`, `participants`
    are as those of interactions; `staff_ids` are our people among them and the assignee. `series_id` and
    `occurs_on` (the day by the series' clock for which it was made) are of visits that a series made, and
    `by_hand` says that somebody has changed or cancelled such a one by itself.
    """

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", name="visit_status"),
        CheckConstraint(
            "ends_at > starts_at AND ends_at <= starts_at + interval '24 hours'", name="visit_times"
        ),
        CheckConstraint(
            "(status = 'done') = (interaction_id IS NOT NULL) AND (status = 'done') = (done_at IS NOT NULL)",
            name="visit_done",
        ),
        CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="visit_cancelled"),
        CheckConstraint(
            "CASE status WHEN 'missed' THEN missed_at IS NOT NULL WHEN 'done' THEN true "
            "ELSE missed_at IS NULL END",
            name="visit_missed",
        ),
        CheckConstraint("(check_in IS NULL) = (checked_in_at IS NULL)", name="visit_checked_in"),
        CheckConstraint("(series_id IS NULL) = (occurs_on IS NULL)", name="visit_occurs"),
        UniqueConstraint("series_id", "occurs_on", name="visit_once"),
        Index("visit_of_customer", "customer_id", "starts_at", "id"),
        Index("visit_of_distributor", "distributor_id", "starts_at", "id"),
        Index("visit_of_person", "assignee_id", "starts_at", "id"),
        Index("visit_by_start", "starts_at", "id"),
        Index("visit_by_created", "created_at", "id"),
        Index("visit_waiting", "ends_at", postgresql_where=text("status = 'planned'")),
        Index("visit_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    assignee_id: UUID
    series_id: UUID | None = Field(foreign_key="visit_series.id")
    occurs_on: date | None = Field(sa_type=Date)
    by_hand: bool
    starts_at: datetime = Field(sa_type=MOMENT)
    ends_at: datetime = Field(sa_type=MOMENT)
    timezone: str = Field(sa_type=Text)
    purpose: str = Field(sa_type=Text)
    content: str | None = Field(sa_type=Text)
    place: dict[str, Any] | None = Field(sa_type=JSON)
    participants: list[dict[str, Any]] = Field(sa_type=JSON)
    staff_ids: list[UUID] = Field(sa_type=IDS)
    status: str = Field(sa_type=Text)
    check_in: dict[str, Any] | None = Field(sa_type=JSON)
    checked_in_at: datetime | None = Field(sa_type=MOMENT)
    checked_in_by: UUID | None
    interaction_id: UUID | None
    done_at: datetime | None = Field(sa_type=MOMENT)
    done_by: UUID | None
    missed_at: datetime | None = Field(sa_type=MOMENT)
    cancelled_at: datetime | None = Field(sa_type=MOMENT)
    cancelled_by: UUID | None
    reason: str | None = Field(sa_type=Text)
    created_by: UUID
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class VisitStep(Base, table=True):
    """One line of a visit's history: how it stands after it, and who did it (None: its time passed)."""

    __tablename__ = "visit_step"
    __table_args__ = (
        CheckConstraint(f"(verb, status) IN {STEPS}", name="visit_step_verb"),
        CheckConstraint("(done_by IS NULL) = (verb = 'miss')", name="visit_step_done_by"),
        UniqueConstraint("visit_id", "version", name="visit_step_once"),
        Index("visit_step_of_customer", "customer_id", "done_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id", ondelete="CASCADE")
    customer_id: UUID
    distributor_id: UUID | None
    version: int
    verb: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    starts_at: datetime = Field(sa_type=MOMENT)
    ends_at: datetime = Field(sa_type=MOMENT)
    assignee_id: UUID
    note: str | None = Field(sa_type=Text)
    done_by: UUID | None
    done_at: datetime = Field(sa_type=MOMENT)
