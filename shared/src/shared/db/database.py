"""A service's own database: the pool, and the two ways in, `read` and `begin`."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from shared.clock import new_id, utc_now
from shared.db.connections import Connection, Connections
from shared.db.failures import translated
from shared.db.scope import EVERYTHING, Scope
from shared.db.tx import Reader, Tx, local
from shared.sealing import Sealer


class Database:
    """A pool of connections to one database, opened lazily: it starts with the server down."""

    def __init__(
        self,
        url: str,
        *,
        max_size: int = 16,
        clock: Callable[[], datetime] = utc_now,
        ids: Callable[[], UUID] = new_id,
        sealer: Sealer | None = None,
        finish: Callable[[Tx], Awaitable[None]] | None = None,
    ) -> None:
        """`sealer` is for what is stored only as a keyed hash.

        `finish` is what a service does in each transaction before it commits, whichever door opened it.
        """
        self._connections = Connections(url, max_size=max_size)
        self._clock = clock
        self._ids = ids
        self._sealer = sealer
        self._finish = finish
        self._signals: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def open(self) -> None:
        """Make the pool; connections are made when first needed."""
        await self._connections.open()

    async def close(self) -> None:
        """Close every connection, waiting a little for those in use."""
        await self._connections.close()

    def now(self) -> datetime:
        """The present moment by the clock that this database's transactions use."""
        return self._clock()

    @property
    def sealer(self) -> Sealer:
        """For what is stored only as a keyed hash; ValueError if the service keeps nothing of the kind."""
        if self._sealer is None:
            raise ValueError("this database was made without a sealer")
        return self._sealer

    @property
    def finishes(self) -> bool:
        """Whether there is something that the service does last in each transaction."""
        return self._finish is not None

    async def finish(self, tx: Tx) -> None:
        """Do what the service does last in a transaction."""
        if self._finish is not None:
            await self._finish(tx)

    @property
    def connections_in_use(self) -> int:
        """How many connections somebody holds now."""
        return self._connections.in_use

    def signal(self, name: str) -> asyncio.Event:
        """A bell inside this process (`outbox`, `jobs`): rung after a commit, heard by a loop."""
        return self._signals[name]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        with translated():
            connection, sound = await self._connections.take(), False
            try:
                yield connection
                sound = True
            except asyncio.CancelledError:
                connection.terminate()  # its statement may hang: nobody may wait for it to end in good order
                raise
            finally:
                await self._connections.put_back(connection, sound=sound)

    @asynccontextmanager
    async def read(self, scope: Scope = EVERYTHING) -> AsyncIterator[Reader]:
        """Single statements outside a transaction."""
        async with self._connection() as connection:
            await connection.speak_for(scope)
            yield Reader(connection, scope)

    @asynccontextmanager
    async def begin(
        self, scope: Scope = EVERYTHING, *, timeout: float | None = None, bulk: bool = False
    ) -> AsyncIterator[Tx]:
        """A transaction: commits when the block ends, rolls back when it raises.

        `timeout` replaces the five seconds that a statement may take, for heavy background work; that of
        `bulk` work goes by plans which are a second old at most.
        """
        async with self._connection() as connection:
            opening = _opening(scope, timeout)
            if bulk and (discarding := connection.discarding()) is not None:
                opening += f"; {discarding}"
            tx = await self._open(connection, opening, scope)
            try:
                yield tx
                await tx.commit()
            except Exception:
                if connection.is_in_transaction() and not connection.is_closed():
                    await connection.execute("ROLLBACK")
                raise

    async def _open(self, connection: Connection, opening: str, scope: Scope) -> Tx:
        await connection.execute(opening)
        return Tx(connection, scope, database=self, now=self._clock(), new_id=self._ids)


def _opening(scope: Scope, timeout: float | None) -> str:
    opening = f"BEGIN; {local(scope)}"
    if timeout is not None:
        opening += f"; SET LOCAL statement_timeout = {int(timeout * 1000)}"
        opening += "; SET LOCAL idle_in_transaction_session_timeout = 0"
    return opening
