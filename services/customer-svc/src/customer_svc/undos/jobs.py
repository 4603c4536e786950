"""The work behind an undo: record by record backwards, a chunk and its progress in one transaction."""

from typing import Any
from uuid import UUID

from customer_svc.transfers.domain import CHUNK_ROWS
from customer_svc.undos import commands, queries
from customer_svc.undos.taking_back import take_back
from shared.db import Scope
from shared.jobs import JobContext


async def run_undo(job: JobContext, args: dict[str, Any]) -> None:
    """Undo an import from where the last worker stopped."""
    async with job.db.read() as db:
        entry = await queries.undo(db, UUID(args["import_id"]))
    scope = Scope(_ids(entry["scope_ids"]), _ids(entry["holder_ids"]))
    while not await job.cancelled():
        async with job.begin(scope=scope) as tx:
            judged = await queries.next_touched(tx, entry, CHUNK_ROWS)
            if not judged:
                await commands.end_undo(tx, entry)
                return
            kept = await take_back(tx, entry, judged)
            entry = await commands.advance(tx, entry, judged, kept)


def _ids(kept: Any) -> frozenset[UUID] | None:
    return None if kept is None else frozenset(kept)
