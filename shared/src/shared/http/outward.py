"""The client for addresses that others name: it connects to what it has just found to be public.

No proxies, no redirects, no unpacking, one deadline for everything. A name is resolved where the connection
is made and nowhere else, so nothing can change between the look and the deed.
"""

import asyncio
import contextlib
import socket
import ssl
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import httpcore
import httpx

from shared.http.dialling import MOST_HEAD, MOST_READ, Guarded, Resolve, Unreached
from shared.http.guard import Target

MOST_KEPT = 1024

_CONNECT_SECONDS = 5.0
_KEPT_OPEN_SECONDS = 15.0
_RESOLVERS = 64


class Answered(NamedTuple):
    """What came back: `beginning` are the first bytes (at most a KiB) of a body that is not packed."""

    status: int
    retry_after: str | None
    beginning: bytes


class _Line:
    """One connection to a target, with the meter of its exchanges."""

    def __init__(self, target: Target, outward: "Outward") -> None:
        self._backend = Guarded(target, outward.resolve, outward.inner)
        self.connection = httpcore.AsyncHTTPConnection(
            httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port),
            ssl_context=outward.tls,
            keepalive_expiry=_KEPT_OPEN_SECONDS,
            network_backend=self._backend,
        )
        self.used = False

    async def exchange(self, request: httpcore.Request) -> Answered:
        if self._backend.stream is not None:
            self._backend.stream.left = MOST_HEAD + MOST_READ
        response = await self.connection.handle_async_request(request)
        self.used = True
        try:
            return await _read(response)
        finally:
            await response.aclose()


class Outward:
    """Asks targets; keeps a few connections of each open for a moment.

    `resolve`, `tls` and `inner` (what makes the connection to an address) are for tests.
    """

    def __init__(
        self,
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        inner: httpcore.AsyncNetworkBackend | None = None,
        kept_open: int = 5,
    ) -> None:
        self._threads = ThreadPoolExecutor(_RESOLVERS, "resolver") if resolve is None else None
        self.resolve = resolve or self._looked_up
        self.tls = tls or httpx.create_ssl_context()
        self.inner = inner or httpcore.AnyIOBackend()
        self._kept_open = kept_open
        self._idle: dict[tuple[str, str, int], deque[_Line]] = defaultdict(deque)
        self._swept_at = time.monotonic()

    async def post(
        self, target: Target, content: bytes, headers: Sequence[tuple[str, str]], *, seconds: float
    ) -> Answered:
        """The answer to one POST, all within `seconds`; raises Refused and Unreached."""
        return await self._answered(target, _request("POST", target, content, headers), seconds)

    async def get(self, target: Target, headers: Sequence[tuple[str, str]], *, seconds: float) -> Answered:
        """As `post`, for one GET."""
        return await self._answered(target, _request("GET", target, b"", headers), seconds)

    async def _answered(self, target: Target, request: httpcore.Request, seconds: float) -> Answered:
        try:
            async with asyncio.timeout(seconds):
                return await self._exchanged(target, request)
        except TimeoutError:
            raise Unreached("timeout") from None
        except (httpcore.TimeoutException, OSError) as error:
            raise Unreached(
                "timeout" if isinstance(error, httpcore.TimeoutException) else "connection_lost"
            ) from None
        except httpcore.ProtocolError:
            raise Unreached("answer_unreadable") from None
        except httpcore.NetworkError:
            raise Unreached("connection_lost") from None

    async def close(self) -> None:
        """Let all connections go."""
        for lines in self._idle.values():
            while lines:
                await _let_go(lines.pop())
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _exchanged(self, target: Target, request: httpcore.Request) -> Answered:
        line = await self._taken(target)
        again = line.used
        try:
            return await self._spoken(target, line, request)
        except (httpcore.RemoteProtocolError, httpcore.NetworkError):
            if not again:
                raise
        # The other side closed a connection that it had kept: asked once more on a new one.
        return await self._spoken(target, _Line(target, self), request)

    async def _spoken(self, target: Target, line: _Line, request: httpcore.Request) -> Answered:
        kept = False
        try:
            answer = await line.exchange(request)
            kept = line.connection.is_idle() and self._keep(target, line)
            return answer
        finally:
            if not kept:
                await _let_go(line)

    async def _taken(self, target: Target) -> _Line:
        await self._sweep()
        lines = self._idle.get(_place(target), ())
        while lines:
            line = lines.pop()
            if line.connection.is_idle() and not line.connection.has_expired():
                return line
            await _let_go(line)
        return _Line(target, self)

    def _keep(self, target: Target, line: _Line) -> bool:
        lines = self._idle[_place(target)]
        if len(lines) >= self._kept_open:
            return False
        lines.append(line)
        return True

    async def _sweep(self) -> None:
        """Close what nobody has asked for since: now and then, so that old targets leave nothing open."""
        now = time.monotonic()
        if now - self._swept_at < _KEPT_OPEN_SECONDS:
            return
        self._swept_at = now
        for place in list(self._idle):
            lines = self._idle.pop(place)
            for line in [*lines]:
                if line.connection.has_expired() or not line.connection.is_idle():
                    lines.remove(line)
                    await _let_go(line)
            if lines:
                self._idle[place].extendleft(reversed(lines))

    async def _looked_up(self, host: str, port: int) -> Sequence[str]:
        """By the system's resolver, in threads of its own: a slow name holds up nobody else's work."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, _addresses, host, port)
        except (OSError, UnicodeError):
            raise Unreached("name_not_found") from None
        return found


def _addresses(host: str, port: int) -> Sequence[str]:
    return [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _place(target: Target) -> tuple[str, str, int]:
    return target.scheme, target.host, target.port


def _request(
    method: str, target: Target, content: bytes, headers: Sequence[tuple[str, str]]
) -> httpcore.Request:
    standard = {"https": 443, "http": 80}[target.scheme] == target.port
    shown = f"[{target.host}]" if ":" in target.host else target.host
    host = shown if standard else f"{shown}:{target.port}"
    wire = [
        ("host", host),
        ("content-length", str(len(content))),
        ("accept-encoding", "identity"),
        *headers,
    ]
    url = httpcore.URL(
        scheme=target.scheme.encode(),
        host=target.host.encode(),
        port=target.port,
        target=target.path.encode(),
    )
    return httpcore.Request(
        method,
        url,
        headers=[(name.encode(), value.encode()) for name, value in wire],
        content=content,
        extensions={"timeout": {"connect": _CONNECT_SECONDS}},
    )


async def _read(response: httpcore.Response) -> Answered:
    """Reads to the end, so that the connection can go on; of a long body no more than its share."""
    headers = {name.lower(): value for name, value in response.headers}
    plain = headers.get(b"content-encoding", b"identity").lower() == b"identity"
    beginning, seen = b"", 0
    async for part in response.aiter_stream():
        seen += len(part)
        beginning += part[: MOST_KEPT - len(beginning)]
        if seen >= MOST_READ:
            break
    after = headers.get(b"retry-after")
    said = None if after is None else after[:64].decode("latin-1")
    return Answered(response.status, said, beginning if plain else b"")


async def _let_go(line: _Line) -> None:
    """Closing may itself fail or be cut off; nobody waits for a connection's good end."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(1):
            await line.connection.aclose()
