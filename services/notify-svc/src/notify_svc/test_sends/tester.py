"""Sending a test at once, by the sender's lane like the workers do, so that its rate holds."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from notify_svc.messages import lanes, queries
from notify_svc.messages.addresses import hash_of
from notify_svc.messages.desk import Desk
from notify_svc.messages.lanes import Lane
from notify_svc.messages.planning import Ready
from notify_svc.messages.sending import Attempted, Sending
from notify_svc.senders.domain import Accepted, Refused
from notify_svc.senders.queries import Sender
from notify_svc.test_sends import commands, domain
from notify_svc.test_sends.domain import Draft
from shared.db import Database, Tx

_MINUTE = 60.0
_LOOK_SECONDS = 0.02
Look = Callable[[Tx], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Tested:
    """A test and what came of it, to be written down by `settle`; without a lane it was blocked."""

    message_id: UUID
    sender: Sender
    lane: Lane | None
    attempt: Attempted


class Tester:
    """Sends tests; holds no transaction meanwhile."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self.desk = desk
        self._database = database
        self._send = Sending(desk, seconds=domain.SECONDS)

    async def test(self, draft: Draft, sender: Sender, key: bytes | None, look: Look) -> Tested:
        """Note it, send it, and tell; `look` is asked, in the transaction that notes it, whether it was made.

        Raises Conflict while the sender or the key is at work, TooMany when the sender's minute is used up.
        """
        until = time.monotonic() + domain.WAIT_SECONDS
        noted = None
        while noted is None:
            async with self._database.begin() as tx:
                noted = await self._noted(tx, draft, sender, key)
                if noted is not None:
                    await look(tx)
            if noted is None:
                if time.monotonic() > until:
                    raise domain.busy()
                await asyncio.sleep(_LOOK_SECONDS)
        if noted.lane is None:
            return noted
        out = replace(draft.out, message_id=f"msg-{noted.message_id}")
        ready = Ready({"id": noted.message_id}, out, draft.template_version or 0, None)
        return replace(noted, attempt=await self._send(sender, ready))

    async def _noted(self, tx: Tx, draft: Draft, sender: Sender, key: bytes | None) -> Tested | None:
        """None while the sender is in other hands."""
        hashed = None
        if draft.out.to is not None:
            hashed = hash_of(self.desk.sealer, sender["channel"], draft.out.to)
        gone = "bounced" if hashed and await queries.suppressed(tx, [hashed]) else None
        lane = None if gone else await lanes.take_one(tx, sender, domain.LEASE)
        if lane is not None:
            recent = await queries.recent(tx, sender["id"])
            if recent.used >= sender["per_minute"]:
                raise domain.used_up(_MINUTE - (tx.now - recent.oldest).total_seconds())
        elif not gone:
            return None
        message_id = await commands.note(tx, draft, sender, key, address_hash=hashed, blocked=gone)
        return Tested(message_id, sender, lane, Attempted(Refused(gone or domain.UNKNOWN), 0))


async def settle(tx: Tx, tested: Tested) -> dict[str, Any]:
    """Write down what came of it, give the sender back, and say it; one that works again rests no more."""
    result, lane, sender = tested.attempt.result, tested.lane, tested.sender
    accepted = result if isinstance(result, Accepted) else None
    if lane is not None:
        await commands.settle(tx, tested.message_id, result, tested.attempt.duration_ms)
        await (lanes.leave(tx, lane, failures=0, rest=0.0) if accepted else lanes.let_go(tx, lane))
    return {
        "message_id": tested.message_id,
        "sender_id": sender["id"],
        "channel": sender["channel"],
        "outcome": "blocked" if lane is None else commands.outcome_of(result),
        "reason": None if isinstance(result, Accepted) else result.reason,
        "duration_ms": tested.attempt.duration_ms,
        "provider_id": accepted and accepted.provider_id,
    }
