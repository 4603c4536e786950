"""Rules of sales history: what may be recorded, and when two reports are the same order."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

Kind = Literal["sale", "return"]
KINDS: tuple[str, ...] = get_args(Kind)
AHEAD = timedelta(hours=24)


def too_far_ahead(ordered_at: datetime, now: datetime) -> bool:
    """Whether the time lies further in the future than clocks and time zones explain."""
    return ordered_at > now + AHEAD


def fingerprint(head: Sequence[Any], lines: Sequence[Sequence[Any]]) -> bytes:
    """What the sender said of an order, in 32 bytes; customer and distributor are compared by themselves."""
    said = json.dumps([head, lines], default=str, separators=(",", ":"))
    return hashlib.sha256(said.encode()).digest()
