"""Merges of customers, each with all that its undo needs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from customer_svc.merges.domain import STATUSES
from customer_svc.tables import JSON, MOMENT, Base


class Merge(Base, table=True):
    """One customer absorbed by another.

    `changes` are those of the kept customer (see `domain.changes_of`), `former` fields of the absorbed one as
    they were, `moved` how many records of each kind went along. `customer_id` is who has them now.
    """

    __tablename__ = "customer_merge"
    __table_args__ = (
        CheckConstraint(f"status in {STATUSES}", name="customer_merge_status"),
        CheckConstraint("(status = 'undone') = (undone_at IS NOT NULL)", name="customer_merge_undone"),
        Index("customer_merge_by_time", "merged_at", "id"),
        Index("customer_merge_of_customer", "customer_id"),
        Index("customer_merge_of_kept", "kept_id"),
        Index("customer_merge_of_absorbed", "absorbed_id", unique=True, postgresql_where="status = 'merged'"),
        Index("customer_merge_of_origin", "origin_id", postgresql_where="origin_id IS NOT NULL"),
    )

    id: UUID = Field(primary_key=True)
    kept_id: UUID = Field(foreign_key="customer.id")
    absorbed_id: UUID = Field(foreign_key="customer.id")
    customer_id: UUID = Field(foreign_key="customer.id")
    origin_id: UUID | None
    status: str
    changes: dict[str, Any] = Field(sa_type=JSON)
    former: dict[str, Any] = Field(sa_type=JSON)
    primary_contact_id: UUID | None
    moved: dict[str, Any] = Field(sa_type=JSON)
    merged_by: UUID
    merged_at: datetime = Field(sa_type=MOMENT)
    undone_by: UUID | None
    undone_at: datetime | None = Field(sa_type=MOMENT)
