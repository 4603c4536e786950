"""The work behind an undo: record by record backwards, a chunk and its progress in one transaction."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from customer_svc.interactions.clients import Interactions
from customer_svc.transfers.domain import CHUNK_ROWS
from customer_svc.undos import commands, queries
from customer_svc.undos.domain import Kept
from customer_svc.undos.taking_back import take_back
from shared.db import Scope
from shared.jobs import JobContext


async def run_undo(job: JobContext, args: dict[str, Any], *, interactions: Interactions) -> None:
    """Undo an import from where the last worker stopped."""
    async with job.db.read() as db:
        entry = await queries.undo(db, UUID(args["import_id"]))
    while not await job.cancelled():
        if entry["entity"] == "interactions":
            following = await _withdrawn(job, entry, interactions, args["token"])
        else:
            following = await _taken_back(job, entry)
        if following is None:
            return
        entry = following


async def _taken_back(job: JobContext, entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """The next chunk; None if there was none."""
    async with job.begin(scope=Scope(_ids(entry["scope_ids"]), _ids(entry["holder_ids"]))) as tx:
        judged = await queries.next_touched(tx, entry, CHUNK_ROWS)
        if not judged:
            await commands.end_undo(tx, entry)
            return None
        kept = await take_back(tx, entry, judged)
        return await commands.advance(tx, entry, judged, kept)


async def _withdrawn(
    job: JobContext, entry: Mapping[str, Any], interactions: Interactions, token: str
) -> dict[str, Any] | None:
    """The same of records that are stored elsewhere: asked for first, and then counted."""
    async with job.db.read() as db:
        judged = await queries.next_touched(db, entry, CHUNK_ROWS)
    if not judged:
        async with job.begin() as tx:
            await commands.end_undo(tx, entry)
        return None
    versions = {one.record_id: one.versions[-1] for one in judged}
    answers = await interactions.withdraw(token, entry["operation_id"], entry["done"], versions)
    codes = {answer.id: answer.code for answer in answers}
    kept = [Kept(one, code) for one in judged if (code := codes.get(one.record_id)) is not None]
    async with job.begin() as tx:
        return await commands.advance(tx, entry, judged, kept)


def _ids(kept: Any) -> frozenset[UUID] | None:
    return None if kept is None else frozenset(kept)
