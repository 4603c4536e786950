"""The work behind an import: look the file over, then store it chunk by chunk, each with its progress."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from customer_svc.batch import Outcome
from customer_svc.transfers import commands, queries
from customer_svc.transfers.columns import plan
from customer_svc.transfers.domain import CHUNK_ROWS
from customer_svc.transfers.loading import Overtaken, load_customers, load_orders
from customer_svc.transfers.reading import CsvReader, Record, Survey
from customer_svc.transfers.rows import Fault, Interpreter, Item
from shared import uploads
from shared.db import Scope, Tx
from shared.jobs import JobContext
from shared.problems import Invalid, Problem, Unavailable

_PIECE = 256 * 1024
_TRIES = 3
_KEYS = {"customers": ("external_id", "code", "name"), "orders": ("order_no",)}
_LOADS = {"customers": load_customers, "orders": load_orders}


async def run_import(job: JobContext, args: dict[str, Any]) -> None:  # noqa: ARG001 - the operation names it all
    """Import a file from where the last worker stopped. A file that cannot be read at all fails for good."""
    async with job.db.read() as db:
        entry = await queries.whole(db, _own(job))
    if entry["outcome"] is not None:
        return
    try:
        entry = await _surveyed(job, entry)
        outcome = "succeeded" if await _Work(job, entry).done() else "cancelled"
    except Problem as problem:
        if problem.status < Problem.status:
            await _end(job, entry, "failed")
        raise
    await _end(job, entry, outcome)


def _own(job: JobContext) -> UUID:
    if job.operation_id is None:
        raise ValueError("an import belongs to an operation")
    return job.operation_id


async def _end(job: JobContext, entry: Mapping[str, Any], outcome: str) -> None:
    async with job.begin() as tx:
        await commands.end_import(tx, entry, outcome)


async def _pieces(job: JobContext, upload: UUID) -> AsyncGenerator[bytes, None]:
    """The file in pieces so small that a thread is not long in the way of the event loop."""
    async for chunk in uploads.open_chunks(job.db, upload):
        for start in range(0, len(chunk), _PIECE):
            yield chunk[start : start + _PIECE]


async def _surveyed(job: JobContext, entry: dict[str, Any]) -> dict[str, Any]:
    if entry["encoding"] is not None:
        return entry
    survey = Survey()
    async for piece in _pieces(job, entry["upload_id"]):
        await asyncio.to_thread(survey.feed, piece)
    layout = await asyncio.to_thread(survey.finish)
    async with job.begin() as tx:
        return await commands.lay_out(tx, entry, layout)


class _Work:
    """One run over one file."""

    def __init__(self, job: JobContext, entry: dict[str, Any]) -> None:
        self._job = job
        self._entry = entry
        ids = entry["scope_ids"]
        self._scope = Scope(None if ids is None else frozenset(ids))
        self._reader = CsvReader(entry["encoding"], entry["separator"])
        self._interpreter: Interpreter | None = None

    async def done(self) -> bool:
        """Store what is left of the file; False if somebody asked for an end."""
        async with aclosing(_ahead(self._chunks())) as chunks:
            async for items in chunks:
                if await self._job.cancelled():
                    return False
                await self._store(items)
        return True

    async def _chunks(self) -> AsyncGenerator[list[Item], None]:
        """The rows behind the stored position, read, a thousand at a time."""
        skip = self._entry["done"]
        waiting: list[Record] = []
        async for records in self._records():
            fresh = records[skip:]
            skip -= len(records) - len(fresh)
            waiting += fresh
            while len(waiting) >= CHUNK_ROWS:
                yield await self._read(waiting[:CHUNK_ROWS])
                del waiting[:CHUNK_ROWS]
        if waiting:
            yield await self._read(waiting)

    async def _records(self) -> AsyncIterator[list[Record]]:
        """The rows below the header as they are cut from the file."""
        async for piece in _pieces(self._job, self._entry["upload_id"]):
            yield self._below(await asyncio.to_thread(self._reader.feed, piece))
        yield self._below(await asyncio.to_thread(self._reader.finish))
        if self._interpreter is None:
            raise Invalid.at(
                "/file", "header_missing", en="The file has no header row.", zh="文件缺少标题行。"
            )

    def _below(self, records: list[Record]) -> list[Record]:
        if self._interpreter is not None or not records:
            return records
        header = records[0].cells
        if header is None:
            raise Invalid.at(
                "/file", "header_unreadable", en="The header row cannot be read.", zh="无法读取标题行。"
            )
        entry = self._entry
        fields = plan(entry["entity"], header, entry["mapping"])
        self._interpreter = Interpreter(entry["entity"], fields, ZoneInfo(entry["timezone"]))
        return records[1:]

    async def _read(self, records: Sequence[Record]) -> list[Item]:
        if self._interpreter is None:
            raise ValueError("rows come below a header")
        return await asyncio.to_thread(self._interpreter.items, records)

    async def _store(self, items: Sequence[Item]) -> None:
        for _ in range(_TRIES):
            try:
                async with self._job.begin(scope=self._scope) as tx:
                    outcomes = await self._load(tx, items)
                    self._entry = await self._counted(tx, items, outcomes)
            except Overtaken:
                continue
            return
        raise Unavailable(
            "overtaken", en="Others write the same records now.", zh="其他请求正在写入相同的记录。"
        )

    async def _load(self, tx: Tx, items: Sequence[Item]) -> list[Outcome]:
        good = [item.said for item in items if item.faults is None]
        chunk = self._entry["done"] // CHUNK_ROWS + 1
        return await _LOADS[self._entry["entity"]](tx, good, self._entry["id"], chunk)

    async def _counted(self, tx: Tx, items: Sequence[Item], outcomes: Sequence[Outcome]) -> dict[str, Any]:
        judged = iter(outcomes)
        tally: Counter[str] = Counter()
        faults: list[Fault] = []
        for item in items:
            outcome = next(judged) if item.faults is None else None
            tally[_status(outcome)] += 1
            faults += self._faults(item, outcome)
        return await commands.advance(tx, self._entry, tally, faults)

    def _faults(self, item: Item, outcome: Outcome | None) -> Sequence[Fault]:
        if outcome is None:
            return item.faults or ()
        if outcome.problem is None or self._interpreter is None:
            return ()
        return [self._interpreter.problem(item.record, outcome.problem, _KEYS[self._entry["entity"]])]


def _status(outcome: Outcome | None) -> str:
    return "failed" if outcome is None or outcome.status == "problem" else outcome.status


async def _ahead(chunks: AsyncGenerator[list[Item], None]) -> AsyncGenerator[list[Item], None]:
    """The same chunks, the next one read while the last one is being stored."""
    async with aclosing(chunks):
        following = asyncio.ensure_future(anext(chunks, None))
        try:
            while (items := await following) is not None:
                following = asyncio.ensure_future(anext(chunks, None))
                yield items
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
