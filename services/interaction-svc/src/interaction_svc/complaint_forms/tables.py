"""Forms, the links to them, and what was sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from interaction_svc.sla.domain import SEVERITIES
from interaction_svc.tables import JSON, MOMENT, Base
from interaction_svc.web_pages.domain import LANGUAGES


class ComplaintForm(Base, table=True):
    """What a form says and asks; `changed_by` is in whose name its complaints are taken in."""

    __tablename__ = "complaint_form"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'closed')", name="complaint_form_status"),
        CheckConstraint(f"severity IN {SEVERITIES}", name="complaint_form_severity"),
        Index("complaint_form_by_name", "name", "id"),
    )

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    title: dict[str, Any] = Field(sa_type=JSON)
    intro: dict[str, Any] | None = Field(sa_type=JSON)
    categories: list[Any] = Field(sa_type=JSON)
    severity: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    changed_by: UUID
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class ComplaintFormLink(Base, table=True):
    """One customer's way to a form; of its token only the hash is kept."""

    __tablename__ = "complaint_form_link"
    __table_args__ = (
        CheckConstraint(f"language IN {LANGUAGES}", name="complaint_form_link_language"),
        UniqueConstraint("token_hash", name="complaint_form_link_token"),
        Index("complaint_form_link_of_form", "form_id", "created_at", "id"),
        Index("complaint_form_link_of_customer", "customer_id"),
        Index("complaint_form_link_of_distributor", "distributor_id"),
        Index("complaint_form_link_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    form_id: UUID = Field(foreign_key="complaint_form.id", ondelete="CASCADE")
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    language: str | None = Field(sa_type=Text)
    token_hash: bytes = Field(sa_type=LargeBinary)
    expires_at: datetime = Field(sa_type=MOMENT)
    created_by: UUID
    created_at: datetime = Field(sa_type=MOMENT)


class ComplaintFormEntry(Base, table=True):
    """What became of one sheet: the same one sent twice is one complaint."""

    __tablename__ = "complaint_form_entry"

    link_id: UUID = Field(primary_key=True, foreign_key="complaint_form_link.id", ondelete="CASCADE")
    sheet: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(foreign_key="complaint.id", ondelete="CASCADE", index=True)
