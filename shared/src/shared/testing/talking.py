"""For tests of messaging: two small services, one that tells and one that listens, and a line to cut."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

from shared.db import Database, Tx
from shared.events import Event
from shared.messaging import Consumers, Inbox, Relay, outbox
from shared.messaging.bus import EventBus

QUICK = tuple(timedelta(milliseconds=milliseconds) for milliseconds in (5, 5, 5, 5))


class ThingMoved(Event):
    """The event of these tests."""

    type: ClassVar[str] = "thing.moved.v1"
    publisher: ClassVar[str] = "teller"

    weight: int = 0


class ThingIgnored(Event):
    """An event that nobody handles."""

    type: ClassVar[str] = "thing.ignored.v1"
    publisher: ClassVar[str] = "teller"


async def write_down(tx: Tx, event: ThingMoved) -> None:
    """An effect: one row for each time it happens."""
    await tx.connection.execute(
        "INSERT INTO ledger (subject, version) VALUES ($1, $2)", event.subject, event.version
    )


@dataclass
class Listener:
    """A service that writes down what it hears."""

    database: Database
    handle: Callable[[Tx, Any], Awaitable[None]] = write_down
    backoff: tuple[timedelta, ...] = QUICK
    inbox: Inbox = field(init=False)

    def __post_init__(self) -> None:
        self.inbox = Inbox(
            "listener", self.database, Consumers({ThingMoved: self._handle}), backoff=self.backoff, deadline=5
        )

    async def _handle(self, tx: Tx, event: ThingMoved) -> None:
        await self.handle(tx, event)

    async def ledger(self) -> list[tuple[UUID, int]]:
        """What happened, in the order in which it did."""
        rows = await self.fetch("SELECT subject, version FROM ledger ORDER BY id")
        return [(row["subject"], row["version"]) for row in rows]

    async def fetch(self, sql: str) -> list[Any]:
        """Rows of any statement."""
        async with self.database.read() as db:
            return await db.connection.fetch(sql)


@dataclass
class Teller:
    """A service that tells of things."""

    database: Database

    async def tell(self, *events: Event) -> None:
        """Change something and say so."""
        async with self.database.begin() as tx:
            for event in events:
                outbox.record(tx, event)

    async def unpublished(self) -> int:
        """How many events are not safe yet."""
        async with self.database.read() as db:
            return (await outbox.backlog(db)).unpublished


@dataclass
class Talk:
    """Both services and the bus between them."""

    teller: Teller
    listener: Listener
    bus: EventBus
    relay: Relay


def moved(subject: UUID | None = None, version: int = 1, weight: int = 0) -> ThingMoved:
    """An event."""
    return ThingMoved(subject=subject or uuid4(), version=version, distributor_id=None, weight=weight)


async def eventually(happened: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Wait until something is so; fail if it never is."""
    async with asyncio.timeout(seconds):
        while not await happened():  # noqa: ASYNC110 - it happens in a database, which rings no bell
            await asyncio.sleep(0.01)


class Line:
    """A TCP line to a server that can be cut and mended, or left hanging with nothing coming through."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def mend(self) -> None:
        """Accept connections (again), on the same port each time."""
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break every connection and refuse new ones."""
        self._flowing.set()
        server, self._server = self._server, None
        if server is not None:
            await self._close(server)
        while self._writers or self._tasks:
            for writer in self._writers:
                writer.transport.abort()
            self._writers.clear()
            if self._tasks:
                await asyncio.wait(set(self._tasks))

    async def _close(self, server: asyncio.Server) -> None:
        """Close it when all that it accepted is ours: asyncio forgets to close what is still on its way."""
        for listening in server.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
        await asyncio.sleep(0.01)
        server.close()

    def hang(self) -> None:
        """Keep connections open and let nothing through."""
        self._flowing.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self._follow(asyncio.create_task(self._connect(reader, writer)))

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            their_reader, their_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers.add(their_writer)
        for source, sink in ((reader, their_writer), (their_reader, writer)):
            self._follow(asyncio.create_task(self._pump(source, sink)))

    def _follow(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                await self._flowing.wait()
                sink.write(data)
                await sink.drain()
        sink.transport.abort()
        self._writers.discard(sink)
