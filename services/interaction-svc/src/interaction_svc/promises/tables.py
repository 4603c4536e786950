"""Promises as they are kept."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from interaction_svc.promises.domain import STATUSES, VERBS
from interaction_svc.tables import MOMENT, Base


class Promise(Base, table=True):
    """One promise; `broken_at` stays when it is kept late, `settled_at` is when it was kept or withdrawn."""

    __tablename__ = "promise"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", name="promise_status"),
        CheckConstraint(
            "(settled_at IS NOT NULL) = (status IN ('kept', 'withdrawn'))", name="promise_settled"
        ),
        Index("promise_of_customer", "customer_id", "due_at", "id"),
        Index("promise_of_distributor", "distributor_id", "due_at", "id"),
        Index("promise_of_person", "promised_by", "due_at", "id"),
        Index("promise_by_due", "due_at", "id"),
        Index("promise_by_created", "created_at", "id"),
        Index("promise_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index(
            "promise_of_interaction", "interaction_id", postgresql_where=text("interaction_id IS NOT NULL")
        ),
        Index("promise_of_complaint", "complaint_id", postgresql_where=text("complaint_id IS NOT NULL")),
        Index("promise_waiting", "due_at", postgresql_where=text("status = 'open'")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    interaction_id: UUID | None
    complaint_id: UUID | None
    content: str = Field(sa_type=Text)
    promised_by: UUID
    due_at: datetime = Field(sa_type=MOMENT)
    status: str = Field(sa_type=Text)
    broken_at: datetime | None = Field(sa_type=MOMENT)
    settled_at: datetime | None = Field(sa_type=MOMENT)
    settled_by: UUID | None
    note: str | None = Field(sa_type=Text)
    created_by: UUID
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class PromiseStep(Base, table=True):
    """One line of a promise's history: how it stands after it, and who did it (None: its time passed)."""

    __tablename__ = "promise_step"
    __table_args__ = (
        CheckConstraint(f"verb IN {VERBS}", name="promise_step_verb"),
        CheckConstraint("(done_by IS NULL) = (verb = 'break')", name="promise_step_done_by"),
        UniqueConstraint("promise_id", "version", name="promise_step_once"),
        Index("promise_step_of_customer", "customer_id", "done_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    promise_id: UUID = Field(foreign_key="promise.id", ondelete="CASCADE")
    customer_id: UUID
    distributor_id: UUID | None
    version: int
    verb: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    due_at: datetime = Field(sa_type=MOMENT)
    promised_by: UUID
    note: str | None = Field(sa_type=Text)
    done_by: UUID | None
    done_at: datetime = Field(sa_type=MOMENT)
