"""What is kept of each customer, and what a fact about one is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

FactKind = Literal["order", "contact", "complaint", "objection"]

RECORDED, TAKEN_BACK = 1, 2
"""Versions of facts that are told once and may be taken back, whichever of the two is heard first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A customer now, with all that was recorded for customers merged into it; None: nobody has told.

    `orders` are sales that were not voided, `open_complaints` those without a result. `churn_since` is when
    the level was first heard; `tier_since` and `stage_since` are when these moved last.
    """

    customer_id: UUID
    distributor_id: UUID | None = None
    owner_id: UUID | None = None
    status: str | None = None
    tier: str | None = None
    tier_since: datetime | None = None
    stage: str | None = None
    stage_since: datetime | None = None
    churn_level: str | None = None
    churn_since: datetime | None = None
    orders: int = 0
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None
    last_contact_at: datetime | None = None
    open_complaints: int = 0
    objects: bool = False


class Quiet(NamedTuple):
    """A customer with whom nobody was in contact since then (None: never)."""

    customer_id: UUID
    last_contact_at: datetime | None


class Noted(NamedTuple):
    """One fact of a customer; it `holds` until a later version says otherwise."""

    kind: FactKind
    id: UUID
    customer_id: UUID
    distributor_id: UUID | None
    at: datetime
    holds: bool
    version: int


def newest(facts: Iterable[Noted]) -> list[Noted]:
    """One row per fact, the one with the highest version, in an order that all writers share."""
    kept: dict[tuple[str, UUID], Noted] = {}
    for each in facts:
        known = kept.get((each.kind, each.id))
        if known is None or known.version < each.version:
            kept[each.kind, each.id] = each
    return [kept[key] for key in sorted(kept)]
