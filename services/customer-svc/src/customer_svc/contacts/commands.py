"""Changes of the people at a customer."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, update

from customer_svc.contacts import queries
from customer_svc.contacts.schemas import ContactCreate, ContactPatch
from customer_svc.contacts.tables import Contact
from customer_svc.customers import queries as customers
from shared.db import Tx, prepare
from shared.http import check_version

_t = Contact.__table__  # type: ignore[attr-defined]
_CHANGEABLE = ("name", "post", "phone", "email", "role", "version", "updated_at")
_INSERT = prepare(insert(_t), *_t.c.keys())
_UPDATE = prepare(update(_t).where(_t.c.id == bindparam("b_id")), *_CHANGEABLE)
_DELETE = prepare(delete(_t).where(_t.c.id == bindparam("b_id")))


async def add_contact(tx: Tx, customer_id: UUID, wanted: ContactCreate) -> dict[str, Any]:
    """Add a person to a customer; NotFound if the customer is out of sight."""
    customer = await customers.customer_for_update(tx, customer_id)
    row = {
        **wanted.model_dump(),
        "id": tx.new_id(),
        "customer_id": customer_id,
        "distributor_id": customer["distributor_id"],
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await tx.run(_INSERT, **row)
    return row


async def change_contact(
    tx: Tx, customer_id: UUID, contact_id: UUID, wanted: ContactPatch, expected: int | None
) -> dict[str, Any]:
    """Change the fields that were sent; Stale if it is not the expected version."""
    row = await queries.contact_for_update(tx, customer_id, contact_id)
    check_version(expected, row["version"])
    row |= {**wanted.changes(), "version": row["version"] + 1, "updated_at": tx.now}
    await tx.run(_UPDATE, **row, b_id=contact_id)
    return row


async def remove_contact(tx: Tx, customer_id: UUID, contact_id: UUID, expected: int | None) -> None:
    """Remove a person from a customer; Stale if it is not the expected version."""
    row = await queries.contact_for_update(tx, customer_id, contact_id)
    check_version(expected, row["version"])
    await tx.run(_DELETE, b_id=contact_id)
