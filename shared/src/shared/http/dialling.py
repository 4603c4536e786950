"""Connecting to what others name: looked up, judged and dialled in one step, metered from then on."""

import contextlib
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Literal

import httpcore

from shared.http.guard import Refusal, Refused, Target, all_public

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Failure = (
    Refusal
    | Literal[
        "name_not_found",
        "connect_failed",
        "tls_failed",
        "timeout",
        "connection_lost",
        "answer_unreadable",
        "answer_too_long",
    ]
)
MOST_READ = 64 * 1024
MOST_HEAD = 32 * 1024

_MOST_TRIED = 4


class Unreached(Exception):
    """No answer could be had; `reason` is a stable code."""

    def __init__(self, reason: Failure) -> None:
        super().__init__(reason)
        self.reason: Failure = reason


class Metered(httpcore.AsyncNetworkStream):
    """A stream that gives up when one exchange brings more than its share."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self.left = MOST_HEAD + MOST_READ

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self.left <= 0:
            raise Unreached("answer_too_long")
        data = await self._inner.read(min(max_bytes, self.left), timeout)
        self.left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            self._inner = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except httpcore.ConnectError as error:
            raise Unreached("tls_failed") from error
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to a target by an address that it has just found good."""

    def __init__(self, target: Target, resolve: Resolve, inner: httpcore.AsyncNetworkBackend) -> None:
        self._target = target
        self._resolve = resolve
        self._inner = inner
        self.stream: Metered | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        if not addresses:
            raise Unreached("name_not_found")
        if not self._target.trusted and not all_public(addresses):
            raise Refused("address_not_public")
        for address in list(dict.fromkeys(addresses))[:_MOST_TRIED]:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                found = await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
                self.stream = Metered(found)
                return self.stream
        raise Unreached("connect_failed")
