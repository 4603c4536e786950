"""The second chances: events whose attempt is due are tried again, one by one."""

from datetime import timedelta

from shared.db import EVERYTHING
from shared.loops import Loops, Rarely
from shared.messaging import inbox_rows
from shared.messaging.dead_letters import RETRY_BELL
from shared.messaging.inbox import Inbox

SWEEP_SECONDS = 1.0
KEPT = timedelta(days=30)

_CLEARED_AT_ONCE = 1000


class Retries:
    """Tries again what waits in an inbox, and forgets what was handled long ago; several may run at once."""

    def __init__(self, inbox: Inbox, *, sweep: float = SWEEP_SECONDS, kept: timedelta = KEPT) -> None:
        self._inbox = inbox
        self._sweep = sweep
        self._kept = kept
        self._clearing = Rarely(seconds=300)

    def run_in(self, loops: Loops) -> None:
        """Look at every sweep (seconds), and at once when something is replayed."""
        bell = self._inbox.database.signal(RETRY_BELL)
        loops.repeat("retries", self._round, every=self._sweep, bell=bell)

    async def _round(self) -> None:
        await self.try_due()
        if self._clearing.due():
            await self.clear()

    async def try_due(self) -> int:
        """Try everything that is due; how many attempts that were."""
        tried = 0
        while await self._try_one():
            tried += 1
        return tried

    async def clear(self) -> int:
        """Forget handled events after the time within which they may come again; how many."""
        forgotten = 0
        while True:
            async with self._inbox.database.begin(EVERYTHING) as tx:
                count = await inbox_rows.clear(
                    tx, self._inbox.consumer, older_than=self._kept, most=_CLEARED_AT_ONCE
                )
            forgotten += count
            if count < _CLEARED_AT_ONCE:
                return forgotten

    async def _try_one(self) -> bool:
        """The attempt is counted and committed before it begins: a process that dies of it has counted it."""
        async with self._inbox.database.begin(EVERYTHING) as tx:
            due = await inbox_rows.take_due(tx, self._inbox.consumer, lease=self._inbox.lease)
        if due is None:
            return False
        await self._inbox.attempt(due.delivery, due.attempts)
        return True
