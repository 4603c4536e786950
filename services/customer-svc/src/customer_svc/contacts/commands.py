"""Changes of the people at a customer, each with its history."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, insert, update

from customer_svc.changes import differences, former, keeping_rules, notes
from customer_svc.contacts import queries
from customer_svc.contacts.schemas import ContactCreate, ContactPatch
from customer_svc.contacts.tables import Contact, ContactChange
from customer_svc.customers import queries as customers
from customer_svc.customers.attributes import Attributes
from customer_svc.customers.schemas import whole_birthday
from customer_svc.customers.touching import touch
from shared.db import Tx, prepare
from shared.http import check_version
from shared.problems import NotFound

_t = Contact.__table__  # type: ignore[attr-defined]
_h = ContactChange.__table__  # type: ignore[attr-defined]
_FIXED = ("id", "customer_id", "origin_id", "distributor_id", "created_at")
_INSERT = prepare(insert(_t), *_t.c.keys())
_UPDATE = prepare(
    update(_t).where(_t.c.id == bindparam("b_id")),
    *(column.key for column in _t.c if column.key not in _FIXED),
)
_DELETE = prepare(delete(_t).where(_t.c.id == bindparam("b_id")))
_DELETE_MANY = prepare(
    delete(_t).where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))).returning(_t.c.customer_id)
)
_NOTE = prepare(insert(_h), *_h.c.keys())


async def add_contact(tx: Tx, customer_id: UUID, wanted: ContactCreate, *, by: UUID) -> dict[str, Any]:
    """Add a person to a customer; NotFound if the customer is out of sight, Invalid for wrong attributes."""
    customer = await customers.customer_for_update(tx, customer_id)
    attributes = await Attributes.of(tx, "contact", [wanted.attributes])
    checked = attributes.checked(wanted.attributes)
    if wanted.is_primary:
        await step_back(tx, customer_id, by=by)
    row = {
        **wanted.model_dump(),
        "attributes": checked,
        "id": tx.new_id(),
        "customer_id": customer_id,
        "origin_id": None,
        "distributor_id": customer["distributor_id"],
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await tx.run(_INSERT, **row)
    touch(tx, customer_id)
    return row


async def change_contact(
    tx: Tx, customer_id: UUID, contact_id: UUID, wanted: ContactPatch, expected: int | None, *, by: UUID
) -> dict[str, Any]:
    """Change the fields that were sent; Stale if it is not the expected version."""
    return await _altered(tx, (customer_id, contact_id), wanted.changes(), expected, by=by)


async def restore_field(
    tx: Tx, customer_id: UUID, contact_id: UUID, change_id: UUID, expected: int | None, *, by: UUID
) -> dict[str, Any]:
    """Put a field back to what it was before a change; Conflict if today's rules do not allow that value."""
    await queries.contact(tx, customer_id, contact_id)
    change = await queries.change(tx, contact_id, change_id)
    wanted = former(ContactPatch, change)
    with keeping_rules():
        return await _altered(tx, (customer_id, contact_id), wanted.changes(), expected, by=by)


async def remove_contact(tx: Tx, customer_id: UUID, contact_id: UUID, expected: int | None) -> None:
    """Remove a person from a customer with all that is known of it; Stale if not the expected version."""
    await customers.hold(tx, customer_id)
    row = await queries.contact_for_update(tx, customer_id, contact_id)
    check_version(expected, row["version"])
    await tx.run(_DELETE, b_id=contact_id)
    touch(tx, customer_id)


async def remove_many(tx: Tx, ids: Sequence[UUID]) -> None:
    """Remove contacts that were locked and judged before, with their customers."""
    if ids:
        touch(tx, *(row["customer_id"] for row in await tx.rows(_DELETE_MANY, ids=ids)))


async def _altered(
    tx: Tx, which: tuple[UUID, UUID], wanted: Mapping[str, Any], expected: int | None, *, by: UUID
) -> dict[str, Any]:
    """Write the wanted fields of a contact with their history; nothing happens if all are so."""
    customer_id, contact_id = which
    if wanted.get("is_primary") or "role" in wanted:
        # Before any contact is locked, so that of two who are made primary at once one waits for the other.
        await customers.hold(tx, customer_id)
        touch(tx, customer_id)
    row = await queries.contact_for_update(tx, customer_id, contact_id)
    check_version(expected, row["version"])
    wanted = whole_birthday(wanted)
    if "attributes" in wanted:
        attributes = await Attributes.of(tx, "contact", [wanted["attributes"]])
        wanted["attributes"] = attributes.checked(wanted["attributes"], row["attributes"])
    changed = differences(row, wanted)
    if not changed:
        return row
    if changed.get("is_primary", (None, False))[1]:
        await step_back(tx, customer_id, by=by)
    return await _write(tx, row, changed, by)


async def step_back(tx: Tx, customer_id: UUID, *, by: UUID) -> UUID | None:
    """Who was the primary contact of a locked customer is not any more; who it was, if there was one."""
    row = await queries.primary_for_update(tx, customer_id)
    if row is None:
        return None
    await _write(tx, row, {"is_primary": (True, False)}, by)
    found: UUID = row["id"]
    return found


async def step_forward(tx: Tx, customer_id: UUID, contact_id: UUID, *, by: UUID) -> None:
    """Make a contact of a locked customer the primary one again, if it is still there and no other is."""
    if await queries.primary_for_update(tx, customer_id) is None:
        with suppress(NotFound):
            row = await queries.contact_for_update(tx, customer_id, contact_id)
            await _write(tx, row, {"is_primary": (False, True)}, by)


async def _write(
    tx: Tx, row: Mapping[str, Any], changed: Mapping[str, tuple[Any, Any]], by: UUID
) -> dict[str, Any]:
    fresh = {field: new for field, (_, new) in changed.items()}
    row = {**row, **fresh, "version": row["version"] + 1, "updated_at": tx.now}
    await tx.run(_UPDATE, **row, b_id=row["id"])
    whose = {"contact_id": row["id"], **{name: row[name] for name in ("customer_id", "distributor_id")}}
    await tx.run_many(_NOTE, ({**note, **whose} for note in notes(tx, row["version"], changed, by=by)))
    return row
