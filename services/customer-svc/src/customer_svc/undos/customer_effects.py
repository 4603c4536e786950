"""Taking back customers: those that an import made go, those that it changed are as they were."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from customer_svc.customers import queries as customers
from customer_svc.customers.referrers import hold_referrers
from customer_svc.customers.withdrawal import put_back, tell_of, withdraw_many
from customer_svc.identities import queries as identities
from customer_svc.identities.commands import remove_many
from customer_svc.undos import queries
from customer_svc.undos.domain import Code, Kept, Touched, as_before
from shared.db import Tx
from shared.problems import Conflict, Problem

Records = dict[UUID, dict[str, Any]]


async def take_back_customers(tx: Tx, entry: Mapping[str, Any], touched: Sequence[Touched]) -> list[Kept]:
    """Take back these customers, and the identities that known ones learned; those that stay."""
    named = [one for one in touched if one.kind == "customer"]
    await hold_referrers(tx)
    records = await customers.customers_for_update(tx, [one.record_id for one in named])
    kept = [Kept(one, "gone") for one in named if one.record_id not in records]
    there = [one for one in named if one.record_id in records]
    kept += await _withdrawn(tx, entry, [one for one in there if one.made], records)
    kept += await _put_back(tx, entry, [one for one in there if not one.made], records)
    learned = [one for one in touched if one.kind == "identity"]
    return kept + await _unlearned(tx, entry, learned)


async def _withdrawn(
    tx: Tx, entry: Mapping[str, Any], made: Sequence[Touched], records: Records
) -> list[Kept]:
    """Archive those that the import made, with their names free again, unless something happened to them."""
    in_use = await queries.customers_in_use(tx, entry["import_id"], [one.record_id for one in made])
    kept: list[Kept] = []
    leaving: list[dict[str, Any]] = []
    for one in made:
        record = records[one.record_id]
        if not one.is_as_left(record["version"]):
            kept.append(Kept(one, "changed_since"))
        elif one.record_id in in_use:
            kept.append(Kept(one, "in_use"))
        else:
            leaving.append(record)
    await remove_many(tx, of_customers=[record["id"] for record in leaving])
    await withdraw_many(tx, leaving, by=entry["created_by"])
    return kept


async def _put_back(
    tx: Tx, entry: Mapping[str, Any], changed: Sequence[Touched], records: Records
) -> list[Kept]:
    """Let each field that is as the import left it be as it was before."""
    changes = await queries.changes(tx, changed)
    kept: list[Kept] = []
    told: list[dict[str, Any] | None] = []
    for one in changed:
        record = records[one.record_id]
        if record["status"] == "merged":  # who keeps it has taken over what it had
            kept.append(Kept(one, "changed_since"))
            continue
        before, stay = as_before(record, changes.get(one.record_id, []))
        kept += [Kept(one, "changed_since", field) for field in stay]
        try:
            told.append(await put_back(tx, record, before, by=entry["created_by"]))
        except Problem as problem:
            kept.append(Kept(one, _code_of(problem)))
    tell_of(tx, [record for record in told if record is not None])
    return kept


def _code_of(problem: Problem) -> Code:
    return "key_taken" if isinstance(problem, Conflict) else "value_not_allowed"


async def _unlearned(tx: Tx, entry: Mapping[str, Any], learned: Sequence[Touched]) -> list[Kept]:
    """Take back the identities of known customers; those of customers that the import made go with them."""
    there = await identities.identities_for_update(tx, [one.record_id for one in learned])
    owners = {row["owner_id"] for row in there.values()}
    made = await queries.made_by(tx, entry["import_id"], owners)
    kept: list[Kept] = []
    leaving: list[UUID] = []
    for one in learned:
        row = there.get(one.record_id)
        if row is None or row["owner_id"] in made:
            continue
        if row["verified"]:
            kept.append(Kept(one, "changed_since"))
        else:
            leaving.append(one.record_id)
    await remove_many(tx, ids=leaving)
    return kept
