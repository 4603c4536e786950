"""Door for HTTP: how a person wants to be told of what is due."""

from typing import Any

from fastapi import Response

from notify_svc.digests import commands, queries
from notify_svc.digests.commands import wish_of
from notify_svc.digests.schemas import InboxSettingsPut, InboxSettingsRead, shown
from shared.http import Caller, IfMatch, ReadDb, Router, WriteTx, needs, set_etag

router = Router(tags=["inbox"])


@router.get(
    "/v1/inbox/settings",
    operation_id="getInboxSettings",
    summary="Read how you are told of what is due",
    description="What you chose, or what everybody gets who never chose: each reminder at once.",
    response_model=InboxSettingsRead,
    **needs("inbox:read"),
)
async def get_inbox_settings(db: ReadDb, caller: Caller, response: Response) -> dict[str, Any]:
    row = await queries.settings(db, caller.id)
    answer = shown(wish_of(row), row)
    set_etag(response, answer["version"])
    return answer


@router.put(
    "/v1/inbox/settings",
    operation_id="putInboxSettings",
    summary="Choose how you are told of what is due",
    description=(
        "`at_once`: each reminder rings when it is due. `digest`: none rings; on workdays at `digest_at` by "
        "the clock of `timezone` one item lists what came due since the last one. Changing over to "
        "`at_once` brings what waited at once. What others hand on to you, and alarms of complaints, ring."
    ),
    response_model=InboxSettingsRead,
    **needs("inbox:write"),
)
async def put_inbox_settings(
    body: InboxSettingsPut, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    wish = body.wish()
    row = await commands.choose(tx, caller.id, wish, expected=expected)
    set_etag(response, row["version"])
    return shown(wish, row)
