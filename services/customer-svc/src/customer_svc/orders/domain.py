"""Rules of sales history: what may be recorded, and when two reports are the same order."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

Kind = Literal["sale", "return"]
KINDS: tuple[str, ...] = get_args(Kind)
AHEAD = timedelta(hours=24)

_encode = json.JSONEncoder(separators=(",", ":")).encode


def too_far_ahead(ordered_at: datetime, now: datetime) -> bool:
    """Whether the time lies further in the future than clocks and time zones explain."""
    return ordered_at > now + AHEAD


def fingerprint(fixed: str, texts: Sequence[Any]) -> bytes:
    """What the sender said of an order, in 32 bytes; customer and distributor are compared by themselves.

    `fixed` are the parts whose form leaves no doubt where one ends, `texts` the free ones. The form must
    never change: stored orders are compared with it.
    """
    said = fixed + _encode(texts) if any(texts) else fixed
    return hashlib.sha256(said.encode()).digest()
