"""Under which names the channels know a customer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid
from sqlmodel import Column, Field

from customer_svc.identities.domain import KINDS, STRENGTHS
from customer_svc.tables import MOMENT, Base


class Identity(Base, table=True):
    """One (channel, external id) that points at a customer, of those of one distributor or of the company.

    The reference to the customer is checked at commit: an identity is claimed first, so that of two
    concurrent claims only one goes on to make a customer.
    """

    __tablename__ = "customer_identity"
    __table_args__ = (
        CheckConstraint(f"kind in {KINDS}", name="customer_identity_kind"),
        CheckConstraint(f"strength in {STRENGTHS}", name="customer_identity_strength"),
        Index(
            "customer_identity_key",
            "channel",
            "external_id",
            "distributor_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("customer_identity_of_customer", "customer_id", "created_at", "id"),
        Index("customer_identity_of_origin", "origin_id", postgresql_where="origin_id IS NOT NULL"),
    )

    id: UUID = Field(primary_key=True)
    channel: str
    external_id: str
    customer_id: UUID = Field(
        sa_column=Column(
            Uuid, ForeignKey("customer.id", deferrable=True, initially="DEFERRED"), nullable=False
        )
    )
    origin_id: UUID | None
    distributor_id: UUID | None
    kind: str
    strength: str
    source: str | None
    verified: bool
    verified_at: datetime | None = Field(sa_type=MOMENT)
    created_at: datetime = Field(sa_type=MOMENT)
