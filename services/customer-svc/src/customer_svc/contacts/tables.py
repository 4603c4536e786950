"""The people at a customer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from customer_svc.contacts.domain import ROLES
from customer_svc.tables import MOMENT, Base


class Contact(Base, table=True):
    """A person at a customer, with post and role in the decision."""

    __table_args__ = (
        CheckConstraint(f"role in {ROLES}", name="contact_role"),
        Index("contact_of_customer", "customer_id", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(foreign_key="customer.id")
    distributor_id: UUID | None
    name: str
    post: str | None
    phone: str | None
    email: str | None
    role: str | None
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
