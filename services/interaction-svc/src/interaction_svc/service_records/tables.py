"""Services as they are kept: records, their steps, and their history."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from interaction_svc.processes.domain import PHASES
from interaction_svc.service_records.domain import STATUSES, STEP_STATUSES, VERBS
from interaction_svc.tables import MOMENT, Base

FORM: Any = JSONB(none_as_null=True)


class ServiceRecord(Base, table=True):
    """One service. With a process it runs through its steps; `step_code` is the one whose turn it is.

    `assignee_id` looks after it, or did it if there is no process; `handler_id` has the started step in hand.
    `org_unit_id` is the customer's when it began: its calendar counts. `started_at` of one without a process
    is when it took place.
    """

    __tablename__ = "service_record"
    __table_args__ = (
        CheckConstraint(f"phase IN {PHASES}", name="service_record_phase"),
        CheckConstraint(f"status IN {STATUSES}", name="service_record_status"),
        CheckConstraint("(process_id IS NULL) = (process_version IS NULL)", name="service_record_process"),
        CheckConstraint(
            "process_id IS NOT NULL OR content IS NOT NULL AND assignee_id IS NOT NULL",
            name="service_record_told",
        ),
        CheckConstraint("(status = 'running') = (finished_at IS NULL)", name="service_record_finished"),
        CheckConstraint("(status = 'running') = (step_code IS NOT NULL)", name="service_record_step"),
        CheckConstraint("(step_code IS NULL) = (due_at IS NULL)", name="service_record_due"),
        CheckConstraint("(status = 'cancelled') = (reason IS NOT NULL)", name="service_record_reason"),
        CheckConstraint(
            "CASE WHEN rating IS NULL THEN rated_at IS NULL AND rated_by IS NULL AND rating_comment IS NULL "
            "ELSE status = 'done' AND rating BETWEEN 1 AND 5 AND rated_at IS NOT NULL "
            "AND rated_by IS NOT NULL END",
            name="service_record_rated",
        ),
        ForeignKeyConstraint(
            ["process_id", "process_version"],
            ["service_process_version.process_id", "service_process_version.version"],
            name="service_record_runs",
        ),
        Index("service_record_of_customer", "customer_id", "started_at", "id"),
        Index("service_record_of_distributor", "distributor_id", "started_at", "id"),
        Index("service_record_of_assignee", "assignee_id", "started_at", "id"),
        Index("service_record_of_process", "process_id", "started_at", "id"),
        Index("service_record_by_started", "started_at", "id"),
        Index("service_record_by_created", "created_at", "id"),
        Index("service_record_of_handler", "handler_id", postgresql_where=text("handler_id IS NOT NULL")),
        Index(
            "service_record_of_interaction",
            "interaction_id",
            postgresql_where=text("interaction_id IS NOT NULL"),
        ),
        Index(
            "service_record_of_complaint", "complaint_id", postgresql_where=text("complaint_id IS NOT NULL")
        ),
        Index("service_record_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index("service_record_waiting", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "service_record_done",
            "customer_id",
            "finished_at",
            "id",
            postgresql_where=text("status = 'done'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    org_unit_id: UUID | None
    interaction_id: UUID | None
    complaint_id: UUID | None
    phase: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    process_id: UUID | None
    process_version: int | None
    content: str | None = Field(sa_type=Text)
    assignee_id: UUID | None
    handler_id: UUID | None
    step_code: str | None = Field(sa_type=Text)
    due_at: datetime | None = Field(sa_type=MOMENT)
    started_at: datetime = Field(sa_type=MOMENT)
    finished_at: datetime | None = Field(sa_type=MOMENT)
    reason: str | None = Field(sa_type=Text)
    rating: int | None
    rating_comment: str | None = Field(sa_type=Text)
    rated_at: datetime | None = Field(sa_type=MOMENT)
    rated_by: UUID | None
    created_by: UUID
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class ServiceStep(Base, table=True):
    """One step of a service that runs by a process; see `domain.Step`."""

    __tablename__ = "service_step"
    __table_args__ = (
        CheckConstraint(f"status IN {STEP_STATUSES}", name="service_step_status"),
        CheckConstraint(
            "(status = 'pending') = (ready_at IS NULL) AND (ready_at IS NULL) = (due_at IS NULL)",
            name="service_step_ready",
        ),
        CheckConstraint(
            "CASE WHEN status IN ('pending', 'ready') THEN started_at IS NULL "
            "WHEN status IN ('started', 'done') THEN started_at IS NOT NULL ELSE true END "
            "AND (started_at IS NULL) = (assignee_id IS NULL) "
            "AND (started_at IS NULL) = (waiting_seconds IS NULL)",
            name="service_step_started",
        ),
        CheckConstraint(
            "(status IN ('done', 'skipped')) = (finished_at IS NOT NULL) "
            "AND (status = 'done') = (handling_seconds IS NOT NULL)",
            name="service_step_finished",
        ),
        CheckConstraint(
            "(status = 'done') = (form IS NOT NULL) AND (status = 'skipped') = (reason IS NOT NULL)",
            name="service_step_told",
        ),
    )

    record_id: UUID = Field(primary_key=True, foreign_key="service_record.id", ondelete="CASCADE")
    position: int = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    expected_minutes: int
    status: str = Field(sa_type=Text)
    assignee_id: UUID | None
    ready_at: datetime | None = Field(sa_type=MOMENT)
    due_at: datetime | None = Field(sa_type=MOMENT)
    started_at: datetime | None = Field(sa_type=MOMENT)
    started_by: UUID | None
    finished_at: datetime | None = Field(sa_type=MOMENT)
    finished_by: UUID | None
    waiting_seconds: int | None
    waiting_working_seconds: int | None
    handling_seconds: int | None
    handling_working_seconds: int | None
    form: dict[str, Any] | None = Field(sa_type=FORM)
    reason: str | None = Field(sa_type=Text)


class ServiceMove(Base, table=True):
    """One line of a service's history: what was done, to which step, and how the service stands after it."""

    __tablename__ = "service_move"
    __table_args__ = (
        CheckConstraint(f"verb IN {VERBS}", name="service_move_verb"),
        CheckConstraint(
            "(verb IN ('start', 'complete', 'skip')) = (step_code IS NOT NULL)", name="service_move_step"
        ),
        UniqueConstraint("record_id", "version", name="service_move_once"),
    )

    id: UUID = Field(primary_key=True)
    record_id: UUID = Field(foreign_key="service_record.id", ondelete="CASCADE")
    version: int
    verb: str = Field(sa_type=Text)
    step_code: str | None = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    assignee_id: UUID | None
    note: str | None = Field(sa_type=Text)
    done_by: UUID
    done_at: datetime = Field(sa_type=MOMENT)
