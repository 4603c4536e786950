"""From a wish to the row that is stored, and from a row to what other services are told of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from customer_svc.customers import domain
from customer_svc.customers.schemas import CustomerCreate
from customer_svc.labels import label, region_code
from shared.events.customer import (
    CustomerAssigned,
    CustomerMerged,
    CustomerRegistered,
    CustomerUnmerged,
    CustomerUpdated,
    ReferenceRow,
)

_TOLD = ("owner_id", "org_unit_id", "status", "channel", "distributor_id", "kind", "referred_by")
Told = TypeVar("Told", bound=CustomerRegistered | CustomerUpdated | CustomerAssigned | CustomerUnmerged)


def new_record(
    wanted: CustomerCreate, customer_id: UUID, distributor_id: UUID | None, now: datetime
) -> dict[str, Any]:
    """The first version of a customer as a full row."""
    record = dict(wanted)
    birthday = wanted.birthday
    return record | {
        **domain.searchable(wanted.name, wanted.kind),
        "id": customer_id,
        "status": "active",
        "birthday": birthday and birthday.model_dump(),
        "distributor_id": distributor_id,
        "merged_into": None,
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }


def _state(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: record[name] for name in _TOLD},
        "industry": label(record["industry"]),
        "region": region_code(record["region"]),
        "size": label(record["size"]),
    }


def event_of(kind: type[Told], record: Mapping[str, Any]) -> Told:
    """What is told of a single change."""
    return kind(subject=record["id"], version=record["version"], **_state(record))


def merged_event_of(record: Mapping[str, Any]) -> CustomerMerged:
    """What is told of a customer that was just merged into another one."""
    return CustomerMerged(
        subject=record["id"],
        version=record["version"],
        merged_into=record["merged_into"],
        **_state(record),
    )


def reference_row(record: Mapping[str, Any]) -> ReferenceRow:
    """The customer's part of a chunk event."""
    return ReferenceRow(customer_id=record["id"], version=record["version"], **_state(record))
