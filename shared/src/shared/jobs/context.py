"""What a service declares about its work, and what a handler is given to do it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from shared.db import EVERYTHING, Database, Reader, Scope, Tx
from shared.jobs import leases
from shared.jobs.leases import Claimed


class Follower(Protocol):
    """What shows the course of a job to those who wait for it; its writes join the job's transactions."""

    async def started(self, tx: Tx, operation_id: UUID) -> bool:
        """The work is about to begin, perhaps not for the first time; False if it is not wanted any more."""
        ...

    async def cancelled(self, reader: Reader, operation_id: UUID) -> bool:
        """Whether somebody asked for an end."""
        ...

    async def succeeded(self, tx: Tx, operation_id: UUID) -> None:
        """The work is done."""
        ...

    async def stopped(self, tx: Tx, operation_id: UUID) -> None:
        """The work ended because somebody asked for it."""
        ...

    async def failed(self, tx: Tx, operation_id: UUID, error: BaseException) -> None:
        """The work will not be tried again."""
        ...


class JobContext:
    """One run of one job, as its handler sees it."""

    def __init__(self, database: Database, job: Claimed, *, lease: timedelta, follower: Follower) -> None:
        self.db = database
        self.claimed = job
        self.told_to_stop = False
        self._lease = lease
        self._follower = follower

    @property
    def id(self) -> UUID:
        return self.claimed.id

    @property
    def args(self) -> dict[str, Any]:
        return self.claimed.args

    @property
    def fence(self) -> int:
        return self.claimed.fence

    @property
    def operation_id(self) -> UUID | None:
        return self.claimed.operation_id

    @asynccontextmanager
    async def begin(self, *, timeout: float | None = 60, scope: Scope = EVERYTHING) -> AsyncIterator[Tx]:
        """A transaction that only the lease's holder gets: LeaseLost if another worker took the job over."""
        async with self.db.begin(scope, timeout=timeout, bulk=True) as tx:
            await leases.hold(tx, self.claimed)
            yield tx

    async def heartbeat(self) -> None:
        """Keep the lease for another while; LeaseLost if it is another worker's now.

        The worker does this by itself; a handler needs it only to learn early that it lost its lease.
        """
        async with self.db.begin() as tx:
            await leases.extend(tx, self.claimed, self._lease)

    async def cancelled(self) -> bool:
        """Whether to stop: tidy up and return, and the operation ends as cancelled."""
        if self.operation_id is None:
            return False
        async with self.db.read() as reader:
            self.told_to_stop = await self._follower.cancelled(reader, self.operation_id)
        return self.told_to_stop


JobHandler = Callable[[JobContext, dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Every:
    """Work that comes back: `kind` every so many seconds, in one worker at a time.

    It runs `first_after` seconds after it is first declared, then keeps its rhythm; runs that an outage
    swallowed are made up for by one. `name` tells two plans of one kind apart.
    """

    kind: str
    seconds: int
    args: Mapping[str, Any] = field(default_factory=dict)
    first_after: int = 0
    name: str | None = None

    @property
    def dedup_key(self) -> str:
        """The key of its one row."""
        return f"every:{self.name or self.kind}"


@dataclass(frozen=True, slots=True)
class Jobs:
    """Everything that a service does outside requests: its handlers by kind, and its periodic work."""

    handlers: Mapping[str, JobHandler]
    periodic: Sequence[Every] = ()
