"""The work behind a field that became unique or indexed: look through the customers that are there."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from customer_svc.custom_fields import commands, queries
from customer_svc.custom_fields.domain import stored
from shared import operations
from shared.db import prepare
from shared.jobs import JobContext
from shared.problems import Conflict, NotFound

CHUNK = 1000
_COUNT = prepare(text("SELECT count(*) FROM customer"))


async def refill_index(job: JobContext, args: dict[str, Any]) -> None:
    """Bring a field's part of the index to what its definition says, from where the last worker stopped.

    Values that another customer of the distributor has, too, end it: the field is not unique any more, and
    the operation fails with `values_not_unique`.
    """
    field_id = UUID(args["field_id"])
    try:
        async with job.begin() as tx:
            row = await queries.field(tx, field_id)
            await commands.settle(tx)
    except NotFound:
        return
    if row["operation_id"] != job.operation_id:
        return  # a later change has an operation of its own
    if stored(row):
        await _filled(job, field_id)
    else:
        await _drained(job, field_id)


async def _filled(job: JobContext, field_id: UUID) -> None:
    """Index all there is; a field that turns out not to be unique is indexed without that."""
    async with job.db.read() as db:
        total = await db.value(_COUNT)
    done, refusal = 0, None
    while not await job.cancelled():
        try:
            found = await _chunk(job, field_id, done, total)
        except Conflict as conflict:
            refusal = conflict
            if not await _not_unique(job, field_id):
                break
            continue
        if not found:
            break
        done += found
    if refusal is not None:
        raise refusal


async def _not_unique(job: JobContext, field_id: UUID) -> bool:
    """Take the demand back; whether the values are still to be indexed."""
    async with job.begin() as tx:
        row = {**await queries.field_for_update(tx, field_id), "unique": False}
        await commands.rewrite(tx, row)
    if not stored(row):
        await _drained(job, field_id)
    return stored(row)


async def _chunk(job: JobContext, field_id: UUID, done: int, total: int) -> int:
    """One transaction for the values of some customers and the position behind them."""
    async with job.begin() as tx:
        row = await queries.field_for_update(tx, field_id)
        if row["operation_id"] != job.operation_id:
            return 0
        found = await commands.fill(tx, row, CHUNK)
        if not found:
            await commands.end_refilling(tx, row)
        elif job.operation_id is not None:
            await operations.progress(tx, job.operation_id, done=done + found, total=max(total, done + found))
        return found


async def _drained(job: JobContext, field_id: UUID) -> None:
    while not await job.cancelled():
        async with job.begin() as tx:
            row = await queries.field_for_update(tx, field_id)
            if row["operation_id"] != job.operation_id:
                return
            if not await commands.drain(tx, field_id, CHUNK):
                await commands.end_refilling(tx, row)
                return
