"""Chunks that need not wait for each other: read while others are stored, written while one is committed."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, Self, TypeVar

Chunk = TypeVar("Chunk")


async def ahead(chunks: AsyncGenerator[Chunk, None]) -> AsyncGenerator[Chunk, None]:
    """The same chunks, the next one made while the last one is being used."""
    async with aclosing(chunks):
        following = asyncio.ensure_future(anext(chunks, None))
        try:
            while (chunk := await following) is not None:
                following = asyncio.ensure_future(anext(chunks, None))
                yield chunk
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


class Turn:
    """One chunk's place in the row of those that are stored.

    A chunk is written only when the one before holds all locks that it needs: if each waited for locks of the
    other, by way of somebody else's transaction, the database could not see it, for one of them waits here.
    """

    def __init__(self, before: "Turn | None", store: Callable[["Turn"], Coroutine[Any, Any, None]]) -> None:
        self._before = before
        self._written = asyncio.Event()
        self._storing = asyncio.create_task(store(self))
        self._storing.add_done_callback(lambda _: self._written.set())

    async def to_write(self) -> None:
        """Returns once the chunk before is written; raises if that went wrong."""
        if self._before is not None:
            await self._before.written()

    async def to_commit(self) -> None:
        """All is written. Returns once the chunk before is committed; raises if that went wrong."""
        self._written.set()
        if self._before is not None:
            await self._before.over()
            self._before = None

    async def written(self) -> None:
        """Returns once all rows of this chunk are written; raises if that went wrong."""
        await self._written.wait()
        if self._storing.done():
            self._storing.result()

    async def over(self) -> None:
        """Returns once this chunk is committed; raises if that went wrong."""
        await asyncio.wait({self._storing})
        self._storing.result()

    async def drop(self) -> None:
        """Give up what is not committed."""
        self._storing.cancel()
        await asyncio.wait({self._storing})


class Turns:
    """Stores chunks so that a chunk is written while the one before is committed, and commits in order.

    A chunk that may touch what the one before touched waits until that is committed. Whoever leaves waits
    for the last commit, or drops what is not committed if something went wrong.
    """

    def __init__(self) -> None:
        self._open: list[Turn] = []
        self._touched: frozenset[Any] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        for turn in reversed(self._open):
            if error is None:
                await turn.over()
            else:
                await turn.drop()

    async def take(
        self, touched: frozenset[Any] | None, store: Callable[[Turn], Coroutine[Any, Any, None]]
    ) -> None:
        """Have a chunk stored; `touched` is all that it may share with another one, None if nobody knows."""
        if touched is None or self._touched is None or not touched.isdisjoint(self._touched):
            await self._wait_for_all()
        before = self._open[-1] if self._open else None
        self._open.append(Turn(before, store))
        self._touched = touched
        if before is not None:
            await before.over()
            self._open.remove(before)

    async def _wait_for_all(self) -> None:
        for turn in self._open:
            await turn.over()
        self._open.clear()
