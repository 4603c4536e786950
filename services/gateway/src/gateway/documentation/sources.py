"""Where the services' documents come from: given by the launcher, or fetched and kept."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import structlog

from shared.loops import every

Document = Mapping[str, Any]
_DEADLINE = 2.0
_FRESH_SECONDS = 60.0
_RETRY_SECONDS = 2.0
_log = structlog.get_logger()


class Documents:
    """The newest OpenAPI document of each service; None for one that never told.

    `given` are documents of services in this process (asked once); `clients` fetch the others. A service
    that is away keeps its last document. The mapping is the same object until something changed.
    """

    def __init__(
        self,
        given: Mapping[str, Callable[[], Document]],
        clients: Mapping[str, httpx.AsyncClient],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._given = given
        self._clients = {name: client for name, client in clients.items() if name not in given}
        self._documents: dict[str, Document | None] = {}
        self._due = -1e9
        self._fetching: asyncio.Task[None] | None = None

    async def all(self) -> Mapping[str, Document | None]:
        """Every service's document; waits only when nothing is known yet."""
        if self._due > self._monotonic():
            return self._documents
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch())
        if not self._documents or None in self._documents.values():
            await asyncio.shield(self._fetching)
        return self._documents

    async def asked(self) -> bool:
        """True, once every service was asked: whoever comes first shall not wait for that."""
        if not self._documents:
            await self.all()
        return True

    async def keep(self) -> None:
        """Ask now, and again and again."""
        await every(_FRESH_SECONDS, self._look)()

    async def _look(self) -> None:
        await self.all()

    async def _fetch(self) -> None:
        fetched = await asyncio.gather(*(self._one(name, client) for name, client in self._clients.items()))
        found: dict[str, Document | None] = dict(zip(self._clients, fetched, strict=True))
        for name, tell in self._given.items():
            found[name] = self._documents.get(name) or await asyncio.to_thread(tell)
        if found != self._documents:
            self._documents = dict(sorted(found.items()))
        seconds = _FRESH_SECONDS if all(found.values()) else _RETRY_SECONDS
        self._due = self._monotonic() + (seconds if self._clients else float("inf"))

    async def _one(self, name: str, client: httpx.AsyncClient) -> Document | None:
        try:
            async with asyncio.timeout(_DEADLINE):
                answer = await client.get("/openapi.json")
            answer.raise_for_status()
            document: Document = answer.json()
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            _log.warning("document_missing", of=name, error=type(error).__name__)
            return self._documents.get(name)
        return document
