"""The register of org units."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from customer_svc.org_units.domain import KINDS, STATUSES
from customer_svc.tables import MOMENT, Base


class OrgUnit(Base, table=True):
    """A part of the company that looks after customers; `parent_id` makes the tree."""

    __tablename__ = "org_unit"
    __table_args__ = (
        CheckConstraint(f"kind in {KINDS}", name="org_unit_kind"),
        CheckConstraint(f"status in {STATUSES}", name="org_unit_status"),
        CheckConstraint("parent_id <> id", name="org_unit_not_own_parent"),
        Index("org_unit_by_created", "created_at", "id"),
        Index("org_unit_by_name", "name", "id"),
    )

    id: UUID = Field(primary_key=True)
    code: str = Field(unique=True)
    name: str
    kind: str
    status: str
    parent_id: UUID | None = Field(foreign_key="org_unit.id", index=True)
    manager_id: UUID | None
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
