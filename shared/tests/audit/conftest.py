"""A service's audit on a real database, empty before each test, and the owner who can break it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.audit import Entry, Journal
from shared.audit.chain import Keys
from shared.audit.entries import entry_id
from shared.audit.verify import Verdict, verify
from shared.db import Database, Tx
from shared.jobs import JobHandler, Worker
from shared.migrations.audit_v1 import TABLES
from shared.operations import OperationFollower
from shared.testing import carried
from tonglu_local.postgres import ServiceUrls

THING = "CREATE TABLE IF NOT EXISTS thing (id uuid PRIMARY KEY)"
_EMPTY = "DELETE FROM thing; DELETE FROM outbox; DELETE FROM job; DELETE FROM operation; " + "; ".join(
    f"ALTER TABLE {table} DISABLE TRIGGER USER; DELETE FROM {table}; ALTER TABLE {table} ENABLE TRIGGER USER"
    for table in TABLES
)


def entry(tx: Tx, **told: Any) -> Entry:
    """Somebody changed something."""
    given: dict[str, Any] = {"kind": "change", "action": "changeThing", "resource": "things"}
    known = {"id": entry_id(tx.now), "at": tx.now, "actor_kind": "staff", "actor_id": uuid4()}
    return Entry(**{**given, **known, **told})


@dataclass
class Audited:
    """A database with an audit, the journal of one process, and the owner's connection."""

    database: Database
    journal: Journal
    owner: asyncpg.Connection

    @property
    def keys(self) -> Keys:
        return self.journal.keys

    def another(self) -> Journal:
        """The journal of another process of the same service."""
        made: Journal = carried("audited", self.database)["journal"]
        return made

    async def change(self, journal: Journal | None = None) -> UUID:
        """One change, committed with its entry; the entry's id."""
        async with self.database.begin() as tx:
            told = entry(tx)
            await tx.connection.execute("INSERT INTO thing VALUES ($1)", told.id)
            (journal or self.journal).change(tx, told)
        return told.id

    async def changes(self, count: int) -> list[UUID]:
        """So many changes, sealed, three to a block."""
        made = []
        for number in range(count):
            made.append(await self.change())
            if number % 3 == 2:
                await self.journal.flush()
        await self.journal.flush()
        return made

    async def tamper(self, statement: str, *given: Any) -> None:
        """What an administrator of the database can do."""
        tables = ("audit_entry", "audit_block")
        off = "; ".join(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables)
        on = "; ".join(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables)
        await self.owner.execute(off)
        await self.owner.execute(statement, *given)
        await self.owner.execute(on)

    async def forget_anchors(self) -> None:
        await self.owner.execute("SET tonglu.audit_retires = 'on'; DELETE FROM audit_anchor")

    async def perform(self, handlers: Mapping[str, JobHandler]) -> None:
        """Do the work that waits."""
        follower = OperationFollower()
        worker = Worker(self.database, handlers, follower=follower, exclusive=True, poll_seconds=0.02)
        task = asyncio.create_task(worker.run())
        try:
            async with asyncio.timeout(30):
                while await self._waiting():  # noqa: ASYNC110 - only asking can tell
                    await asyncio.sleep(0.02)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _waiting(self) -> int:
        async with self.database.read() as db:
            return int(await db.connection.fetchval("SELECT count(*) FROM job WHERE finished_at IS NULL"))

    async def verdict(self, *anchors: Any) -> Verdict:
        return await verify(self.database, self.keys, anchors)


Tabled = Callable[..., Awaitable[ServiceUrls]]


@pytest.fixture(scope="session")
async def audited_urls(tabled: Tabled) -> ServiceUrls:
    return await tabled("audited", "audit_v1", "jobs_v1", "http_v1", "messaging_v1")


@pytest.fixture
async def audited(audited_urls: ServiceUrls) -> AsyncIterator[Audited]:
    owner = await asyncpg.connect(audited_urls.owner_url)
    await owner.execute(f"{THING}; {_EMPTY}")
    database = Database(audited_urls.app_url)
    await database.open()
    yield Audited(database, carried("audited", database)["journal"], owner)
    await database.close()
    await owner.close()
