"""Storing a chunk of rows of any kind: each by the commands that the API itself uses."""

from collections.abc import Mapping, Sequence
from typing import Any

from customer_svc.batch import Outcome
from customer_svc.orders.commands import record_judged
from customer_svc.orders.judging import Judged
from customer_svc.transfers.contact_rows import load_contacts
from customer_svc.transfers.distributor_rows import load_distributors
from customer_svc.transfers.loading import load_customers
from customer_svc.transfers.parting import Key
from shared.db import Tx

OWN_KEYS: Mapping[str, tuple[str, ...]] = {
    "customers": ("external_id", "code", "name"),
    "orders": ("order_no",),
    "contacts": ("name",),
    "distributors": ("code",),
    "interactions": ("summary",),
}
"""Which field is in the way when something else has a row's key."""


async def store(
    tx: Tx,
    entry: Mapping[str, Any],
    rows: Sequence[Any],
    judged: Judged | None,
    *,
    number: int,
    contested: frozenset[Key],
) -> list[Outcome]:
    """Store a chunk of an import, the first being 1; an outcome for each row, in order. Raises Overtaken."""
    told = {"import_id": entry["id"], "chunk": number}
    if judged is not None:
        return await record_judged(tx, judged, **told)
    if entry["entity"] == "contacts":
        return await load_contacts(tx, rows)
    if entry["entity"] == "distributors":
        return await load_distributors(tx, rows)
    return await load_customers(
        tx,
        rows,
        **told,
        by=entry["created_by"],
        contested=contested,
        renewing=entry["policy"] == "update",
    )
