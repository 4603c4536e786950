"""The people at a customer, and the history of their fields."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index
from sqlmodel import Field

from customer_svc.contacts.domain import ROLES, STRONGEST, WEAKEST
from customer_svc.tables import JSON, MOMENT, Base


class Contact(Base, table=True):
    """A person at a customer, with post and role in the decision; at most one is the primary contact."""

    __table_args__ = (
        CheckConstraint(f"role in {ROLES}", name="contact_role"),
        CheckConstraint(
            f"relation_strength between {WEAKEST} and {STRONGEST}", name="contact_relation_strength"
        ),
        Index("contact_primary", "customer_id", unique=True, postgresql_where="is_primary"),
        Index("contact_of_customer", "customer_id", "created_at", "id"),
        Index("contact_of_origin", "origin_id", postgresql_where="origin_id IS NOT NULL"),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(foreign_key="customer.id")
    origin_id: UUID | None
    distributor_id: UUID | None
    name: str
    post: str | None
    phone: str | None
    email: str | None
    role: str | None
    relation_strength: int | None
    birthday: dict[str, Any] | None = Field(sa_column=Column(JSON, nullable=True))
    is_primary: bool
    attributes: dict[str, Any] = Field(sa_type=JSON)
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class ContactChange(Base, table=True):
    """One field of one contact changed; who removes a contact removes what was known of that person."""

    __tablename__ = "contact_change"
    __table_args__ = (
        Index("contact_change_of_contact", "contact_id", "changed_at", "id"),
        Index("contact_change_of_customer", "customer_id"),
    )

    id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(foreign_key="contact.id", ondelete="CASCADE")
    customer_id: UUID = Field(foreign_key="customer.id")
    distributor_id: UUID | None
    version: int
    field: str
    old: Any = Field(sa_column=Column(JSON, nullable=True))
    new: Any = Field(sa_column=Column(JSON, nullable=True))
    changed_by: UUID
    changed_at: datetime = Field(sa_type=MOMENT)
