"""Boxes, positions in a stream, and what is brought before whom."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.auth import Principal
from shared.problems import FieldError, Malformed

UNASSIGNED = UUID(int=0)
Kind = Literal[
    "reminder.due",
    "reminder.missed",
    "reminder.delegated",
    "reminder.escalated",
    "reminder.digest",
    "webhook.disabled",
    "care.missed",
]
Deed = Literal["read", "unread", "done"]

_POSITION = re.compile(r"^(\d{1,18})-(\d{1,18})$")


@dataclass(frozen=True, slots=True)
class Notice:
    """What shall be brought before a recipient; the subject is typed text or a code with parameters."""

    recipient_id: UUID
    kind: Kind
    subject: str | None
    subject_code: str | None
    subject_parameters: Mapping[str, Any]
    about_id: UUID
    customer_id: UUID | None
    distributor_id: UUID | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream was read: the last number of one's own box, and of the unassigned queue."""

    own: int
    queue: int

    def __str__(self) -> str:
        return f"{self.own}-{self.queue}"

    def after(self, recipient_id: UUID, number: int) -> "Position":
        """The position once this item was read."""
        if recipient_id == UNASSIGNED:
            return Position(self.own, max(self.queue, number))
        return Position(max(self.own, number), self.queue)

    @staticmethod
    def parsed(text: str) -> "Position":
        """The position in a `Last-Event-ID`; raises Malformed for anything that was not sent from here."""
        match = _POSITION.fullmatch(text)
        if match is None:
            field = FieldError(
                "header:Last-Event-ID", "wrong_form", "must be an id that was sent", "必须是已发送过的 id"
            )
            raise Malformed(
                "event_id_invalid",
                en="Last-Event-ID is not an id of this stream.",
                zh="Last-Event-ID 不是本事件流的 id。",
                errors=(field,),
            )
        return Position(int(match[1]), int(match[2]))


def boxes_of(caller: Principal) -> tuple[UUID, ...]:
    """The boxes that a person reads: their own, and the unassigned queue for those who see all reminders."""
    return (caller.id, UNASSIGNED) if caller.may("reminders:all") else (caller.id,)


def per_box(notices: Iterable[Notice]) -> list[tuple[UUID, int]]:
    """How many items each box gets, in the one order in which boxes are ever locked."""
    return sorted(Counter(notice.recipient_id for notice in notices).items())
