"""Merging customers, and undoing it; what was recorded for either goes with it by the database's triggers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update

from customer_svc.changes import differences
from customer_svc.contacts import commands as contacts
from customer_svc.contacts import queries as people
from customer_svc.customers.commands import alter_customer, save_customer
from customer_svc.customers.queries import absent
from customer_svc.customers.records import event_of, merged_event_of
from customer_svc.customers.touching import touch
from customer_svc.duplicates import commands as duplicates
from customer_svc.duplicates import queries as pairs
from customer_svc.merges import domain, queries
from customer_svc.merges.domain import Survivor
from customer_svc.merges.schemas import DuplicateMerge, MergeCreate, MergeWish
from customer_svc.merges.tables import Merge
from shared.auth import Principal
from shared.db import Tx, prepare
from shared.events.customer import CustomerAssigned, CustomerUnmerged, CustomerUpdated
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import customer_merged
from shared.references import root

Row = dict[str, Any]
_t = Merge.__table__  # type: ignore[attr-defined]
_INSERT = prepare(insert(_t), *_t.c.keys())
_UNDO = prepare(update(_t).where(_t.c.id == bindparam("b_id")), "status", "undone_by", "undone_at")
_REST = prepare(update(_t).where(_t.c.id == bindparam("b_id")), "changes")
_RESTORED = (*domain.ONE_OF_A_KIND, "attributes", *domain.HOLDERS, "distributor_id")


@dataclass(frozen=True, slots=True)
class Plan:
    """Two customers, locked, and what merging them would do."""

    kept: Row
    absorbed: Row
    survivors: list[Survivor]
    contradictions: list[str]
    moving: dict[str, int]


async def plan_merge(tx: Tx, kept_id: UUID, wanted: MergeWish) -> Plan:
    """What merging would do; preview and merge share it.

    Raises NotFound for a customer out of sight, Moved for one that was merged already, Conflict if the two
    stand behind different distributors, Invalid for a choice that there is not.
    """
    if wanted.absorbed_id == kept_id:
        raise domain.same_customer()
    kept, absorbed = await _both(tx, kept_id, wanted.absorbed_id)
    if kept["distributor_id"] != absorbed["distributor_id"]:
        raise domain.distributors_differ()
    found = domain.survivors(kept, absorbed, wanted.fields)
    contradictions = domain.contradicting(*await queries.proofs(tx, kept, absorbed))
    return Plan(kept, absorbed, found, contradictions, await queries.counts(tx, absorbed["id"]))


async def _both(tx: Tx, kept_id: UUID, absorbed_id: UUID) -> tuple[Row, Row]:
    there = await queries.both_for_update(tx, kept_id, absorbed_id)
    for one in (kept_id, absorbed_id):
        if one not in there or there[one]["status"] == "archived":
            raise absent()
    kept, absorbed = there[kept_id], there[absorbed_id]
    if kept["merged_into"] is not None:
        raise customer_merged(kept_id, await root(tx, kept_id))
    if absorbed["merged_into"] is not None:
        raise domain.absorbed_already(await root(tx, absorbed_id))
    return kept, absorbed


async def merge_customers(
    tx: Tx, kept_id: UUID, wanted: MergeCreate, expected: int | None, *, caller: Principal
) -> Row:
    """Let one customer absorb another, as `plan_merge` says; Stale if one is not the expected version.

    Raises Conflict if their strong identities contradict and no person confirmed that they are one.
    """
    plan = await plan_merge(tx, kept_id, wanted)
    check_version(expected, plan.kept["version"])
    check_version(wanted.absorbed_version, plan.absorbed["version"])
    domain.check_proofs(
        plan.contradictions, confirmed=wanted.confirm_strong_ids, by_person=caller.kind == "staff"
    )
    primary = await _one_primary(tx, plan, by=caller.id)
    row = _row(tx, plan, primary, by=caller.id)
    async with tx.handing_over():  # the kept customer may go to the other's owner
        await tx.run(_INSERT, **row)
        await duplicates.settle_merged(tx, kept_id, wanted.absorbed_id, by=caller.id)
        await _absorb(tx, plan, by=caller.id)
        values = {one.field: one.result for one in plan.survivors if one.result != one.kept}
        fields = domain.written(plan.kept, values)
        await alter_customer(tx, plan.kept, fields, by=caller.id, away=True)
    touch(tx, plan.kept["id"])  # the other's contacts and identities are its own now
    return row


async def merge_duplicate(
    tx: Tx, duplicate_id: UUID, wanted: DuplicateMerge, expected: int | None, *, caller: Principal
) -> Row:
    """Let one of a pair absorb the other, as `merge_customers` does; the pair is decided then.

    NotFound unless both are in sight, Invalid if the one to keep is neither, Stale if somebody decided since.
    """
    pair = await pairs.candidate_for_update(tx, duplicate_id)
    check_version(expected, pair["version"])
    both = (pair["first_id"], pair["second_id"])
    if wanted.kept_id not in both:
        raise domain.not_of_the_pair()
    (other,) = (one for one in both if one != wanted.kept_id)
    return await merge_customers(tx, wanted.kept_id, wanted.absorbing(other), None, caller=caller)


def _row(tx: Tx, plan: Plan, primary: UUID | None, *, by: UUID) -> Row:
    return {
        "id": tx.new_id(),
        "kept_id": plan.kept["id"],
        "absorbed_id": plan.absorbed["id"],
        "customer_id": plan.kept["id"],
        "origin_id": None,
        "status": "merged",
        "changes": domain.changes_of(plan.survivors),
        "former": {field: domain.plain(plan.absorbed[field]) for field in _RESTORED},
        "primary_contact_id": primary,
        "moved": plan.moving,
        "merged_by": by,
        "merged_at": tx.now,
        "undone_by": None,
        "undone_at": None,
    }


async def _one_primary(tx: Tx, plan: Plan, *, by: UUID) -> UUID | None:
    """A customer has one primary contact: the absorbed one's steps back, if both have one."""
    if await people.primary_for_update(tx, plan.kept["id"]) is None:
        return None
    return await contacts.step_back(tx, plan.absorbed["id"], by=by)


async def _absorb(tx: Tx, plan: Plan, *, by: UUID) -> None:
    held = {name: plan.kept[name] for name in domain.HOLDERS}
    wanted = {
        **domain.given_up(plan.absorbed, plan.survivors),
        "status": "merged",
        "merged_into": plan.kept["id"],
    }
    changed = differences(plan.absorbed, wanted)
    record = await save_customer(tx, {**plan.absorbed, **wanted, **held}, changed, by=by)
    outbox.record(tx, merged_event_of(record))


async def undo_merge(tx: Tx, merge_id: UUID, *, by: UUID) -> Row:
    """Take two customers apart again, each with what is its own, also of what changed since.

    Raises NotFound out of sight, Conflict if it was undone, if the kept customer was itself merged since, or
    if somebody has a code, a tax number, an identity or a unique value of the absorbed customer by now.
    """
    row = await queries.merge(tx, merge_id)
    async with tx.handing_over():  # the absorbed customer may go back out of sight
        there = await queries.both_for_update(tx, row["kept_id"], row["absorbed_id"])
        row = await queries.merge_again(tx, merge_id)
        kept, absorbed = there[row["kept_id"]], there[row["absorbed_id"]]
        if row["status"] == "undone":
            raise domain.merge_undone()
        if kept["merged_into"] is not None:
            raise domain.merged_again(await queries.absorbing(tx, kept["id"]))
        await _give_back(tx, row, kept, by=by)
        await _revive(tx, row, absorbed, by=by)
        await duplicates.reopen(tx, kept["id"], absorbed["id"])
    touch(tx, kept["id"])
    undone = {"status": "undone", "undone_by": by, "undone_at": tx.now}
    await tx.run(_UNDO, b_id=merge_id, **undone)
    return {**row, **undone}


async def _give_back(tx: Tx, row: Row, kept: Row, *, by: UUID) -> None:
    """The kept customer's fields as they were; what a later merge took over from this one is its own now."""
    changes: Mapping[str, Any] = row["changes"]
    for later in await queries.later(tx, row):
        resting = domain.resting(changes, later["changes"])
        if resting:
            await tx.run(_REST, b_id=later["id"], changes={**later["changes"], **resting})
        changes = domain.left_to(changes, later["changes"])
    wanted = domain.written(kept, domain.given_back(kept, changes))
    changed = differences(kept, wanted)
    if changed:
        record = await save_customer(tx, {**kept, **wanted}, changed, by=by)
        assigned = bool({*domain.HOLDERS} & changed.keys())
        outbox.record(tx, event_of(CustomerAssigned if assigned else CustomerUpdated, record))


async def _revive(tx: Tx, row: Row, absorbed: Row, *, by: UUID) -> None:
    former = dict(row["former"])
    for name in (*domain.HOLDERS, "distributor_id"):
        former[name] = former[name] and UUID(former[name])
    wanted = {**former, "status": "active", "merged_into": None}
    changed = differences(absorbed, wanted)
    record = await save_customer(tx, {**absorbed, **wanted}, changed, by=by)
    if row["primary_contact_id"] is not None:
        await contacts.step_forward(tx, absorbed["id"], row["primary_contact_id"], by=by)
    outbox.record(tx, event_of(CustomerUnmerged, record))
