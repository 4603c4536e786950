"""What customer-svc tells, written into the reference rows; any order, any repetition."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from shared.db import Tx
from shared.events.customer import (
    CustomerAssigned,
    CustomerMerged,
    CustomerRegistered,
    CustomersImported,
    CustomerState,
    CustomerUnmerged,
    CustomerUpdated,
)
from shared.references.commands import apply
from shared.references.domain import CustomerRef


async def on_customer_registered(tx: Tx, event: CustomerRegistered) -> None:
    await _keep(tx, event)


async def on_customer_updated(tx: Tx, event: CustomerUpdated) -> None:
    await _keep(tx, event)


async def on_customer_assigned(tx: Tx, event: CustomerAssigned) -> None:
    await _keep(tx, event)


async def on_customers_imported(tx: Tx, event: CustomersImported) -> None:
    rows = [_row(item, item.customer_id, item.version, item.distributor_id) for item in event.customers]
    await apply(tx, rows)


async def on_customer_merged(tx: Tx, event: CustomerMerged) -> None:
    """What was recorded for it is kept by the other from now on (see `shared.migrations.merging`)."""
    row = _row(event, event.subject, event.version, event.distributor_id)
    await apply(tx, [replace(row, merged_into=event.merged_into)])


async def on_customer_unmerged(tx: Tx, event: CustomerUnmerged) -> None:
    await _keep(tx, event)


async def _keep(
    tx: Tx, event: CustomerRegistered | CustomerUpdated | CustomerAssigned | CustomerUnmerged
) -> None:
    await apply(tx, [_row(event, event.subject, event.version, event.distributor_id)])


def _row(state: CustomerState, customer: UUID, version: int, distributor: UUID | None) -> CustomerRef:
    return CustomerRef(
        id=customer,
        distributor_id=distributor,
        owner_id=state.owner_id,
        org_unit_id=state.org_unit_id,
        status=state.status,
        channel=state.channel,
        merged_into=None,
        version=version,
    )


CUSTOMER_EVENTS: dict[type[Any], Any] = {
    CustomerRegistered: on_customer_registered,
    CustomerUpdated: on_customer_updated,
    CustomerAssigned: on_customer_assigned,
    CustomersImported: on_customers_imported,
    CustomerMerged: on_customer_merged,
    CustomerUnmerged: on_customer_unmerged,
}
