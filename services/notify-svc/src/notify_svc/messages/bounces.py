"""Delivery status notifications (RFC 3464): what a mail server says came of a message, read within bounds."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, NamedTuple
from uuid import UUID

from notify_svc.messages.addresses import bounced
from shared.sealing import Sealer

_MOST_PARTS = 50


class Bounce(NamedTuple):
    """Of which message, with which status (`5.1.1`), and whether the address does not exist."""

    message_id: UUID
    status: str
    hard: bool


def read(raw: bytes, sealer: Sealer) -> list[Bounce]:
    """Every failure of a message of ours; none for anything that is no such notification."""
    try:
        parsed: Any = message_from_bytes(raw, policy=policy.default)
        ours = _ours(parsed, sealer)
        statuses = list(_statuses(parsed)) if ours is not None else []
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return []
    return [Bounce(ours, status, status.startswith("5.")) for status in statuses] if ours else []


def _ours(parsed: EmailMessage, sealer: Sealer) -> UUID | None:
    for header in ("To", "Delivered-To", "X-Original-To"):
        for value in parsed.get_all(header, []):
            found = bounced(sealer, str(value))
            if found is not None:
                return found
    return None


def _statuses(parsed: EmailMessage) -> Iterator[str]:
    for count, part in enumerate(parsed.walk()):
        if count > _MOST_PARTS:
            return
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload():
            action = str(block.get("Action", "")).strip().lower()  # type: ignore[union-attr]
            status = str(block.get("Status", "")).strip()[:16]  # type: ignore[union-attr]
            if action == "failed" and status:
                yield status
