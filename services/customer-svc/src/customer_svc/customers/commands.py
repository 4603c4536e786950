"""Changes of single customers: register, change, assign, archive, restore."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import bindparam, insert, update

from customer_svc.changes import differences, former, keeping_rules, notes
from customer_svc.channels.commands import enter_channels
from customer_svc.custom_fields.domain import value_taken
from customer_svc.customers import domain, queries
from customer_svc.customers.attributes import Attributes
from customer_svc.customers.bulk import register_many
from customer_svc.customers.indexing import BY, index_customers
from customer_svc.customers.records import event_of, new_record
from customer_svc.customers.referrers import FIELD as REFERRED_BY
from customer_svc.customers.referrers import Referrers, check_referrer, hold_referrers
from customer_svc.customers.schemas import CustomerAssign, CustomerCreate, CustomerPatch, whole_birthday
from customer_svc.customers.tables import Customer, CustomerChange
from customer_svc.customers.touching import enter, touch
from customer_svc.customers.units import Units, check_held, sent
from customer_svc.distributors import queries as distributors
from customer_svc.distributors.domain import home
from shared.db import Tx, prepare
from shared.events.customer import CustomerAssigned, CustomerRegistered, CustomerUpdated
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict

__all__ = [
    "alter_customer",
    "archive_customer",
    "assign_customer",
    "change_customer",
    "register_customer",
    "register_many",
    "restore_customer",
    "restore_field",
    "save_customer",
]

_t = Customer.__table__  # type: ignore[attr-defined]
_h = CustomerChange.__table__  # type: ignore[attr-defined]
_FIXED = ("id", "created_at")
_INSERT = prepare(insert(_t), *_t.c.keys())
_UPDATE = prepare(
    update(_t).where(_t.c.id == bindparam("b_id")),
    *(column.key for column in _t.c if column.key not in _FIXED),
)
NOTE = prepare(insert(_h), *_h.c.keys())
_TAKEN = {"customer_identity_key": domain.identity_taken, "customer_tax_number": domain.tax_number_taken}
_ASSIGNING = {"owner_id", "org_unit_id", "distributor_id"}


async def register_customer(
    tx: Tx, wanted: CustomerCreate, *, by: UUID, customer_id: UUID | None = None
) -> dict[str, Any]:
    """Register one customer; Conflict if its code or tax number is taken.

    Invalid for an unknown distributor, unit or referrer, and for attributes that the custom fields refuse.
    """
    attributes = await Attributes.of(tx, "customer", [wanted.attributes])
    wanted.attributes = attributes.checked(wanted.attributes)
    distributor_id = home(tx.scope.distributors, wanted.distributor_id)
    await distributors.require(tx, distributor_id)
    await enter_channels(tx, [wanted.channel])
    wish = sent(wanted, tx.scope, by)
    placed = (await Units.of(tx, [wish])).completed(wish)
    record = {**new_record(wanted, customer_id or tx.new_id(), distributor_id, tx.now), **placed}
    record = (await Referrers.of(tx, [record])).completed(record)
    check_held(tx.scope, record)
    try:
        await tx.run(_INSERT, **record)
    except UniqueViolationError as error:
        raise taken(error) from None
    await index_customers(tx, [record])
    enter(tx, [record])
    outbox.record(tx, event_of(CustomerRegistered, record))
    return record


async def change_customer(
    tx: Tx, customer_id: UUID, wanted: CustomerPatch, expected: int | None, *, by: UUID
) -> dict[str, Any]:
    """Change the fields that were sent; Stale if it is not the expected version."""
    changes = wanted.changes()
    if changes.get(REFERRED_BY) is not None:
        await hold_referrers(tx)
    record = await queries.customer_for_update(tx, customer_id)
    check_version(expected, record["version"])
    return await alter_customer(tx, record, await check_referrer(tx, record, changes), by=by)


async def assign_customer(
    tx: Tx, customer_id: UUID, wanted: CustomerAssign, expected: int | None, *, by: UUID
) -> dict[str, Any]:
    """Give the customer to an owner, and to the org unit that is sent or else the owner's own."""
    record = await queries.customer_for_update(tx, customer_id)
    check_version(expected, record["version"])
    async with tx.handing_over():
        return await alter_customer(tx, record, wanted.model_dump(exclude_unset=True), by=by, away=True)


async def archive_customer(tx: Tx, customer_id: UUID, expected: int | None, *, by: UUID) -> None:
    """Take the customer out of daily sight; its orders and history stay."""
    record = await queries.customer_for_update(tx, customer_id)
    check_version(expected, record["version"])
    await alter_customer(tx, record, {"status": "archived"}, by=by)


async def restore_customer(tx: Tx, customer_id: UUID, *, by: UUID) -> dict[str, Any]:
    """Bring an archived customer back; an active one stays as it is."""
    record = await queries.customer_for_update(tx, customer_id, archived=True)
    return await alter_customer(tx, record, {"status": "active"}, by=by)


async def restore_field(
    tx: Tx, customer_id: UUID, change_id: UUID, expected: int | None, *, by: UUID
) -> dict[str, Any]:
    """Put a field back to what it was before a change; Conflict if today's rules do not allow that value."""
    await hold_referrers(tx)
    record = await queries.customer_for_update(tx, customer_id)
    change = await queries.change(tx, customer_id, change_id)
    check_version(expected, record["version"])
    wanted = former(CustomerPatch, change)
    with keeping_rules():
        return await alter_customer(tx, record, await check_referrer(tx, record, wanted.changes()), by=by)


async def alter_customer(
    tx: Tx, record: dict[str, Any], wanted: Mapping[str, Any], *, by: UUID, away: bool = False
) -> dict[str, Any]:
    """Write the wanted fields of a locked customer with their history; nothing happens if all are so.

    Unless it may go `away`, Invalid when it would leave what the caller sees. Conflict when its distributor
    has another customer with its code, its tax number or one of its identities.
    """
    wanted = (await Units.of(tx, [wanted])).completed(_complete(tx, wanted), record)
    if "attributes" in wanted:
        attributes = await Attributes.of(tx, "customer", [wanted["attributes"]])
        wanted["attributes"] = attributes.checked(wanted["attributes"], record["attributes"])
    changed = differences(record, wanted)
    if not changed:
        return record
    if "distributor_id" in changed:
        await distributors.require(tx, wanted["distributor_id"])
    await enter_channels(tx, [wanted.get("channel")])
    record = {**record, **{field: new for field, (_, new) in changed.items()}}
    if not away:
        check_held(tx.scope, record)
    assigned = bool(_ASSIGNING & changed.keys())
    record = await save_customer(tx, record, changed, by=by)
    outbox.record(tx, event_of(CustomerAssigned if assigned else CustomerUpdated, record))
    return record


async def save_customer(
    tx: Tx, record: Mapping[str, Any], changed: Mapping[str, tuple[Any, Any]], *, by: UUID
) -> dict[str, Any]:
    """Write a customer's changed record as its next version, with its history; tells nobody.

    Raises Conflict when its distributor has another customer with one of its names.
    """
    searchable = domain.searchable(record["name"], record["kind"])
    record = {**record, **searchable, "version": record["version"] + 1, "updated_at": tx.now}
    try:
        await tx.run(_UPDATE, **record, b_id=record["id"])
    except UniqueViolationError as error:
        raise taken(error) from None
    if BY & changed.keys():
        await index_customers(tx, [record])
    touch(tx, record["id"])
    await _note(tx, record, changed, by)
    return record


def _complete(tx: Tx, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """A birthday is replaced as a whole, and a partner's customer stays behind a distributor of its own."""
    wanted = whole_birthday(wanted)
    if "distributor_id" in wanted:
        wanted["distributor_id"] = home(tx.scope.distributors, wanted["distributor_id"])
    return wanted


def taken(error: UniqueViolationError) -> Conflict:
    """Which name of the customer, or value of a unique field, another one of its distributor has."""
    if error.constraint_name == "custom_field_value_key":
        return value_taken(error.column_name)
    return _TAKEN.get(error.constraint_name or "", domain.code_taken)()


async def _note(tx: Tx, record: Mapping[str, Any], changed: Mapping[str, tuple[Any, Any]], by: UUID) -> None:
    whose = {"customer_id": record["id"], "distributor_id": record["distributor_id"]}
    await tx.run_many(NOTE, ({**note, **whose} for note in notes(tx, record["version"], changed, by=by)))
