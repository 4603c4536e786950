"""A batch of interactions judged item by item, whichever door it came through."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fastapi import Request

from interaction_svc.attachments import queries as attachments
from interaction_svc.attachments.queries import Asked
from interaction_svc.batches import Batch, check_batch
from interaction_svc.interactions import domain
from interaction_svc.interactions.schemas import InteractionCreate
from shared.auth import Principal
from shared.db import Database

Files = Mapping[Asked, str]
"""What attachments are called, each with the customer whose it is said to be."""


async def check_interactions(
    request: Request, caller: Principal, items: Sequence[InteractionCreate], *, now: datetime
) -> Batch[InteractionCreate]:
    """Judge every interaction alone; Unavailable as `check_batch`."""

    def check(item: InteractionCreate) -> None:
        domain.check_happened(item.occurred_at, now=now)

    batch = await check_batch(request, caller, items, check)
    asked = attached(batch.items)
    if not asked:
        return batch
    database: Database = request.state.database
    async with database.read(caller.scope) as reader:
        found = await attachments.names(reader, asked)
    wrong = {
        index: domain.attachment_unknown(place)
        for index, item in batch.right.items()
        for one, place in attached([item]).items()
        if one not in found
    }
    right = {index: item for index, item in batch.right.items() if index not in wrong}
    return replace(batch, right=right, wrong={**batch.wrong, **wrong})


def attached(items: Iterable[InteractionCreate]) -> dict[Asked, int]:
    """The attachments that these interactions name, and at which place; their customers are known."""
    return {
        (one.attachment_id, item.customer): place
        for item in items
        for place, one in enumerate(item.attachments)
        if one.attachment_id is not None
    }
