"""The archive of distributors and the history of its fields."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Column, ForeignKey, Index, String, Uuid
from sqlmodel import Field

from customer_svc.distributors.domain import STAGES, STATUSES, STATUSES_OF
from customer_svc.tables import JSON, MOMENT, Base

TEXTS: Any = ARRAY(String)
_FITTING = " or ".join(
    f"onboarding_stage = '{stage}' and status in ({', '.join(repr(each) for each in statuses)})"
    for stage, statuses in STATUSES_OF.items()
)


class Distributor(Base, table=True):
    """A partner firm through which customers are reached; `parent_id` makes the tree."""

    __table_args__ = (
        CheckConstraint(f"status in {STATUSES}", name="distributor_status"),
        CheckConstraint(f"onboarding_stage in {STAGES}", name="distributor_stage"),
        CheckConstraint(_FITTING, name="distributor_status_of_stage"),
        CheckConstraint("parent_id <> id", name="distributor_not_own_parent"),
        Index("distributor_by_created", "created_at", "id"),
        Index("distributor_by_name", "name", "id"),
        Index("distributor_territory", "territory", postgresql_using="gin"),
        Index("distributor_product_lines", "product_lines", postgresql_using="gin"),
    )

    id: UUID = Field(primary_key=True)
    code: str = Field(unique=True)
    name: str
    status: str
    onboarding_stage: str
    classification: str | None
    level: str | None
    region: str | None
    territory: list[str] = Field(sa_type=TEXTS)
    product_lines: list[str] = Field(sa_type=TEXTS)
    parent_id: UUID | None = Field(foreign_key="distributor.id", index=True)
    contact_name: str | None
    contact_phone: str | None
    contact_email: str | None
    address: str | None
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class DistributorChange(Base, table=True):
    """One field of one distributor changed: who, when, from what, to what, and what was said about it."""

    __tablename__ = "distributor_change"
    __table_args__ = (Index("distributor_change_of", "distributor_id", "changed_at", "id"),)

    id: UUID = Field(primary_key=True)
    distributor_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("distributor.id", ondelete="CASCADE"), nullable=False)
    )
    version: int
    field: str
    old: Any = Field(sa_column=Column(JSON, nullable=True))
    new: Any = Field(sa_column=Column(JSON, nullable=True))
    note: str | None
    changed_by: UUID
    changed_at: datetime = Field(sa_type=MOMENT)
