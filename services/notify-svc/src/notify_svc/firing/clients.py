"""Doors out of firing: how customers stand, and what sends messages; both are handed in by `app.py`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from notify_svc.firing.domain import Sending, Standing
from shared.db import Reader, Tx

Standings = Callable[[Reader, Sequence[UUID]], Awaitable[Mapping[UUID, Standing]]]
Send = Callable[[Tx, Sequence[Sending]], Awaitable[object]]


async def nothing_known(_reader: Reader, _customers: Sequence[UUID]) -> Mapping[UUID, Standing]:
    """How customers stand where nobody can tell: no condition on it holds anything back."""
    return {}


async def send_nothing(_tx: Tx, _wanted: Sequence[Sending]) -> None:
    """Where no messages are sent, the inbox is the only way."""


@dataclass(frozen=True, slots=True)
class Around:
    """What firing asks and tells around it; `send` is called in the transaction that fires."""

    standings: Standings = nothing_known
    send: Send = send_nothing


ALONE = Around()
