"""The archive of distributors."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from customer_svc.distributors.domain import STATUSES
from customer_svc.tables import MOMENT, Base


class Distributor(Base, table=True):
    """A partner firm through which customers are reached; `parent_id` makes the tree."""

    __table_args__ = (
        CheckConstraint(f"status in {STATUSES}", name="distributor_status"),
        CheckConstraint("parent_id <> id", name="distributor_not_own_parent"),
        Index("distributor_by_created", "created_at", "id"),
        Index("distributor_by_name", "name", "id"),
    )

    id: UUID = Field(primary_key=True)
    code: str = Field(unique=True)
    name: str
    status: str
    classification: str | None
    level: str | None
    region: str | None
    parent_id: UUID | None = Field(foreign_key="distributor.id", index=True)
    contact_name: str | None
    contact_phone: str | None
    contact_email: str | None
    address: str | None
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
