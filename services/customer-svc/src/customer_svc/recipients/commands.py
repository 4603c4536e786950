"""Tags that another service puts on customers or takes off, as a change like any other."""

from uuid import UUID

from customer_svc.customers import queries as customers
from customer_svc.customers.commands import alter_customer
from customer_svc.recipients.schemas import TagsChange
from shared.db import Tx


async def change_tags(tx: Tx, wanted: TagsChange, *, by: UUID) -> list[str]:
    """The tags afterwards; again changes nothing. NotFound for a customer that is not there or merged."""
    record = await customers.customer_for_update(tx, wanted.customer_id)
    tags = wanted.applied(record["tags"])
    changed = await alter_customer(tx, record, {"tags": tags}, by=by)
    after: list[str] = changed["tags"]
    return after
