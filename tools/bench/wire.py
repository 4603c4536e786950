"""A load generator on raw sockets: closed loops on kept-alive HTTP/1.1 connections, light beside a server."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


class WrongAnswerError(RuntimeError):
    """The server said something else than expected; nothing measured beside that counts."""


@dataclass(slots=True)
class Round:
    """What one round of load brought; latencies in seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: bench",
        *(f"{key}: {value}" for key, value in headers.items()),
    ]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + _END + body


async def load(
    port: int, make: Callable[[], bytes], *, connections: int, seconds: float, status: int = 200
) -> Round:
    """Keep so many connections busy for so long; raises WrongAnswerError for any other status."""
    loop = asyncio.get_running_loop()
    found = Round()
    started = time.perf_counter()
    lines = [_Line(make, status, started + seconds, found.latencies) for _ in range(connections)]
    for line in lines:
        await loop.create_connection(lambda line=line: line, "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*(line.done for line in lines))
    found.seconds = time.perf_counter() - started
    return found


class _Line(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends again."""

    def __init__(self, make: Callable[[], bytes], status: int, until: float, latencies: list[float]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._make = make
        self._expected = b"HTTP/1.1 %d " % status
        self._until = until
        self._latencies = latencies
        self._buffer = b""
        self._begun = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(_END)
        if not end:
            return
        length = _LENGTH.search(head)
        if not head.startswith(self._expected) or length is None:
            self._fail(f"unexpected answer: {(head + end + body)[:600]!r}")
        elif len(body) >= int(length[1]):
            now = time.perf_counter()
            self._latencies.append(now - self._begun)
            self._buffer = b""
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the connection broke: {exc!r}")

    def _send(self) -> None:
        self._begun = time.perf_counter()
        if self._begun < self._until:
            self._transport.write(self._make())
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(WrongAnswerError(why))
        self._transport.close()
