"""A small HTTP server that takes whatever is posted to it, and answers as a test says."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_HEADERS_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Posted:
    """One request as it came; names of headers are small."""

    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int


Reply = Callable[[Posted, asyncio.StreamWriter], Awaitable[None]]


def answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of one answer; underscores in names of headers are dashes."""
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines)).encode() + _HEADERS_END + body


@dataclass
class Sink:
    """Keeps every request in `seen`; `reply` writes the answer, a plain 200 unless it is set."""

    reply: Reply | None = None
    seen: list[Posted] = field(default_factory=list)
    port: int = 0
    connections: int = 0
    open: int = 0
    most_open: int = 0
    inside: int = 0
    most_inside: int = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def place(self) -> str:
        """The same as `host:port`."""
        return f"127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until the other side ends it."""
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        mine = self.connections
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
                while True:
                    await self._one(reader, writer, mine)
        finally:
            self.open -= 1
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        head = (await reader.readuntil(_HEADERS_END)).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        posted = Posted(head[0].split(" ")[1], headers, body, connection)
        self.seen.append(posted)
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            if self.reply is None:
                writer.write(answer())
            else:
                await self.reply(posted, writer)
            await writer.drain()
        finally:
            self.inside -= 1


@contextlib.asynccontextmanager
async def sink(
    reply: Reply | None = None, *, tls: ssl.SSLContext | None = None, port: int = 0
) -> AsyncIterator[Sink]:
    """A sink that listens on the loopback until the block ends."""
    made = Sink(reply)
    tasks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        with contextlib.suppress(asyncio.CancelledError):
            await made.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in [*tasks]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
