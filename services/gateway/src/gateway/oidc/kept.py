"""One thing that is fetched now and then; what is known outlives fetches that fail."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog

Thing = TypeVar("Thing")
_FIRST_SECONDS = 5.0
_log = structlog.get_logger()


class Kept(Generic[Thing]):
    """Keeps what `fetch` returned; a fetch runs in a task of its own, one at a time, whoever waits or leaves.

    `fetch` raises OSError or ValueError when it fails. After any attempt the next one waits `pause` seconds,
    or a few while nothing is known at all.
    """

    def __init__(
        self,
        kind: str,
        fetch: Callable[[], Awaitable[Thing]],
        *,
        fresh: float,
        pause: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kind = kind
        self._fetch = fetch
        self._fresh = fresh
        self._pause = pause
        self._monotonic = monotonic
        self._thing: Thing | None = None
        self._known_since = -1e9
        self._tried_at = -1e9
        self._task: asyncio.Task[None] | None = None

    async def get(self) -> Thing | None:
        """What is known, waiting only for the first time; None when nothing is and it cannot be had now."""
        if self._thing is None:
            await self.renewed()
        elif self._monotonic() - self._known_since > self._fresh:
            self._begin()
        return self._thing

    async def renewed(self) -> bool:
        """Fetch again unless that was tried within the pause; whether anything new came of it."""
        known_since = self._known_since
        task = self._begin()
        if task is not None:
            await asyncio.shield(task)
        return self._known_since > known_since

    def _begin(self) -> asyncio.Task[None] | None:
        if self._task is None and self._monotonic() - self._tried_at >= self._wait():
            self._tried_at = self._monotonic()
            self._task = asyncio.create_task(self._try())
        return self._task

    def _wait(self) -> float:
        return min(self._pause, _FIRST_SECONDS) if self._thing is None else self._pause

    async def _try(self) -> None:
        try:
            self._thing = await self._fetch()
            self._known_since = self._monotonic()
        except (OSError, ValueError) as error:
            _log.warning("fetch_failed", kind=self._kind, error=type(error).__name__)
        finally:
            self._task = None
