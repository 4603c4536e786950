"""The one place that knows whether a customer wants to be asked; wider rules of contact belong here."""

from typing import Any
from uuid import UUID

from sqlalchemy import String, Uuid, bindparam, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from interaction_svc.invitations.tables import SurveyOptOut
from shared.db import Reader, Tx, prepare
from shared.references import root

_O: Any = SurveyOptOut.__table__  # type: ignore[attr-defined]
_of = _O.c.customer_id == bindparam("b_customer", type_=Uuid)
_SINCE = prepare(select(func.min(_O.c.created_at)).where(_of))
_WANT_NONE = prepare(insert(_O).on_conflict_do_nothing(), *_O.c.keys())
_WANT = prepare(delete(_O).where(_of))
_WANT_AGAIN = prepare(delete(_O).where(_of, _O.c.said_by == bindparam("b_said_by", type_=String)))


def unwilling(customer: Any) -> Any:
    """The condition that the customer of this column, who was merged into nobody, wants no surveys."""
    return exists(select(_O.c.id).where(_O.c.customer_id == customer))


async def wants_none_since(reader: Reader, customer_id: UUID) -> Any:
    """When the customer said so first; None if surveys are welcome."""
    return await reader.value(_SINCE, b_customer=await root(reader, customer_id))


async def want_none(tx: Tx, customer_id: UUID, *, said_by: str) -> None:
    """Ask this customer nothing any more; once more changes nothing."""
    row = {"id": tx.new_id(), "customer_id": customer_id, "said_by": said_by, "created_at": tx.now}
    await tx.run(_WANT_NONE, **row, origin_id=None, distributor_id=None)


async def want_again(tx: Tx, customer_id: UUID) -> None:
    """Surveys are welcome again, whoever said that they were not."""
    await tx.run(_WANT, b_customer=await root(tx, customer_id))


async def take_back(tx: Tx, customer_id: UUID) -> None:
    """The customer takes back what they said themselves; what staff noted stays."""
    await tx.run(_WANT_AGAIN, b_customer=await root(tx, customer_id), b_said_by="customer")
