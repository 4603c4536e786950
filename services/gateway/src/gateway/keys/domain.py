"""When a signing key is due to be followed by a new one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Purpose = Literal["access", "internal"]
PURPOSES: tuple[Purpose, ...] = ("access", "internal")
LIFE = timedelta(days=90)
OVERLAP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KeyAge:
    """What the decision needs to know of a stored key."""

    purpose: str
    created_at: datetime


def due(keys: Iterable[KeyAge], now: datetime) -> Sequence[Purpose]:
    """The purposes that need a new key: they have none, or the newest has lived its life."""
    newest: dict[str, datetime] = {}
    for key in keys:
        newest[key.purpose] = max(key.created_at, newest.get(key.purpose, key.created_at))
    return [purpose for purpose in PURPOSES if purpose not in newest or newest[purpose] + LIFE <= now]
