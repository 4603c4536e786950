"""Reading the people at a customer."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, select

from customer_svc.changes import HistoryQuery, no_change
from customer_svc.contacts.schemas import ContactQuery
from customer_svc.contacts.tables import Contact, ContactChange
from customer_svc.customers import queries as customers
from shared.db import Prepared, Reader, Tx, in_sight, prepare, sight
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_t = Contact.__table__  # type: ignore[attr-defined]
_h = ContactChange.__table__  # type: ignore[attr-defined]
_one = select(_t).where(
    _t.c.id == bindparam("b_id"),
    _t.c.customer_id == bindparam("b_customer_id"),
    in_sight(customers.through_customer(_t)),
)
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
_OWNERS = prepare(
    select(_t.c.customer_id).where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))).distinct()
)
_VERSIONS_FOR_UPDATE = prepare(
    select(_t.c.id, _t.c.version)
    .where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(customers.through_customer(_t)))
    .order_by(_t.c.id)
    .with_for_update(of=_t)
)
_PRIMARY_FOR_UPDATE = prepare(
    select(_t)
    .where(
        _t.c.customer_id == bindparam("b_customer_id"),
        _t.c.is_primary,
        in_sight(customers.through_customer(_t)),
    )
    .with_for_update()
)
_CHANGE = prepare(
    select(_h).where(
        _h.c.id == bindparam("b_id"),
        _h.c.contact_id == bindparam("b_contact_id"),
        in_sight(customers.through_customer(_h)),
    )
)
_LIST = Listing(
    select(_t),
    key=_t.c.id,
    sorts={"created_at": _t.c.created_at},
    default="created_at",
    filters={
        "role": lambda role: _t.c.role == role,
        "is_primary": lambda primary: _t.c.is_primary == primary,
    },
)
_HISTORY = Listing(
    select(_h),
    key=_h.c.id,
    sorts={"changed_at": _h.c.changed_at},
    default="-changed_at",
    filters={"field": lambda field: _h.c.field == field},
)


async def _found(db: Reader, statement: Prepared, customer_id: UUID, contact_id: UUID) -> dict[str, Any]:
    row = await db.row(statement, b_id=contact_id, b_customer_id=customer_id, **sight(db.scope))
    if row is None:
        await customers.check_unmerged(db, customer_id)
        raise not_found("contact", "联系人")
    return dict(row)


async def contact(db: Reader, customer_id: UUID, contact_id: UUID) -> dict[str, Any]:
    """One contact of this customer; NotFound if there is none in sight."""
    return await _found(db, _ONE, customer_id, contact_id)


async def contact_for_update(tx: Tx, customer_id: UUID, contact_id: UUID) -> dict[str, Any]:
    """One contact of this customer, locked until the transaction ends."""
    return await _found(tx, _ONE_FOR_UPDATE, customer_id, contact_id)


async def primary_for_update(tx: Tx, customer_id: UUID) -> dict[str, Any] | None:
    """The primary contact of a customer, locked until the transaction ends; None if it has none."""
    row = await tx.row(_PRIMARY_FOR_UPDATE, b_customer_id=customer_id, **sight(tx.scope))
    return None if row is None else dict(row)


async def change(db: Reader, contact_id: UUID, change_id: UUID) -> dict[str, Any]:
    """One change of this contact; NotFound if there is none in sight."""
    row = await db.row(_CHANGE, b_id=change_id, b_contact_id=contact_id, **sight(db.scope))
    if row is None:
        raise no_change()
    return dict(row)


async def history(
    db: Reader, customer_id: UUID, contact_id: UUID, query: HistoryQuery, sealer: Sealer
) -> dict[str, Any]:
    """One page of what changed, newest first; NotFound if the contact is out of sight."""
    await contact(db, customer_id, contact_id)
    return await _HISTORY.page(db, query, sealer, where=[_h.c.contact_id == contact_id])


async def chosen(_db: Reader, query: ContactQuery, _sealer: Sealer) -> list[ColumnElement[bool]]:
    """What the filters of the list ask of a contact."""
    return _LIST.conditions(query)


async def contacts(db: Reader, customer_id: UUID, query: ContactQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of a customer's contacts; NotFound if the customer is out of sight."""
    await customers.customer(db, customer_id, archived=True)
    return await _LIST.page(db, query, sealer, where=[_t.c.customer_id == customer_id])


async def versions_for_update(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The versions of those of these contacts that are in sight; they and their customers are locked then."""
    owners = await tx.rows(_OWNERS, ids=sorted(ids))
    await customers.customers_for_update(tx, {row["customer_id"] for row in owners})
    rows = await tx.rows(_VERSIONS_FOR_UPDATE, ids=sorted(ids), **sight(tx.scope))
    return {row["id"]: row["version"] for row in rows}
