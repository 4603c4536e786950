"""A service's own database: the pool, and the two ways in, `read` and `begin`."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from shared.clock import new_id, utc_now
from shared.db.failures import reaching, translated
from shared.db.scope import EVERYTHING, Scope
from shared.db.tx import Reader, Tx

_CONNECT_SECONDS = 5
_WAIT_SECONDS = 2
_SETTINGS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "client_connection_check_interval": "1s",
    "timezone": "UTC",
    "app.distributor": "",
    "jit": "off",
}


class _Connection(asyncpg.Connection):
    """Remembers the scope its session speaks for, so that reading costs one round trip, not three."""

    __slots__ = ("scope_setting",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope_setting = ""

    def get_reset_query(self) -> str:
        """Nothing to reset: settings are local to a transaction or tracked here."""
        return ""

    async def speak_for(self, scope: Scope) -> None:
        """Let row security see this scope until told otherwise."""
        if self.scope_setting != scope.setting:
            self.scope_setting = "?"
            await self.execute(f"SET app.distributor = '{scope.setting}'")
            self.scope_setting = scope.setting


async def _prepare_connection(connection: asyncpg.Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


class Database:
    """A pool of connections to one database, opened lazily: it starts with the server down."""

    def __init__(
        self,
        url: str,
        *,
        max_size: int = 16,
        clock: Callable[[], datetime] = utc_now,
        ids: Callable[[], UUID] = new_id,
    ) -> None:
        self._url = url
        self._max_size = max_size
        self._clock = clock
        self._ids = ids
        self._pool: asyncpg.Pool | None = None
        self._signals: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def open(self) -> None:
        """Make the pool; connections are made when first needed."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._max_size,
            max_inactive_connection_lifetime=120,
            timeout=_CONNECT_SECONDS,
            command_timeout=60,
            connection_class=_Connection,
            init=_prepare_connection,
            server_settings=_SETTINGS,
        )

    async def close(self) -> None:
        """Close every connection, waiting a little for those in use."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            await asyncio.wait_for(pool.close(), timeout=5)
        except TimeoutError:
            pool.terminate()

    def now(self) -> datetime:
        """The present moment by the clock that this database's transactions use."""
        return self._clock()

    def signal(self, name: str) -> asyncio.Event:
        """A bell inside this process (`outbox`, `jobs`): rung after a commit, heard by a loop."""
        return self._signals[name]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        if self._pool is None:
            raise RuntimeError("the database is not open")
        pool = self._pool
        with translated():
            with reaching():
                connection = await pool.acquire(timeout=_WAIT_SECONDS)
            try:
                yield connection  # type: ignore[misc]  # the pool's proxy passes everything on
            finally:
                await pool.release(connection)

    @asynccontextmanager
    async def read(self, scope: Scope = EVERYTHING) -> AsyncIterator[Reader]:
        """Single statements outside a transaction."""
        async with self._connection() as connection:
            await connection.speak_for(scope)
            yield Reader(connection, scope)

    @asynccontextmanager
    async def begin(self, scope: Scope = EVERYTHING, *, timeout: float | None = None) -> AsyncIterator[Tx]:
        """A transaction: commits when the block ends, rolls back when it raises.

        `timeout` replaces the five seconds that a statement may take, for heavy background work.
        """
        async with self._connection() as connection:
            tx = await self._open(connection, scope, timeout)
            try:
                yield tx
                await tx.commit()
            finally:
                if connection.is_in_transaction() and not connection.is_closed():
                    await connection.execute("ROLLBACK")

    async def _open(self, connection: _Connection, scope: Scope, timeout: float | None) -> Tx:
        opening = f"BEGIN; SET LOCAL app.distributor = '{scope.setting}'"
        if timeout is not None:
            opening += f"; SET LOCAL statement_timeout = {int(timeout * 1000)}"
            opening += "; SET LOCAL idle_in_transaction_session_timeout = 0"
        await connection.execute(opening)
        return Tx(connection, scope, database=self, now=self._clock(), new_id=self._ids)
