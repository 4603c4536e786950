"""Changing many customers at once, each as by a merge patch, with one event for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from customer_svc.batch import Outcome
from customer_svc.changes import differences
from customer_svc.channels.commands import enter_channels
from customer_svc.customers import queries
from customer_svc.customers.attributes import Attributes
from customer_svc.customers.commands import save_customer
from customer_svc.customers.records import reference_row
from customer_svc.customers.referrers import check_referrer, hold_referrers
from customer_svc.customers.schemas import CustomerCreate
from shared.db import Tx
from shared.events.customer import CustomersImported
from shared.messaging import outbox
from shared.problems import Conflict, Problem

_FIXED = ("distributor_id", "owner_id", "org_unit_id")


class Renewal(NamedTuple):
    """A customer in sight and what is told of it anew."""

    customer_id: UUID
    told: CustomerCreate


async def renew_many(tx: Tx, renewals: Sequence[Renewal], *, by: UUID) -> list[Outcome]:
    """Change the fields that are given, with their history; an outcome for each, in order.

    Fields that are not given stay, attributes one by one. Of two renewals of one customer the later one is
    built on the earlier one. A merged or archived customer, or one whose owner would change, is a
    `duplicate` still: that is changing the other one, restoring and assigning. Who holds a customer, and its
    distributor, stay.
    """
    if not renewals:
        return []
    if any(one.told.referred_by is not None for one in renewals):
        await hold_referrers(tx)
    records = await queries.customers_for_update(tx, {one.customer_id for one in renewals})
    attributes = await Attributes.of(tx, "customer", (one.told.attributes for one in renewals))
    outcomes: list[Outcome] = []
    told: dict[UUID, dict[str, Any]] = {}
    for one in renewals:
        try:
            record, wanted = _renewal(records.get(one.customer_id), one.told, attributes)
            after = await rewrite(tx, record, await check_referrer(tx, record, wanted), by=by)
        except Problem as problem:
            outcomes.append(Outcome("duplicate", one.customer_id, problem))
            continue
        outcomes.append(_became(one.customer_id, after))
        if after is not None:
            records[one.customer_id] = told[one.customer_id] = after
    if told:
        outbox.record(tx, renewed(tx, told.values()))
    return outcomes


def _became(customer_id: UUID, after: Mapping[str, Any] | None) -> Outcome:
    if after is None:
        return Outcome("unchanged", customer_id)
    return Outcome("changed", customer_id, version=after["version"])


def _renewal(
    record: dict[str, Any] | None, told: CustomerCreate, attributes: Attributes
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The customer, and what is told of it anew."""
    if record is not None and record["merged_into"] is not None:
        raise Conflict(
            "customer_merged", en="The customer was merged into another one.", zh="该客户已并入其他客户。"
        )
    if record is None or record["status"] != "active":
        raise Conflict("customer_archived", en="The customer is archived.", zh="该客户已归档。")
    whole = told.model_dump()
    given = {name: whole[name] for name in told.model_fields_set}
    if given.get("owner_id") not in (None, record["owner_id"]):
        raise Conflict("owner_differs", en="An owner changes by assigning.", zh="负责人须通过分配变更。")
    if "attributes" in given:
        merged = {**record["attributes"], **given["attributes"]}
        given["attributes"] = attributes.checked(merged, record["attributes"])
    return record, {name: value for name, value in given.items() if name not in _FIXED}


async def rewrite(
    tx: Tx, record: Mapping[str, Any], wanted: Mapping[str, Any], *, by: UUID
) -> dict[str, Any] | None:
    """Let fields of a locked customer be so, with their history: its next version, None if all are so.

    Nobody is told. Conflict if another customer has what only one may have; the transaction can go on.
    """
    changed = differences(record, wanted)
    if not changed:
        return None
    await enter_channels(tx, [wanted.get("channel")])
    async with tx.savepoint():
        return await save_customer(tx, {**record, **wanted}, changed, by=by)


def renewed(tx: Tx, records: Iterable[Mapping[str, Any]]) -> CustomersImported:
    """What is told of customers that were changed together."""
    homes = {record["distributor_id"] for record in records}
    return CustomersImported(
        subject=tx.new_id(),
        version=1,
        distributor_id=homes.pop() if len(homes) == 1 else None,
        customers=tuple(reference_row(record) for record in records),
    )
