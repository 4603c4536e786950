"""Objections read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, literal_column, select

from scoring_svc.facts.families import families, of_one
from scoring_svc.objections.tables import Objection
from shared.db import Reader, Record, Sight, Tx, prepare, visible
from shared.http import Listing
from shared.references.tables import KNOWN as _R

_T: Any = Objection.__table__  # type: ignore[attr-defined]
_STANDING = _T.c.status == literal_column("'standing'")
SIGHT = Sight(_R.c.distributor_id, held=(_R.c.owner_id, _R.c.org_unit_id))
_family = families()
_OBJECTING = prepare(
    select(_family.c.root).join(_T, _T.c.customer_id == _family.c.id).where(_STANDING).distinct()
)
ANY = exists(select(_T.c.id).where(_STANDING))
"""Whether anybody at all objects."""
_OF = prepare(select(_T.c.id).where(_STANDING, _T.c.customer_id == bindparam("b_customer")))
OBJECTIONS = Listing(
    select(_T),
    key=_T.c.id,
    sorts={"made_at": _T.c.made_at},
    default="-made_at",
    filters={
        "status": lambda value: _T.c.status == value,
        "customer_id": lambda value: _T.c.customer_id.in_(of_one(value)),
    },
)


async def standing(reader: Reader, customers: Sequence[UUID]) -> set[UUID]:
    """Of these customers those who object to automatic decisions, or into whom one was merged who does.

    None of them may be merged itself. Whoever decides about them in the same transaction holds their rows in
    `customer_ref` in share mode, so that no objection comes between.
    """
    return {row["root"] for row in await reader.rows(_OBJECTING, customers=list(customers))}


async def stands(tx: Tx, customer_id: UUID) -> bool:
    """Whether this very customer has an objection that stands."""
    return await tx.value(_OF, b_customer=customer_id) is not None


def seen(reader: Reader) -> list[Any]:
    """The conditions of objections in sight: who sees the customer sees them."""
    conditions = visible(reader.scope, SIGHT)
    return [_T.c.customer_id.in_(select(_R.c.id).where(*conditions))] if conditions else []


async def one(reader: Reader, objection_id: UUID) -> Record | None:
    """An objection in sight."""
    return await reader.row(select(_T).where(_T.c.id == objection_id, *seen(reader)))


async def for_update(tx: Tx, objection_id: UUID) -> Record | None:
    """An objection in sight, locked."""
    return await tx.row(select(_T).where(_T.c.id == objection_id, *seen(tx)).with_for_update())
