"""Fetching JSON from elsewhere: a deadline for all of it, a most of bytes, no redirects."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from shared.http.client import fetch_json, make_client

Say = Callable[[asyncio.StreamWriter], Awaitable[None]]
HEAD = "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{more}\r\n"


@asynccontextmanager
async def listening(say: Say) -> AsyncIterator[str]:
    """A server that reads a request and lets `say` answer it."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with suppress(ConnectionError):
            await say(writer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"


def saying(body: bytes, status: int = 200, more: str = "") -> Say:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD.format(status=status, length=len(body), more=more).encode() + body)
        await writer.drain()

    return say


async def fetched(say: Say, seconds: float = 5.0) -> tuple[int, object]:
    async with listening(say) as url, make_client() as client:
        return await fetch_json(client, "GET", url, seconds=seconds, most=1000)


async def test_an_answer_comes_with_its_status() -> None:
    assert await fetched(saying(b'{"a": [1]}')) == (200, {"a": [1]})
    assert await fetched(saying(b"[]", 404)) == (404, [])
    assert await fetched(saying(b"{}", 302, "Location: http://127.0.0.1:9/\r\n")) == (302, {})


@pytest.mark.parametrize(
    "say",
    [
        saying(b""),
        saying(b"<html>"),
        saying(b"\xff"),
        saying(b" " * 1001),
        saying(b"[" * 900),
        saying(gzip.compress(b"{}"), more="Content-Encoding: gzip\r\n"),
    ],
)
async def test_what_is_no_small_json_is_refused(say: Say) -> None:
    with pytest.raises(ValueError, match=r".*"):
        await fetched(say)


async def test_a_body_without_end_is_left() -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"100\r\n" + b" " * 256 + b"\r\n")
            await writer.drain()

    with pytest.raises(ValueError, match="too long"):
        await fetched(endless)


async def test_a_slow_answer_is_cut_off_however_it_drips() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD.format(status=200, length=500, more="").encode())
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    with pytest.raises(OSError, match="no answer"):
        await fetched(drip, seconds=0.2)


async def test_nobody_there_is_an_error_of_the_network() -> None:
    async with make_client() as client:
        with pytest.raises(OSError, match="no answer"):
            await fetch_json(client, "GET", "http://127.0.0.1:9/", seconds=2, most=10)
        with pytest.raises(ValueError, match="not JSON"):
            await fetch_json(client, "GET", "http://a\x00b/", seconds=2, most=10)
