"""The work behind an import: look the file over, then store it chunk by chunk, each with its progress."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from customer_svc.batch import Outcome
from customer_svc.interactions.clients import Interactions
from customer_svc.orders.judging import judge_orders
from customer_svc.transfers import commands, effects, queries
from customer_svc.transfers.columns import plan
from customer_svc.transfers.domain import CHUNK_ROWS
from customer_svc.transfers.faults import Fault
from customer_svc.transfers.foresight import foresee, remember
from customer_svc.transfers.headings import mapping_of
from customer_svc.transfers.interaction_rows import found_customers, hand_over
from customer_svc.transfers.loading import Overtaken
from customer_svc.transfers.overlapping import Turn, Turns, ahead
from customer_svc.transfers.parting import Key
from customer_svc.transfers.rows import Interpreter, Item
from customer_svc.transfers.storing import OWN_KEYS, store
from customer_svc.transfers.surveying import pieces, surveyed
from shared.db import Scope, Tx
from shared.jobs import JobContext
from shared.problems import Invalid, Problem, Unavailable
from shared.sheets.reading import CsvReader, Record
from shared.sheets.unpacking import WORKBOOK, RowReader

_SLICE_SECONDS = 0.001
_JUDGING_SECONDS = 60
_TRIES = 3
_GOOD = ("created", "changed", "unchanged", "duplicate")
_AHEAD: Mapping[str, Callable[[Tx, Sequence[Any]], Awaitable[Any]]] = {
    "orders": judge_orders,
    "interactions": found_customers,
}
"""What is found out of the rows of a chunk while the one before is being stored."""


async def run_import(job: JobContext, args: dict[str, Any], *, interactions: Interactions) -> None:
    """Import a file from where the last worker stopped. A file that cannot be read at all fails for good."""
    async with job.db.read() as db:
        entry = await queries.whole(db, _own(job))
    if entry["outcome"] is not None:
        return
    try:
        entry = await surveyed(job, entry)
        work = _Work(job, entry, interactions, args.get("token", ""))
        outcome = "succeeded" if await work.done() else "cancelled"
    except Problem as problem:
        if problem.status < Problem.status:
            await _end(job, entry, "failed")
        raise
    await _end(job, work.entry, outcome)


async def tidy_imports(job: JobContext, args: dict[str, Any]) -> None:  # noqa: ARG001 - there is nothing to say
    """End what ended without its worker (cancelled while it waited, given up), and forget what is old."""
    async with job.db.read() as db:
        left = await queries.left_open(db)
    for entry in left:
        await _end(job, entry, entry["ended"])
    async with job.begin() as tx:
        await commands.forget_old(tx)


def _own(job: JobContext) -> UUID:
    if job.operation_id is None:
        raise ValueError("an import belongs to an operation")
    return job.operation_id


async def _end(job: JobContext, entry: Mapping[str, Any], outcome: str) -> None:
    async with job.begin() as tx:
        await commands.end_import(tx, entry, outcome)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Rows that were read: all, the good ones, and what is found out before others are stored.

    Of orders that is all that can be said so far, of interactions whose they are. `number` counts from 1.
    """

    number: int
    items: list[Item]
    good: list[Any]
    judged: Any

    @property
    def lines(self) -> list[int]:
        """Where the good ones stand in the file."""
        return [item.record.line for item in self.items if item.faults is None]


class _Work:
    """One run over one file."""

    def __init__(
        self, job: JobContext, entry: dict[str, Any], interactions: Interactions, token: str
    ) -> None:
        self._job = job
        self.entry = entry
        self._interactions = interactions
        self._token = token
        self._scope = Scope(_ids(entry["scope_ids"]), _ids(entry["holder_ids"]))
        self._reader = _reader_of(entry)
        self._interpreter: Interpreter | None = None
        self._header: list[str] = []
        self._began = time.perf_counter()
        self._stored_rows = 0

    async def done(self) -> bool:
        """Store what is left of the file; False if somebody asked for an end."""
        # Two ahead: one is ready while the next is being read, so that no wait for the database is idle.
        async with aclosing(ahead(ahead(self._chunks()))) as chunks, Turns() as turns:
            async for chunk in chunks:
                taken = turns.take(self._touched(chunk), partial(self._store, chunk))
                _, stop = await asyncio.gather(taken, self._job.cancelled())
                if stop:
                    return False
        return True

    def _touched(self, chunk: _Chunk) -> frozenset[Any] | None:
        """What the chunk may share with the next one; only orders are written while others are committed."""
        orders = self.entry["entity"] == "orders" and not self.entry["dry_run"]
        return chunk.judged.named if orders else None

    async def _chunks(self) -> AsyncGenerator[_Chunk, None]:
        """The rows behind the stored position, read, a thousand at a time."""
        skip = self.entry["done"]
        numbers = count(skip // CHUNK_ROWS + 1)
        waiting: list[Record] = []
        async for records in self._records():
            fresh = records[skip:]
            skip -= len(records) - len(fresh)
            waiting += fresh
            while len(waiting) >= CHUNK_ROWS:
                yield await self._read(next(numbers), waiting[:CHUNK_ROWS])
                del waiting[:CHUNK_ROWS]
        if waiting:
            yield await self._read(next(numbers), waiting)

    async def _records(self) -> AsyncIterator[list[Record]]:
        """The rows below the header as they are cut from the file."""
        async for piece in pieces(self._job, self.entry["upload_id"]):
            yield self._below(self._reader.feed(piece))
        yield self._below(self._reader.finish())
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
        entry = self.entry
        fields = plan(entry["entity"], header, mapping_of(entry, header))
        self._header = header
        sender = None if entry["policy"] == "new" else _sender(entry)
        self._interpreter = Interpreter(entry["entity"], fields, ZoneInfo(entry["timezone"]), sender)
        return records[1:]

    async def _read(self, number: int, records: Sequence[Record]) -> _Chunk:
        if self._interpreter is None:
            raise ValueError("rows come below a header")
        items: list[Item] = []
        end = time.perf_counter() + _SLICE_SECONDS
        for record in records:
            items.append(self._interpreter.item(record))
            if time.perf_counter() > end:
                await asyncio.sleep(0)
                end = time.perf_counter() + _SLICE_SECONDS
        good = [item.said for item in items if item.faults is None]
        find_out = _AHEAD.get(self.entry["entity"])
        if find_out is None:
            return _Chunk(number, items, good, None)
        async with self._job.db.begin(self._scope, timeout=_JUDGING_SECONDS, bulk=True) as tx:
            return _Chunk(number, items, good, await find_out(tx, good))

    async def _store(self, chunk: _Chunk, turn: Turn) -> None:
        contested: frozenset[Key] = frozenset()
        for _ in range(_TRIES):
            try:
                await self._stored(chunk, contested, turn)
            except Overtaken as error:
                contested |= error.keys
                continue
            return
        raise Unavailable(
            "overtaken", en="Others write the same records now.", zh="其他请求正在写入相同的记录。"
        )

    async def _stored(self, chunk: _Chunk, contested: frozenset[Key], turn: Turn) -> None:
        """One transaction for the rows, their count, their faults and the position behind them.

        Rows that are stored elsewhere are so before it; whoever is killed in between asks again, which
        changes nothing.
        """
        entry = self.entry

        async def load(tx: Tx) -> list[Outcome]:
            return await store(tx, entry, chunk.good, chunk.judged, number=chunk.number, contested=contested)

        outcomes: list[Outcome] | None = None
        foreseen: list[dict[str, Any]] = []
        if entry["entity"] == "interactions":
            outcomes = await hand_over(self._interactions, entry, chunk.good, chunk.judged, kept=self._token)
        elif entry["dry_run"]:
            outcomes, foreseen = await foresee(self._job.db, self._scope, entry["id"], chunk.good, load)
        async with self._job.begin(scope=self._scope) as tx:
            if foreseen:
                await remember(tx, foreseen)
            await turn.to_write()
            outcomes = await load(tx) if outcomes is None else outcomes
            await turn.to_commit()
            if not entry["dry_run"]:
                effects.note(tx, entry, chunk.lines, outcomes)
            advanced = await self._counted(tx, chunk.items, outcomes)
        self.entry = advanced

    async def _counted(self, tx: Tx, items: Sequence[Item], outcomes: Sequence[Outcome]) -> dict[str, Any]:
        judged = iter(outcomes)
        faults: list[Fault] = []
        records: list[Record] = []
        for item in items:
            if item.faults is not None:
                found = item.faults
            elif (problem := next(judged).problem) is not None:
                found = [self._refused(item, problem)]
            else:
                continue
            faults += found
            records.append(item.record)
        tally = Counter[str](outcome.status for outcome in outcomes)
        counted = {name: tally[name] for name in _GOOD}
        counted["failed"] = len(items) - sum(counted.values())
        refused = commands.Refused(faults, records, self._header)
        self._stored_rows += len(items)
        pace = self._stored_rows / max(time.perf_counter() - self._began, _SLICE_SECONDS)
        return await commands.advance(tx, self.entry, counted, refused, pace=pace)

    def _refused(self, item: Item, problem: Problem) -> Fault:
        if self._interpreter is None:
            raise ValueError("rows come below a header")
        return self._interpreter.problem(item.record, problem, OWN_KEYS[self.entry["entity"]])


def _reader_of(entry: Mapping[str, Any]) -> CsvReader | RowReader:
    workbook = entry["encoding"] == WORKBOOK
    return RowReader() if workbook else CsvReader(entry["encoding"], entry["separator"])


def _sender(entry: Mapping[str, Any]) -> str:
    """Among whose rows a row is known again: a partner's, those of one narrowed person, or all others."""
    if entry["holder_ids"] is not None:
        return str(entry["created_by"])
    return ",".join(map(str, entry["scope_ids"] or ()))


def _ids(kept: Sequence[UUID] | None) -> frozenset[UUID] | None:
    return None if kept is None else frozenset(kept)
