"""Reading and writing: `Reader` runs single statements, `Tx` is the unit of work around several."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from asyncpg import Record
from sqlalchemy.sql.elements import CompilerElement

from shared.db.connections import Connection
from shared.db.scope import Scope
from shared.db.statements import Prepared, compile_now, together

if TYPE_CHECKING:
    from shared.db.database import Database

Statement = Prepared | CompilerElement
Write = tuple[Prepared, dict[str, Any]]

__all__ = ["Reader", "Record", "Statement", "Tx", "Write"]


def _bound(statement: Statement, given: dict[str, Any]) -> tuple[str, list[Any]]:
    if isinstance(statement, Prepared):
        return statement.sql, statement.arguments(given)
    return compile_now(statement)


def local(scope: Scope) -> str:
    """The SQL that lets row security see this scope until the transaction ends."""
    return "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in scope.settings.items())


class Reader:
    """Statements on one connection, seen through one scope; each reads the latest committed state."""

    def __init__(self, connection: Connection, scope: Scope) -> None:
        self.connection = connection
        self.scope = scope

    async def rows(self, statement: Statement, **given: Any) -> list[Record]:
        """All rows of the statement."""
        sql, arguments = _bound(statement, given)
        return await self.connection.fetch(sql, *arguments)

    async def row(self, statement: Statement, **given: Any) -> Record | None:
        """The first row, or None."""
        sql, arguments = _bound(statement, given)
        return await self.connection.fetchrow(sql, *arguments)

    async def value(self, statement: Statement, **given: Any) -> Any:
        """The first column of the first row, or None."""
        sql, arguments = _bound(statement, given)
        return await self.connection.fetchval(sql, *arguments)


class Tx(Reader):
    """One transaction. Whoever opened it closes it: commands never commit.

    `now` is one moment for the whole transaction and `new_id` the source of its ids.
    """

    def __init__(
        self,
        connection: Connection,
        scope: Scope,
        *,
        database: "Database",
        now: datetime,
        new_id: Callable[[], UUID],
    ) -> None:
        super().__init__(connection, scope)
        self.database = database
        self.now = now
        self.new_id = new_id
        self.notes: dict[str, Any] = {}
        self._parts = 0
        self._before_commit: list[Callable[[Tx], Write]] = []
        self._after_commit: list[Callable[[], None]] = []

    async def run(self, statement: Statement, **given: Any) -> int:
        """Run a change; how many rows it touched."""
        sql, arguments = _bound(statement, given)
        status: str = await self.connection.execute(sql, *arguments)
        return int(status.rpartition(" ")[2]) if status[-1].isdigit() else 0

    async def run_together(self, *writes: Write) -> int:
        """Run changes in one round trip (see `together` for which); how many rows the last one touched."""
        sql, arguments = together(writes)
        status: str = await self.connection.execute(sql, *arguments)
        return int(status.rpartition(" ")[2])

    def run_last(self, statement: Prepared, **given: Any) -> None:
        """Have a change made just before the commit, in one round trip with all others that can wait."""
        self.before_commit(lambda _: (statement, given))

    async def plan_anew(self) -> None:
        """Go on as `bulk` work (see `Database.begin`)."""
        if (discarding := self.connection.discarding()) is not None:
            await self.connection.execute(discarding)

    async def run_many(self, statement: Prepared, items: Iterable[dict[str, Any]]) -> None:
        """Run one change for each item, in one pipelined round trip."""
        await self.connection.executemany(statement.sql, [statement.arguments(item) for item in items])

    async def copy(self, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]) -> None:
        """Stream many rows by COPY, which PostgreSQL allows only into a table without row security."""
        await self.connection.copy_records_to_table(table, columns=list(columns), records=records)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that can fail alone: an exception inside undoes that part and is passed on."""
        self._parts += 1
        part = f"part_{self._parts}"
        await self.connection.execute(f"SAVEPOINT {part}")
        try:
            yield
        except Exception:
            await self.connection.execute(f"ROLLBACK TO SAVEPOINT {part}")
            raise
        await self.connection.execute(f"RELEASE SAVEPOINT {part}")

    @asynccontextmanager
    async def handing_over(self) -> AsyncIterator[None]:
        """A part in which rows may leave the holders in sight, as when staff give a customer to others.

        What is changed inside must have been found in sight before; distributors stay a limit.
        """
        if self.scope.holders is None:
            yield
            return
        await self.connection.execute(local(Scope(self.scope.distributors)))
        try:
            yield
        finally:
            if self.connection.is_in_transaction():
                await self.connection.execute(local(self.scope))

    def before_commit(self, write: Callable[["Tx"], Write]) -> None:
        """Have rows written last (outbox rows, an idempotency record); see `together` for what may be."""
        self._before_commit.append(write)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have something called once the change is durable; it must not fail or wait."""
        self._after_commit.append(call)

    async def commit(self) -> None:
        """Make the change durable. Only the door that opened the transaction calls this."""
        await self.database.finish(self)
        if self._before_commit:
            sql, arguments = together([write(self) for write in self._before_commit])
            await self.connection.execute(sql, *arguments)
        await self.connection.execute("COMMIT")
        for call in self._after_commit:
            call()
