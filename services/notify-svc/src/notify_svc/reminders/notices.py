"""How a reminder is brought before somebody: the item for a box."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from notify_svc.inbox.domain import UNASSIGNED, Kind, Notice
from shared.db import Record


def notice_of(row: Record | Mapping[str, Any], kind: Kind, *, to_id: UUID | None) -> Notice:
    """The item that brings a reminder before this person; None stands for the unassigned queue."""
    return Notice(
        recipient_id=to_id or UNASSIGNED,
        kind=kind,
        subject=row["subject"],
        subject_code=row["subject_code"],
        subject_parameters=row["subject_parameters"],
        about_id=row["id"],
        customer_id=row["customer_id"],
        distributor_id=row["distributor_id"],
        due_at=row["due_at"],
    )
