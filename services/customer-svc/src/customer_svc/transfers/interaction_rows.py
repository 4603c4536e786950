"""Interactions as rows tell of them, and handing a chunk of them to the service that keeps them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from customer_svc.batch import Outcome
from customer_svc.interactions.cells import read_attachments, read_participants
from customer_svc.interactions.clients import Interactions, parted
from customer_svc.orders.buyers import buyers
from customer_svc.transfers.naming import WAYS, OfCustomer, with_identity
from shared.db import Reader
from shared.problems import Problem


class InteractionRow(OfCustomer):
    """Whose an interaction is, and all else that a row says; interaction-svc judges that."""

    said: dict[str, Any]


def read_interaction(given: dict[str, Any]) -> InteractionRow:
    """The interaction of a row; ValidationError if it names no customer."""
    named = with_identity(given, "identity_channel")
    said = {name: cell for name, cell in named.items() if name not in WAYS}
    if "participants" in said:
        said["participants"] = read_participants(said["participants"])
    if "attachments" in said:
        said["attachments"] = read_attachments(said["attachments"])
    whose = {name: value for name, value in named.items() if name in WAYS}
    return InteractionRow.model_validate({**whose, "said": said})


async def found_customers(db: Reader, rows: Sequence[InteractionRow]) -> list[UUID | Problem]:
    """Whose in sight each row is, or why nobody's."""
    owners = await buyers(db, rows)
    return [owner if isinstance(owner, Problem) else owner.customer_id for owner in owners]


async def hand_over(
    interactions: Interactions,
    entry: Mapping[str, Any],
    rows: Sequence[InteractionRow],
    customers: Sequence[UUID | Problem],
    *,
    kept: str,
) -> list[Outcome]:
    """Have these rows stored, once however often it is tried; an outcome for each, in order.

    `kept` is the token of who sent the file, as `Interactions` keeps it. Steps are counted by rows of the
    file, so that whoever goes on where another was killed takes the same ones.
    """
    items = [
        {**row.said, "customer_id": customer}
        for row, customer in zip(rows, customers, strict=True)
        if not isinstance(customer, Problem)
    ]
    stored: list[Outcome] = []
    for size in parted(items):
        part = items[len(stored) : len(stored) + size]
        step = entry["done"] + len(stored)
        stored += await interactions.load(kept, entry["id"], step, part, dry_run=entry["dry_run"])
    judged = iter(stored)
    return [
        Outcome("problem", problem=customer) if isinstance(customer, Problem) else next(judged)
        for customer in customers
    ]
