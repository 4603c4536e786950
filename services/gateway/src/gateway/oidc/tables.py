"""Who goes by which account elsewhere, and which journeys are over."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, ForeignKey, Index, Text, Uuid
from sqlmodel import Field

from gateway.tables import Base


class OidcLink(Base, table=True):
    """A person here and the provider's own name for them."""

    __tablename__ = "oidc_link"
    __table_args__ = (Index("oidc_link_person", "staff_id", "issuer", unique=True),)

    issuer: str = Field(sa_column=Column(Text, primary_key=True))
    subject: str = Field(sa_column=Column(Text, primary_key=True))
    staff_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class OidcSpent(Base, table=True):
    """A journey or a handover that was used; kept until it could not be used anyway."""

    __tablename__ = "oidc_spent"

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    spent_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
