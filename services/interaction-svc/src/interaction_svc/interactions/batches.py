"""A batch of interactions judged item by item, whichever door it came through."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request

from interaction_svc.attachments.uses import check_files
from interaction_svc.batches import Batch, check_batch
from interaction_svc.interactions import domain
from interaction_svc.interactions.schemas import InteractionCreate
from shared.auth import Principal


async def check_interactions(
    request: Request, caller: Principal, items: Sequence[InteractionCreate], *, now: datetime
) -> Batch[InteractionCreate]:
    """Judge every interaction alone; Unavailable as `check_batch`."""

    def check(item: InteractionCreate) -> None:
        domain.check_happened(item.occurred_at, now=now)

    return await check_files(request, caller, await check_batch(request, caller, items, check))
