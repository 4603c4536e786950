"""Which records a reason is shown with, and how many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

Kind = Literal["order", "complaint", "survey", "interaction", "promise"]
MOST_NAMED = 10
RECENT_DAYS = 182
SLOW_DAYS = 14
SOURCES: Mapping[str, str] = {
    "own_rhythm_broken": "last_orders",
    "order_overdue": "last_orders",
    "orders_seldom": "last_orders",
    "bought_rarely": "last_orders",
    "orders_falling": "last_orders",
    "amount_falling": "last_orders",
    "returns_rising": "returns",
    "returns_high": "returns",
    "complaint_open": "open_complaints",
    "complaint_slow": "slow_complaints",
    "complaint_recent": "recent_complaints",
    "satisfaction_dropped": "surveys",
    "satisfaction_low": "surveys",
    "contact_unanswered": "attempts",
    "contact_quiet": "last_contact",
    "promise_unkept": "unkept_promises",
    "promise_broken": "broken_promises",
}
"""By reason: where its records are looked up."""
_NEWEST_LAST = {"open_complaints", "unkept_promises", "broken_promises"}
_MOST = {"own_rhythm_broken": 1, "order_overdue": 1, "contact_quiet": 1}
"""Reasons that rest on fewer records than `MOST_NAMED`."""
_BESIDE = {"attempts": ("last_contact",)}
"""Sources that are read together with others: an attempt is unanswered since the last contact."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record of a customer and the moment that it is of."""

    source: str
    customer_id: UUID
    type: Kind
    id: UUID
    at: datetime


def wanted(reasons: Mapping[UUID, Sequence[Mapping[str, Any]]]) -> dict[str, list[UUID]]:
    """Of whom to look up records, by source."""
    asked: dict[str, list[UUID]] = {}
    for customer, given in reasons.items():
        sources = {SOURCES[each["code"]] for each in given if each["code"] in SOURCES}
        for source in sorted(sources.union(*(_BESIDE.get(each, ()) for each in sources))):
            asked.setdefault(source, []).append(customer)
    return asked


def grouped(found: Iterable[Found]) -> dict[tuple[str, UUID], list[Found]]:
    """By source and customer, in the order in which they are named."""
    groups: dict[tuple[str, UUID], list[Found]] = {}
    for each in found:
        groups.setdefault((each.source, each.customer_id), []).append(each)
    for (source, _), records in groups.items():
        records.sort(key=lambda each: (each.at, str(each.id)), reverse=source not in _NEWEST_LAST)
    return groups


def named(code: str, customer: UUID, groups: Mapping[tuple[str, UUID], list[Found]]) -> list[dict[str, Any]]:
    """What a reason of a customer is stored with."""
    records = groups.get((SOURCES.get(code, ""), customer), [])
    if code == "contact_unanswered" and (met := groups.get(("last_contact", customer))):
        records = [each for each in records if each.at > met[0].at]
    return [
        {"type": each.type, "id": str(each.id), "at": _told(each.at)}
        for each in records[: _MOST.get(code, MOST_NAMED)]
    ]


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
