"""Taking back a chunk of what an import did, each kind of record by its own rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from customer_svc.contacts import queries as contacts
from customer_svc.contacts.commands import remove_many
from customer_svc.distributors import queries as distributors
from customer_svc.distributors.commands import delete_distributor
from customer_svc.orders import queries as orders
from customer_svc.orders.commands import void_many
from customer_svc.transfers.domain import CHUNK_ROWS
from customer_svc.undos import queries
from customer_svc.undos.customer_effects import take_back_customers
from customer_svc.undos.domain import Code, Kept, Touched
from shared.db import Tx
from shared.problems import Conflict, NotFound


async def take_back(tx: Tx, entry: Mapping[str, Any], touched: Sequence[Touched]) -> list[Kept]:
    """Take these records back; those that stay, wholly or in part."""
    if entry["entity"] == "customers":
        return await take_back_customers(tx, entry, touched)
    if entry["entity"] == "contacts":
        return await _take_back_contacts(tx, touched)
    if entry["entity"] == "orders":
        return await _take_back_orders(tx, entry, touched)
    codes = {one: await _taken_back(tx, one) for one in touched}
    return [Kept(one, code) for one, code in codes.items() if code is not None]


async def _take_back_orders(tx: Tx, entry: Mapping[str, Any], touched: Sequence[Touched]) -> list[Kept]:
    """Void them; a sale stays as long as something was returned of it by others than the import."""
    ids = [one.record_id for one in touched]
    there = await orders.orders_for_update(tx, ids)
    returns = await orders.returns_of(tx, ids)
    own = await queries.made_by(tx, entry["import_id"], {one for found in returns.values() for one in found})
    kept: list[Kept] = []
    leaving = []
    for one in touched:
        order = there.get(one.record_id)
        if order is None:
            kept.append(Kept(one, "gone"))
        elif returns.get(one.record_id, set()) - own:
            kept.append(Kept(one, "in_use"))
        elif order["voided_at"] is None:
            leaving.append(dict(order))
    chunk = entry["done"] // CHUNK_ROWS + 1
    await void_many(tx, leaving, by=entry["created_by"], import_id=entry["import_id"], chunk=chunk)
    return kept


async def _take_back_contacts(tx: Tx, touched: Sequence[Touched]) -> list[Kept]:
    """Remove them, unless somebody changed them."""
    versions = await contacts.versions_for_update(tx, [one.record_id for one in touched])
    await remove_many(tx, [one.record_id for one in touched if versions.get(one.record_id) == 1])
    kept = [one for one in touched if versions.get(one.record_id) != 1]
    return [Kept(one, "changed_since" if one.record_id in versions else "gone") for one in kept]


async def _taken_back(tx: Tx, one: Touched) -> Code | None:
    """Delete a distributor; why it stays."""
    try:
        row = await distributors.distributor_for_update(tx, one.record_id)
        if not one.is_as_left(row["version"]):
            return "changed_since"
        async with tx.savepoint():
            await delete_distributor(tx, one.record_id, None)
    except NotFound:
        return "gone"
    except Conflict:
        return "in_use"
    return None
