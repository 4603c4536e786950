"""Records that refer to attachments: judged one by one or together, noted, and noted anew."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from fastapi import Request

from interaction_svc.attachments import commands, naming, queries
from interaction_svc.attachments.naming import Files, attached, kept_here
from interaction_svc.attachments.schemas import Attachment, WithFiles
from interaction_svc.batches import Batch
from shared.auth import Principal
from shared.db import Database, Tx

Item = TypeVar("Item", bound=WithFiles)


async def check_files(request: Request, caller: Principal, batch: Batch[Item]) -> Batch[Item]:
    """The batch without items that name an attachment which is not there; asks nothing if none names one."""
    asked = attached(batch.items)
    if not asked:
        return batch
    database: Database = request.state.database
    async with database.read(caller.scope) as reader:
        found = await queries.names(reader, asked)
    wrong = {
        index: naming.unknown(place)
        for index, item in batch.right.items()
        for one, place in attached([item]).items()
        if one not in found
    }
    right = {index: item for index, item in batch.right.items() if index not in wrong}
    return replace(batch, right=right, wrong={**batch.wrong, **wrong})


async def taken(tx: Tx, items: Iterable[WithFiles]) -> Files:
    """What the attachments that these items name are called; they stay. Invalid if one is not there."""
    return await _taken(tx, attached(items))


async def named_anew(
    tx: Tx, before: Mapping[str, Any], attachments: Iterable[Attachment]
) -> list[dict[str, str]]:
    """What a record that stood as `before` keeps of these; Invalid if one is not there.

    Those that it names already need not be in sight any more.
    """
    customer_id = before["customer_id"]
    known = kept_here(before["attachments"])
    wanted = list(attachments)
    new = {
        (one.attachment_id, customer_id): place
        for place, one in enumerate(wanted)
        if one.attachment_id is not None and one.attachment_id not in known
    }
    files = {**{(one, customer_id): name for one, name in known.items()}, **await _taken(tx, new)}
    return naming.stored(wanted, customer_id, files)


async def refer(tx: Tx, rows: Iterable[Mapping[str, Any]]) -> None:
    """Note what these new records refer to; of none that names a file nothing is written."""
    uses = [(row["id"], one) for row in rows for one in kept_here(row["attachments"])]
    if uses:
        await commands.refer(tx, uses)


async def refer_anew(tx: Tx, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Note what a record refers to now, and what no more."""
    was, now = (set(kept_here(row["attachments"])) for row in (before, after))
    if now - was:
        await commands.refer(tx, [(after["id"], one) for one in sorted(now - was)])
    if was - now:
        await commands.let_go(tx, [after["id"]], was - now)


async def _taken(tx: Tx, asked: Mapping[queries.Asked, int]) -> Files:
    found = await commands.take(tx, asked) if asked else {}
    for one, place in asked.items():
        if one not in found:
            raise naming.unknown(place)
    return found
