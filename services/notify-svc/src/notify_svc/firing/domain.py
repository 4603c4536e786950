"""What is asked again when a reminder is due, and what goes out by other ways than the inbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from notify_svc.wording.domain import Language, subject_said

EXPIRES = timedelta(hours=24)
"""So long after its moment a reminder is not worth a message any more."""

URGENT = frozenset(("sla", "escalation"))
"""Reminders of these sources wait for no digest."""


class Fields(Protocol):
    """A row or a mapping, read by the names of columns."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a customer stands now, as far as it is known: codes, and when it was last in contact or ordered."""

    tier: str | None = None
    stage: str | None = None
    churn_level: str | None = None
    last_contact_at: datetime | None = None
    last_order_at: datetime | None = None


class Sending(NamedTuple):
    """A message that a due reminder wants sent; codes and ids only. The same `dedup_key` is the same one.

    `recipient_id` is a member of staff; None: whoever the channel's own group is.
    """

    channel: str
    reminder_id: UUID
    recipient_id: UUID | None
    customer_id: UUID | None
    distributor_id: UUID | None
    variables: Mapping[str, Any]
    dedup_key: str
    expires_at: datetime


def sendings(row: Fields) -> list[Sending]:
    """The messages of a reminder that fires: one for each of its channels but the inbox."""
    said = {
        "reminder_id": str(row["id"]),
        "due_at": row["due_at"].isoformat(),
        "subject_zh": _subject(row, "zh"),
        "subject_en": _subject(row, "en"),
    }
    return [
        Sending(
            channel=channel,
            reminder_id=row["id"],
            recipient_id=row["assignee_id"],
            customer_id=row["customer_id"],
            distributor_id=row["distributor_id"],
            variables=said,
            dedup_key=f"reminder:{row['id']}:{row['due_at'].isoformat()}:{channel}",
            expires_at=row["due_at"] + EXPIRES,
        )
        for channel in row["channels"]
        if channel != "inbox"
    ]


def _subject(row: Fields, language: Language) -> str:
    """What it is about, if that is a code: words that somebody typed stay in the inbox."""
    if row["subject_code"] is None:
        return "您有一项待办" if language == "zh" else "Something is due"
    return subject_said(row["subject"], row["subject_code"], row["subject_parameters"], language)


def unmet(reminder: Fields, status: str | None, standing: Standing | None) -> str | None:
    """The first condition of a reminder that does not hold (any more), by its name; None if all hold.

    What is not known of the customer does not hold back: nobody misses a reminder because a fact is late.
    """
    wanted = reminder["only_if"]
    if wanted.get("customer_active") and status not in (None, "active"):
        return "customer_active"
    known = standing or Standing()
    for name, value in (
        ("tiers", known.tier),
        ("stages", known.stage),
        ("churn_levels", known.churn_level),
    ):
        if name in wanted and value is not None and value not in wanted[name]:
            return name
    for name, last in (("no_contact_since", known.last_contact_at), ("no_order_since", known.last_order_at)):
        if wanted.get(name) and last is not None and last > reminder["created_at"]:
            return name
    return None
