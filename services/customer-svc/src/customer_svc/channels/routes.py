"""The door to the register of channels."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from customer_svc.channels import commands, queries
from customer_svc.channels.schemas import ChannelCreate, ChannelPatch, ChannelQuery, ChannelRead
from shared.http import IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["channels"])


@router.get(
    "/v1/channels",
    operation_id="listChannels",
    summary="List channels",
    response_model=Page[ChannelRead],
    **needs("channels:read"),
)
async def list_channels(query: Annotated[ChannelQuery, Query()], db: ReadDb, sealer: Sealing) -> Any:
    """The register of channels, by name.

    A channel code that arrives with an order, a customer or an identity and is not in the register yet is
    entered by that first use as `other` with `confirmed: false`; `?confirmed=false` is the list to look
    through. Partners see confirmed channels only.
    """
    return await queries.channels(db, query, sealer)


@router.post(
    "/v1/channels",
    status_code=201,
    operation_id="createChannel",
    summary="Create a channel",
    response_model=ChannelRead,
    **needs("channels:write"),
)
async def create_channel(body: ChannelCreate, tx: WriteTx, response: Response) -> Any:
    """Enter a channel. Its code cannot be changed later; 409 `code_taken` if there is such a channel."""
    row = await commands.create_channel(tx, body)
    response.headers["Location"] = f"/v1/channels/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/channels/{channel_id}",
    operation_id="getChannel",
    summary="Read a channel",
    response_model=ChannelRead,
    **needs("channels:read"),
)
async def get_channel(channel_id: UUID, db: ReadDb, response: Response) -> Any:
    """One channel of the register."""
    row = await queries.channel(db, channel_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/channels/{channel_id}",
    operation_id="changeChannel",
    summary="Change a channel",
    response_model=ChannelRead,
    **needs("channels:write"),
)
async def change_channel(
    channel_id: UUID, body: ChannelPatch, tx: WriteTx, if_match: IfMatch, response: Response
) -> Any:
    """Change name or kind, or confirm a channel that was entered by its first use (merge patch)."""
    row = await commands.change_channel(tx, channel_id, body, if_match)
    set_etag(response, row["version"])
    return row
