"""What another service needs to know of a customer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CustomerRef:
    """A customer as known here at `version`; no personal data."""

    id: UUID
    distributor_id: UUID | None
    owner_id: UUID | None
    org_unit_id: UUID | None
    status: str
    channel: str | None
    merged_into: UUID | None
    version: int


def newest(rows: Iterable[CustomerRef]) -> list[CustomerRef]:
    """One row per customer, the one with the highest version, in an order that all writers share."""
    kept: dict[UUID, CustomerRef] = {}
    for row in rows:
        known = kept.get(row.id)
        if known is None or known.version < row.version:
            kept[row.id] = row
    return [kept[key] for key in sorted(kept)]


def from_answer(answer: Mapping[str, Any], etag: str | None) -> CustomerRef:
    """Read customer-svc's answer; raises KeyError, TypeError or ValueError if it is not one.

    The version stands in the answer or, as `"v3"`, in its ETag.
    """
    version = answer.get("version")
    return CustomerRef(
        id=UUID(answer["id"]),
        distributor_id=_id(answer["distributor_id"]),
        owner_id=_id(answer["owner_id"]),
        org_unit_id=_id(answer.get("org_unit_id")),
        status=str(answer["status"]),
        channel=answer.get("channel"),
        merged_into=_id(answer.get("merged_into")),
        version=int((etag or "").strip('"').removeprefix("v")) if version is None else int(version),
    )


def _id(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)
