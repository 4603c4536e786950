"""Addresses told apart without keeping them, and message ids inside bounce addresses."""

import re
from uuid import UUID

from shared.sealing import Sealer

_BOUNCE = re.compile(r"^b\+([0-9a-f]{32})([0-9a-f]{20})@", re.IGNORECASE)
_MAC = 10


def hash_of(sealer: Sealer, channel: str, address: str) -> bytes:
    """A keyed hash of an address; the same for the same mailbox or number."""
    return sealer.digest("message address", f"{channel}|{address.strip().casefold()}".encode())


def bounce_address(sealer: Sealer, message_id: UUID, domain: str) -> str:
    """Where a bounce of this message comes back to (a variable envelope return path)."""
    return f"b+{message_id.hex}{_mac(sealer, message_id)}@{domain}"


def bounced(sealer: Sealer, address: str) -> UUID | None:
    """The message that a bounce address names; None for one that is not ours."""
    found = _BOUNCE.match(address.strip().strip("<>"))
    if found is None:
        return None
    message_id = UUID(found[1])
    return message_id if _mac(sealer, message_id) == found[2].lower() else None


def _mac(sealer: Sealer, message_id: UUID) -> str:
    return sealer.digest("bounce address", message_id.bytes)[:_MAC].hex()
