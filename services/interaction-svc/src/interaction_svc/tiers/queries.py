"""Reading the tiers of customers."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from interaction_svc.tiers.tables import CustomerTier
from shared.db import Reader, prepare

_t: Any = CustomerTier.__table__  # type: ignore[attr-defined]
_OF = prepare(select(_t.c.tier).where(_t.c.customer_id == bindparam("b_customer", type_=Uuid)))


async def tier_of(db: Reader, customer_id: UUID) -> str | None:
    """The tier of the customer that others were merged into; None while scoring has not told."""
    found: str | None = await db.value(_OF, b_customer=customer_id)
    return found
