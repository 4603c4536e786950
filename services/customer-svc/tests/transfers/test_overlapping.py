"""The order in which chunks are written and committed."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from customer_svc.transfers.overlapping import Turn, Turns

ONE, OTHER = frozenset({1}), frozenset({2})


class Diary:
    """What happened, in order, and chunks that write it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.may_commit = asyncio.Event()
        self.written: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def chunk(
        self, name: str, *, held: bool = False, fails: str | None = None
    ) -> Callable[[Turn], Coroutine[Any, Any, None]]:
        """One that is `held` between writing and committing, or fails while it is written or committed."""

        async def store(turn: Turn) -> None:
            try:
                await turn.to_write()
                self._note(f"{name} writes", fails)
                self.written[name].set()
                await asyncio.sleep(0)
                await turn.to_commit()
                if held:
                    await self.may_commit.wait()
                self._note(f"{name} commits", fails)
            except asyncio.CancelledError:
                self.lines.append(f"{name} is dropped")
                raise

        return store

    async def stored(self, *chunks: Callable[[Turn], Coroutine[Any, Any, None]]) -> None:
        """Chunks that have nothing in common."""
        async with Turns() as turns:
            for place, chunk in enumerate(chunks):
                await turns.take(frozenset({place}), chunk)

    def _note(self, line: str, fails: str | None) -> None:
        if fails is not None and line.endswith(fails):
            raise LookupError(line)
        self.lines.append(line)


async def test_a_chunk_is_written_while_the_one_before_is_committed_and_commits_behind_it():
    diary = Diary()
    async with Turns() as turns:
        await turns.take(ONE, diary.chunk("first", held=True))
        second = asyncio.create_task(turns.take(OTHER, diary.chunk("second")))
        await diary.written["second"].wait()
        diary.may_commit.set()
        await second
    assert diary.lines == ["first writes", "second writes", "first commits", "second commits"]


@pytest.mark.parametrize("touched", [ONE, ONE | OTHER, None])
async def test_a_chunk_that_may_share_something_waits_for_the_commit(touched):
    diary = Diary()
    async with Turns() as turns:
        await turns.take(ONE, diary.chunk("first"))
        await turns.take(touched, diary.chunk("second"))
        await turns.take(OTHER | ONE, diary.chunk("third"))
    assert diary.lines == [
        f"{name} {does}" for name in ("first", "second", "third") for does in ("writes", "commits")
    ]


async def test_two_chunks_are_open_at_most():
    diary = Diary()
    async with Turns() as turns:
        await turns.take(frozenset({0}), diary.chunk("0"))
        for each in range(1, 6):
            await turns.take(frozenset({each}), diary.chunk(str(each)))
            assert f"{each - 1} commits" in diary.lines
    assert [line for line in diary.lines if "commits" in line] == [f"{each} commits" for each in range(6)]


@pytest.mark.parametrize("fails", ["writes", "commits"])
async def test_what_follows_a_chunk_that_fails_is_never_committed(fails):
    diary = Diary()
    with pytest.raises(LookupError, match=f"first {fails}"):
        await diary.stored(diary.chunk("first", fails=fails), diary.chunk("second"))
    assert "second commits" not in diary.lines


async def test_a_chunk_that_fails_does_not_harm_the_one_before():
    diary = Diary()
    with pytest.raises(LookupError, match="second writes"):
        await diary.stored(diary.chunk("first"), diary.chunk("second", fails="writes"))
    assert diary.lines == ["first writes", "first commits"]


async def test_whoever_leaves_with_an_error_drops_what_is_not_committed():
    diary = Diary()

    async def storing() -> None:
        await diary.stored(diary.chunk("first", held=True), diary.chunk("second", held=True))

    leaving = asyncio.create_task(storing())
    await diary.written["second"].wait()
    leaving.cancel()
    await asyncio.wait({leaving})
    assert leaving.cancelled()
    assert diary.lines == ["first writes", "second writes", "second is dropped", "first is dropped"]
