"""Searching the whole archive for pairs that may be one: blocks out of PostgreSQL, judged by a process."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Uuid, any_, bindparam, column, func, select, true

from customer_svc.customers.profiles import COMPARED
from customer_svc.customers.tables import Customer, CustomerPiece
from customer_svc.duplicates import commands
from customer_svc.duplicates.commands import Found
from customer_svc.duplicates.domain import Feature
from customer_svc.duplicates.identities import with_identities
from customer_svc.duplicates.judging import Judge, judge_at_work
from shared import operations
from shared.db import Tx, prepare
from shared.db.statements import compile_now
from shared.jobs import JobContext

_SECONDS = 3600
_EVERY_SECONDS = 0.5
MOST_IN_BLOCK = 50
_AT_ONCE = 500
_SORTING = "64MB"

_c: Any = Customer.__table__  # type: ignore[attr-defined]
_p: Any = CustomerPiece.__table__  # type: ignore[attr-defined]
_each = (
    func.unnest(_p.c["keys"]).table_valued(column("key", BigInteger), name="each").render_derived().lateral()
)
_key = _each.c.key
_keyed = _p.join(_each, true())
_size = func.count()
_sizes = select(_key, _size.label("size")).select_from(_keyed).group_by(_key).having(_size > 1).subquery()
_SURVEY = prepare(
    select(
        func.count().filter(_sizes.c.size <= MOST_IN_BLOCK).label("blocks"),
        func.array_agg(_sizes.c.key).filter(_sizes.c.size > MOST_IN_BLOCK).label("oversize"),
    )
)
_BLOCKS = (
    select(_key, func.array_agg(_p.c.customer_id))
    .select_from(_keyed)
    .group_by(_key)
    .having(_size.between(2, MOST_IN_BLOCK))
)
_RECORDS = prepare(
    select(_c.c.id, *(_c.c[name] for name in COMPARED), _p.c["keys"])
    .join(_p, _p.c.customer_id == _c.c.id)
    .where(_c.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), _c.c.status == "active")
)
_SORT_IN_MEMORY = prepare(select(func.set_config("work_mem", _SORTING, True)))  # noqa: FBT003 - of this transaction
_Blocks = list[tuple[int, list[UUID]]]


async def search_archive(job: JobContext, args: dict[str, Any]) -> None:  # noqa: ARG001 - it is always everything
    """Find all pairs, keep them, and forget undecided ones that are none any more.

    Whoever is killed leaves pairs that are right; the next worker begins anew and finds them again.
    """
    if job.operation_id is None:
        raise ValueError("a search belongs to an operation")
    async with judge_at_work() as judge:
        search = _Search(job, job.operation_id, judge)
        if not await search.run():
            return
    async with job.begin(timeout=_SECONDS) as tx:
        gone = await commands.forget_unfound(tx, search.began)
        await operations.progress(tx, job.operation_id, result={**search.result(), "no_longer": gone})


class _Search:
    def __init__(self, job: JobContext, operation: UUID, judge: Judge) -> None:
        self._job = job
        self._operation = operation
        self._judge = judge
        self.began: datetime = job.db.now()
        self._levels: Counter[str] = Counter()
        self._skipped = self._done = self._total = 0
        self._next = time.perf_counter() + _EVERY_SECONDS

    def result(self) -> dict[str, int]:
        """How many pairs of which level, and how many blocks were too large to look into."""
        return {
            "likely": self._levels["likely"],
            "possible": self._levels["possible"],
            "blocks": self._total,
            "blocks_skipped": self._skipped,
        }

    async def run(self) -> bool:
        """Go through all blocks; False if somebody asked for an end."""
        async with self._job.db.begin(timeout=_SECONDS, bulk=True) as tx:
            await tx.value(_SORT_IN_MEMORY)
            survey = await tx.row(_SURVEY)
            if survey is None:
                raise ValueError("a survey has one row")
            oversize: Sequence[int] = survey["oversize"] or ()
            self._total, self._skipped = survey["blocks"], len(oversize)
            await self._judge.tell(oversize)
            return await self._through(tx)

    async def _through(self, tx: Tx) -> bool:
        """While one chunk is judged the next is read and the one before is kept."""
        waiting: asyncio.Task[list[Found]] | None = None
        try:
            async for blocks in self._chunks(tx):
                rows = [dict(row) for row in await tx.rows(_RECORDS, ids=list(_members(blocks)))]
                before, waiting = waiting, asyncio.create_task(self._judged(rows, blocks))
                if before is not None and not await self._kept(await before, len(blocks)):
                    return False
            if waiting is not None:
                return await self._kept(await waiting, self._total - self._done)
        finally:
            if waiting is not None and not waiting.done():
                waiting.cancel()
                with suppress(asyncio.CancelledError):
                    await waiting
        return True

    async def _chunks(self, tx: Tx) -> AsyncIterator[_Blocks]:
        sql, arguments = compile_now(_BLOCKS)
        cursor = await tx.connection.cursor(sql, *arguments)
        while found := await cursor.fetch(_AT_ONCE):
            yield [(key, members) for key, members in found]

    async def _judged(self, rows: list[dict[str, Any]], blocks: _Blocks) -> list[Found]:
        places = {row["id"]: place for place, row in enumerate(rows)}
        sent = [[*(row[name] for name in COMPARED), row["keys"]] for row in rows]
        told = [[key, [places[one] for one in members if one in places]] for key, members in blocks]
        found = await self._judge.judged(sent, told)
        return [_found(rows, each) for each in found]

    async def _kept(self, found: list[Found], blocks: int) -> bool:
        """One transaction for some pairs and the progress; False if somebody asked for an end."""
        self._done += blocks
        due = time.perf_counter() >= self._next
        if due and await self._job.cancelled():
            return False
        if found or due:
            async with self._job.begin() as tx:
                sure = await with_identities(tx, found)
                await commands.keep_found(tx, sure, self.began)
                if due:
                    await operations.progress(tx, self._operation, done=self._done, total=self._total)
                    self._next = time.perf_counter() + _EVERY_SECONDS
            self._levels.update(each.level for each in sure)
        return True


def _members(blocks: _Blocks) -> Iterable[UUID]:
    return {one for _, members in blocks for one in members}


def _found(rows: Sequence[Mapping[str, Any]], pair: Sequence[Any]) -> Found:
    one, other, score, level, features = pair
    first, second = sorted((rows[one]["id"], rows[other]["id"]))
    persons = rows[one]["kind"] == rows[other]["kind"] == "person"
    return Found(first, second, persons, score, level, [Feature(*feature) for feature in features])
