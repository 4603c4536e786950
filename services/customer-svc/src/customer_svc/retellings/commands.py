"""Beginning to tell everything anew, and telling a chunk."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from customer_svc.customers.records import reference_row
from customer_svc.orders.telling import tell_many
from customer_svc.retellings import queries
from shared import operations
from shared.db import Tx
from shared.events.customer import CustomersImported
from shared.messaging import outbox

JOB = "retellings.tell"


async def begin(tx: Tx, *, by: UUID, service_number: int) -> UUID:
    """Have all customers and orders told anew; the operation's id."""
    total = await queries.how_many(tx)
    return await operations.start(tx, JOB, by, service_number=service_number, job=JOB, args={}, total=total)


def tell_customers(tx: Tx, records: Sequence[Mapping[str, Any]], retelling: UUID, chunk: int) -> None:
    """Tell of up to 1000 customers; the event's subject is the retelling, `chunk` counts from 1."""
    homes = {record["distributor_id"] for record in records}
    event = CustomersImported(
        subject=retelling,
        version=chunk,
        distributor_id=homes.pop() if len(homes) == 1 else None,
        customers=tuple(map(reference_row, records)),
    )
    outbox.record(tx, event)


def tell_orders(tx: Tx, records: Sequence[Mapping[str, Any]], retelling: UUID, chunk: int) -> None:
    """The same of orders, in as many events as their lines need."""
    tell_many(tx, records, import_id=retelling, chunk=chunk)
