"""What a service keeps of customers that are another service's to know."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, text
from sqlmodel import Field

from shared.db import Sight
from shared.db.base import SharedBase

MOMENT: Any = DateTime(timezone=True)


class CustomerReference(SharedBase, table=True):
    """Ids and codes only, never personal data; `version` is the customer's own."""

    __tablename__ = "customer_ref"
    __table_args__ = (
        Index("customer_ref_of_distributor", "distributor_id"),
        Index("customer_ref_of_owner", "owner_id"),
        Index("customer_ref_of_org_unit", "org_unit_id"),
        Index("customer_ref_merged", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    distributor_id: UUID | None
    owner_id: UUID | None
    org_unit_id: UUID | None
    status: str
    channel: str | None
    merged_into: UUID | None
    version: int
    updated_at: datetime = Field(sa_type=MOMENT)


KNOWN: Any = CustomerReference.__table__  # type: ignore[attr-defined]
SIGHT = Sight(KNOWN.c.distributor_id, held=(KNOWN.c.owner_id, KNOWN.c.org_unit_id))


def through_customer(table: Any, *held: Any) -> Sight:
    """The sight of a table whose rows belong to a customer: held by these columns, or by who holds it."""
    return Sight(table.c.distributor_id, held=held, customer=table.c.customer_id, customers=KNOWN)
