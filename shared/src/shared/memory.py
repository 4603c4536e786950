"""A small memory with an age limit, in which many who ask for the same wait for one answer."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """Keeps what `make` returned for `seconds`, at most `most` values; failures are not kept."""

    def __init__(
        self, seconds: float, *, most: int = 20_000, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._monotonic = monotonic
        self._kept: OrderedDict[Key, tuple[float, Value]] = OrderedDict()
        self._made: dict[Key, asyncio.Task[Value]] = {}

    def get(self, key: Key) -> Value | None:
        """What is kept and still fresh."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] > self._monotonic() else None

    async def get_or(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        """What is kept, or what `make` returns; asked once however many wait."""
        kept = self._kept.get(key)
        if kept is not None and kept[0] > self._monotonic():
            return kept[1]
        task = self._made.get(key)
        if task is None:
            task = self._made[key] = asyncio.ensure_future(self._make(key, make))
            task.add_done_callback(lambda done: self._finished(key, done))
        return await asyncio.shield(task)

    async def _make(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        asked_at = self._monotonic()
        value = await make()
        self._kept[key] = (asked_at + self._seconds, value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value

    def _finished(self, key: Key, done: "asyncio.Task[Value]") -> None:
        self._made.pop(key, None)
        if not done.cancelled():
            done.exception()
