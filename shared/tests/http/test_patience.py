"""Slow and endless requests over a real connection: closed, and nobody else is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from shared.http.patience import MOST_HEAD_BYTES, Patient

LONG = 30
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\n"


class Hasty(Patient):
    """As patient as a test can be."""

    head_seconds = 0.3
    silent_seconds = 1.0


@dataclass
class Counting:
    """An application that says how much it was sent, and notes who left before the end."""

    left: asyncio.Event = field(default_factory=asyncio.Event)
    reading: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.reading.set()

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        length = 0
        message: Message = {"more_body": True}
        while message.get("more_body"):
            await self.reading.wait()
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            length += len(message["body"])
        body = str(length).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def server(app: Counting) -> AsyncIterator[int]:
    config = uvicorn.Config(app, port=0, http=Hasty, log_config=None, lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    server.config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


@dataclass
class Caller:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, text: bytes) -> None:
        self.writer.write(text)
        await self.writer.drain()

    async def answer(self) -> bytes:
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head.split()[1] + b" " + await self.reader.readexactly(length)

    async def is_left_alone(self) -> bool:
        """Wait until the server closes; it must not have said anything."""
        async with asyncio.timeout(LONG):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True


@pytest.fixture
def app() -> Counting:
    return Counting()


@pytest.fixture
async def caller(app: Counting) -> AsyncIterator[Caller]:
    async with server(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        yield Caller(reader, writer)
        writer.close()


async def test_who_says_nothing_is_closed(caller: Caller) -> None:
    assert await caller.is_left_alone()


async def test_a_head_that_comes_drop_by_drop_is_closed(caller: Caller) -> None:
    closed = asyncio.create_task(caller.is_left_alone())
    for letter in b"GET / HTTP/1.1\r\nx: " + b"a" * 1000:
        with contextlib.suppress(ConnectionError):
            await caller.say(bytes([letter]))
        if closed.done():
            break
        await asyncio.sleep(0.01)
    assert await closed


async def test_a_body_that_stops_coming_is_closed_and_the_application_hears_of_it(
    app: Counting, caller: Caller
) -> None:
    await caller.say(POST + b"1234")
    assert await caller.is_left_alone()
    async with asyncio.timeout(LONG):
        await app.left.wait()


async def test_a_slow_body_that_keeps_coming_is_read_to_its_end(caller: Caller) -> None:
    await caller.say(POST)
    for _ in range(8):
        await asyncio.sleep(0.2)
        await caller.say(b"x")
    assert await caller.answer() == b"200 8"


async def test_who_may_not_go_on_because_we_do_not_read_is_not_slow(app: Counting, caller: Caller) -> None:
    size = 4_000_000
    app.reading.clear()
    await caller.say(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % size)
    sending = asyncio.create_task(caller.say(b"x" * size))
    await asyncio.sleep(2.5 * Hasty.silent_seconds)
    app.reading.set()
    async with asyncio.timeout(LONG):
        assert await caller.answer() == b"200 %d" % size
        await sending


async def test_a_connection_serves_one_request_after_another(caller: Caller) -> None:
    for _ in range(3):
        await caller.say(GET)
        assert await caller.answer() == b"200 0"
        await caller.say(POST + b"12345678")
        assert await caller.answer() == b"200 8"


async def test_a_head_without_end_is_refused(caller: Caller) -> None:
    await caller.say(b"GET / HTTP/1.1\r\nx-long: ")
    sending = asyncio.create_task(caller.say(b"a" * (MOST_HEAD_BYTES + 1)))
    assert (await caller.answer()).startswith(b'431 {"type": "urn:tonglu:problem:headers_too_large"')
    await asyncio.wait([sending])
