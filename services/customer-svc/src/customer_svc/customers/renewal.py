"""Changing many customers at once, each as by a merge patch, with one event for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from customer_svc.batch import Outcome
from customer_svc.changes import differences, notes
from customer_svc.channels.commands import enter_channels
from customer_svc.customers import domain, queries
from customer_svc.customers.attributes import Attributes
from customer_svc.customers.commands import NOTE, UPDATE, taken
from customer_svc.customers.indexing import BY, index_customers
from customer_svc.customers.records import reference_row
from customer_svc.customers.schemas import CustomerCreate
from customer_svc.customers.tables import Customer
from customer_svc.customers.touching import touch
from shared.db import Tx, in_sight, prepare, sight
from shared.events.customer import CustomersImported
from shared.messaging import outbox
from shared.problems import Conflict, Problem

_t: Any = Customer.__table__  # type: ignore[attr-defined]
_LOCKED = prepare(
    select(_t)
    .where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(queries.SIGHT))
    .order_by(_t.c.id)
    .with_for_update()
)
_FIXED = ("distributor_id", "owner_id", "org_unit_id")


class Renewal(NamedTuple):
    """A customer in sight and what is told of it anew."""

    customer_id: UUID
    told: CustomerCreate


class Change(NamedTuple):
    """A locked customer as it shall be, and what of it is new: old and new values by field."""

    record: dict[str, Any]
    changed: Mapping[str, tuple[Any, Any]]


async def renew_many(tx: Tx, wanted: Sequence[Renewal], *, by: UUID) -> list[Outcome]:
    """Change the fields that are given, with their history; an outcome for each, in order.

    Fields that are not given stay, attributes one by one. Of two renewals of one customer the later one is
    built on the earlier one. A merged or archived customer, or one whose owner would change, is a
    `duplicate` still: that is changing the other one, restoring and assigning. Who holds a customer, and its
    distributor, stay.
    """
    if not wanted:
        return []
    ids = sorted({one.customer_id for one in wanted})
    records = {row["id"]: dict(row) for row in await tx.rows(_LOCKED, ids=ids, **sight(tx.scope))}
    attributes = await Attributes.of(tx, "customer", (one.told.attributes for one in wanted))
    outcomes: list[Outcome] = []
    told: dict[UUID, dict[str, Any]] = {}
    for one in wanted:
        try:
            change = _change(tx, records.get(one.customer_id), one.told, attributes)
            if change is not None:
                await write_change(tx, change, by=by)
                records[one.customer_id] = told[one.customer_id] = change.record
        except Problem as problem:
            outcomes.append(Outcome("duplicate", one.customer_id, problem))
        else:
            outcomes.append(_became(one.customer_id, change))
    if told:
        outbox.record(tx, renewed(tx, told.values()))
    return outcomes


def _became(customer_id: UUID, change: Change | None) -> Outcome:
    if change is None:
        return Outcome("unchanged", customer_id)
    return Outcome("changed", customer_id, version=change.record["version"])


def _change(
    tx: Tx, record: dict[str, Any] | None, told: CustomerCreate, attributes: Attributes
) -> Change | None:
    """The record as it shall be; None if it is so."""
    if record is not None and record["merged_into"] is not None:
        raise Conflict(
            "customer_merged", en="The customer was merged into another one.", zh="该客户已并入其他客户。"
        )
    if record is None or record["status"] != "active":
        raise Conflict("customer_archived", en="The customer is archived.", zh="该客户已归档。")
    given = {name: getattr(told, name) for name in told.model_fields_set}
    if given.get("owner_id") not in (None, record["owner_id"]):
        raise Conflict("owner_differs", en="An owner changes by assigning.", zh="负责人须通过分配变更。")
    if "attributes" in given:
        merged = {**record["attributes"], **given["attributes"]}
        given["attributes"] = attributes.checked(merged, record["attributes"])
    changed = differences(record, {name: value for name, value in given.items() if name not in _FIXED})
    if not changed:
        return None
    return changed_to(tx, record, changed)


def changed_to(tx: Tx, record: Mapping[str, Any], changed: Mapping[str, tuple[Any, Any]]) -> Change:
    """The record with these differences, in its next version."""
    after = {**record, **{field: new for field, (_, new) in changed.items()}}
    searchable = domain.searchable(after["name"], after["kind"])
    after |= {**searchable, "version": record["version"] + 1, "updated_at": tx.now}
    return Change(after, changed)


async def write_change(tx: Tx, change: Change, *, by: UUID) -> None:
    """Store it with its history, and tell nobody; Conflict if it takes what another customer has."""
    record = change.record
    await enter_channels(tx, [record["channel"]] if "channel" in change.changed else [])
    try:
        async with tx.savepoint():
            await tx.run(UPDATE, **record, b_id=record["id"])
    except UniqueViolationError as error:
        raise taken(error) from None
    if BY & change.changed.keys():
        await index_customers(tx, [record])
    touch(tx, record["id"])
    whose = {"customer_id": record["id"], "distributor_id": record["distributor_id"]}
    kept = notes(tx, record["version"], change.changed, by=by)
    await tx.run_many(NOTE, ({**note, **whose} for note in kept))


def renewed(tx: Tx, records: Iterable[Mapping[str, Any]]) -> CustomersImported:
    """What is told of customers that were changed together."""
    homes = {record["distributor_id"] for record in records}
    return CustomersImported(
        subject=tx.new_id(),
        version=1,
        distributor_id=homes.pop() if len(homes) == 1 else None,
        customers=tuple(reference_row(record) for record in records),
    )
