"""The connections to one database: asyncpg's pool, and a short way past it for those in constant use."""

import asyncio
import json
import time
from typing import Any

import asyncpg

from shared.db.failures import reaching
from shared.db.scope import Scope

_CONNECT_SECONDS = 5
_WAIT_SECONDS = 2
_CLOSE_SECONDS = 5
_AT_HAND_SECONDS = 10
_PLANS_SECONDS = 1.0
_SETTINGS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "client_connection_check_interval": "1s",
    "timezone": "UTC",
    "app.distributor": "",
    "app.holders": "",
    "jit": "off",
}


class Connection(asyncpg.Connection):
    """Remembers the scope its session speaks for, so that reading costs one round trip, not three."""

    __slots__ = ("_planned_at", "spoken_for")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spoken_for: Scope | None = None
        self._planned_at = time.monotonic()

    def discarding(self) -> str | None:
        """The command that has kept plans made anew, None within a second of the last.

        A plan made while a table was empty, and kept, reads all of it for each row when a million came in
        meanwhile. `plan_cache_mode` would have even the checks of foreign keys planned anew row by row.
        """
        now = time.monotonic()
        if now - self._planned_at < _PLANS_SECONDS:
            return None
        self._planned_at = now
        return "DISCARD PLANS"

    def get_reset_query(self) -> str:
        """Nothing to reset: settings are local to a transaction or tracked here."""
        return ""

    async def speak_for(self, scope: Scope) -> None:
        """Let row security see this scope until told otherwise."""
        if self.spoken_for is not scope and self.spoken_for != scope:
            self.spoken_for = None
            await self.execute("; ".join(f"SET {name} = '{value}'" for name, value in scope.settings.items()))
            self.spoken_for = scope


async def prepare_connection(connection: asyncpg.Connection) -> None:
    """JSON columns are Python values."""
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


class Connections:
    """Opened lazily: starts with the server down.

    The pool makes a task for each acquisition and release, which costs as much as a small query. So a sound
    connection that nobody waits for stays at hand for the next; the pool gets it back every ten seconds, and
    closes what is not used.
    """

    def __init__(self, url: str, *, max_size: int) -> None:
        self._url = url
        self._max_size = max_size
        self._pool: asyncpg.Pool | None = None
        self._at_hand: list[Connection] = []
        self._waiting = 0
        self.in_use = 0
        self._closing = False
        self._tidying: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Make the pool; connections are made when first needed."""
        self._closing = False
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._max_size,
            max_inactive_connection_lifetime=120,
            timeout=_CONNECT_SECONDS,
            command_timeout=60,
            connection_class=Connection,
            init=prepare_connection,
            server_settings=_SETTINGS,
        )

    async def close(self) -> None:
        """Close every connection, waiting a little for those in use."""
        pool = self._pool
        if pool is None or self._closing:
            return
        self._closing = True
        if self._tidying is not None:
            self._tidying.cancel()
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._give_back()
                await pool.close()
        except TimeoutError:
            pool.terminate()

    async def take(self) -> Connection:
        """A connection for one user; Unavailable when none can be had in time."""
        while self._at_hand:
            connection = self._at_hand.pop()
            if _lives(connection):
                self.in_use += 1
                return connection
            await self._release(connection)
        if self._pool is None or self._closing:
            raise RuntimeError("the database is not open")
        self._waiting += 1
        try:
            with reaching():
                async with asyncio.timeout(_WAIT_SECONDS):
                    connection = await self._pool.acquire()  # type: ignore[assignment]  # its proxy passes all on
        finally:
            self._waiting -= 1
        self.in_use += 1
        return connection

    async def put_back(self, connection: Connection, *, sound: bool) -> None:
        """Let go of it; `sound` says that the last use ended well."""
        self.in_use -= 1
        if not sound or self._waiting or self._closing:
            await self._release(connection)
            return
        self._at_hand.append(connection)
        if self._tidying is None or self._tidying.done():
            self._tidying = asyncio.create_task(self._tidy())

    async def _tidy(self) -> None:
        await asyncio.sleep(_AT_HAND_SECONDS)
        await self._give_back()

    async def _give_back(self) -> None:
        at_hand, self._at_hand = self._at_hand, []
        for connection in at_hand:
            await self._release(connection)

    async def _release(self, connection: Connection) -> None:
        if self._pool is not None:
            await self._pool.release(connection)  # type: ignore[arg-type]  # it is the proxy


def _lives(connection: Connection) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # it broke, and the pool took it back by itself
        return False
