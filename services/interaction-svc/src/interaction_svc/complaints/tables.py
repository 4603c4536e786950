"""Complaints and the history of their steps; the table of transitions is a constraint here, too."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Interval, Sequence, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from interaction_svc.complaints.transitions import EDITS, HIGHEST_LEVEL, STATUSES, TRANSITIONS
from interaction_svc.interactions.domain import CHANNELS
from interaction_svc.sla.domain import SEVERITIES
from interaction_svc.tables import JSON, MOMENT, NUMBERS, Base

IDS: Any = ARRAY(Uuid)
SERIAL = Sequence("complaint_serial", metadata=Base.metadata)

_TABLE = ", ".join(f"('{t.source or ''}', '{t.verb}', '{t.target}')" for t in (*TRANSITIONS, *EDITS))


class Complaint(Base, table=True):
    """One case; the times of its end are null until they happen, and again after reopening.

    `words` are what its texts are searched by, `attachments` as those of an interaction.
    """

    __tablename__ = "complaint"
    __table_args__ = (
        CheckConstraint(f"channel IN {CHANNELS}", name="complaint_channel"),
        CheckConstraint(f"severity IN {SEVERITIES}", name="complaint_severity"),
        CheckConstraint(f"status IN {STATUSES}", name="complaint_status"),
        CheckConstraint(
            "(status IN ('resolved', 'informed', 'closed')) = (resolved_at IS NOT NULL)",
            name="complaint_resolved",
        ),
        CheckConstraint("status <> 'informed' OR informed_at IS NOT NULL", name="complaint_told"),
        CheckConstraint(
            "(status IN ('waiting_customer', 'merged')) = (sla_paused_at IS NOT NULL)",
            name="complaint_paused",
        ),
        CheckConstraint(f"escalation_level BETWEEN 0 AND {HIGHEST_LEVEL}", name="complaint_escalation"),
        CheckConstraint("(resolved_at IS NULL) = (result IS NULL)", name="complaint_result"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="complaint_closed"),
        CheckConstraint(
            "informed_at IS NULL OR (resolved_at IS NOT NULL AND told IS NOT NULL)", name="complaint_informed"
        ),
        CheckConstraint(
            "(status IN ('closed', 'merged')) = (step_due_at IS NULL)", name="complaint_step_due"
        ),
        CheckConstraint(
            "(status = 'merged') = (merged_into IS NOT NULL) "
            "AND (merged_into IS NULL) = (merged_from IS NULL)",
            name="complaint_merged",
        ),
        UniqueConstraint("number", name="complaint_number"),
        Index("complaint_of_customer", "customer_id", "opened_at", "id"),
        Index("complaint_of_distributor", "distributor_id", "opened_at", "id"),
        Index("complaint_of_owner", "owner_id", "opened_at", "id"),
        Index("complaint_by_status", "status", "opened_at", "id"),
        Index("complaint_by_opened", "opened_at", "id"),
        Index("complaint_by_updated", "updated_at", "id"),
        Index("complaint_by_sla", "sla_due_at", "id"),
        Index(
            "complaint_watched",
            "watcher_ids",
            postgresql_using="gin",
            postgresql_where=text("cardinality(watcher_ids) > 0"),
        ),
        Index("complaint_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("complaint_open_of_owner", "owner_id", postgresql_where=text("resolved_at IS NULL")),
        Index("complaint_unread", "id", postgresql_where=text("words IS NULL")),
        Index("complaint_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index("complaint_waiting", "step_due_at", postgresql_where=text("step_due_at IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    number: str = Field(sa_type=Text)
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    channel: str = Field(sa_type=Text)
    category: str = Field(sa_type=Text)
    severity: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    description: str = Field(sa_type=Text)
    product: str | None = Field(sa_type=Text)
    order_no: str | None = Field(sa_type=Text)
    cause: str | None = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    owner_id: UUID | None
    tier: str | None = Field(sa_type=Text)
    org_unit_id: UUID | None
    policy_id: UUID | None
    opened_at: datetime = Field(sa_type=MOMENT)
    first_answered_at: datetime | None = Field(sa_type=MOMENT)
    awaiting_since: datetime | None = Field(sa_type=MOMENT)
    sla_started_at: datetime = Field(sa_type=MOMENT)
    sla_due_at: datetime = Field(sa_type=MOMENT)
    sla_paused_at: datetime | None = Field(sa_type=MOMENT)
    sla_paused: timedelta = Field(sa_type=Interval)
    escalation_level: int
    step_started_at: datetime = Field(sa_type=MOMENT)
    step_due_at: datetime | None = Field(sa_type=MOMENT)
    resolved_at: datetime | None = Field(sa_type=MOMENT)
    result: str | None = Field(sa_type=Text)
    informed_at: datetime | None = Field(sa_type=MOMENT)
    told: str | None = Field(sa_type=Text)
    closed_at: datetime | None = Field(sa_type=MOMENT)
    reopened_count: int
    merged_into: UUID | None
    merged_from: str | None = Field(sa_type=Text)
    watcher_ids: list[UUID] = Field(sa_type=IDS)
    attachments: list[dict[str, Any]] = Field(sa_type=JSON)
    created_by: UUID
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
    words: str | None = Field(sa_type=Text)


class ComplaintPiece(Base, table=True):
    """What a complaint is found by: hashes that tell nothing."""

    __tablename__ = "complaint_piece"
    __table_args__ = (
        Index(
            "complaint_piece_pieces",
            "pieces",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 512},
        ),
    )

    record_id: UUID = Field(primary_key=True, foreign_key="complaint.id", ondelete="CASCADE")
    pieces: list[int] = Field(sa_type=NUMBERS)


class ComplaintStep(Base, table=True):
    """One line of history: `version` is the complaint's after it, `owner_id` who owned it then.

    `done_by` is null when a clock escalated it, `changes` is a list of `{field, old, new}`.
    """

    __tablename__ = "complaint_step"
    __table_args__ = (
        CheckConstraint(
            f"(coalesce(from_status, ''), verb, to_status) IN ({_TABLE})", name="complaint_step_table"
        ),
        CheckConstraint("done_by IS NOT NULL OR verb = 'escalate'", name="complaint_step_done_by"),
        UniqueConstraint("complaint_id", "version", name="complaint_step_once"),
        Index("complaint_step_of_customer", "customer_id", "done_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(foreign_key="complaint.id", ondelete="CASCADE")
    customer_id: UUID
    distributor_id: UUID | None
    version: int
    verb: str = Field(sa_type=Text)
    from_status: str | None = Field(sa_type=Text)
    to_status: str = Field(sa_type=Text)
    owner_id: UUID | None
    note: str | None = Field(sa_type=Text)
    changes: list[dict[str, Any]] = Field(sa_type=JSON)
    done_by: UUID | None
    done_at: datetime = Field(sa_type=MOMENT)
