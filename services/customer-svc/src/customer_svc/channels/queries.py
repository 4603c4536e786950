"""Reading the register of channels."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from customer_svc.channels.schemas import ChannelQuery
from customer_svc.channels.tables import Channel
from shared.db import Prepared, Reader, Tx, prepare
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_t = Channel.__table__  # type: ignore[attr-defined]
_one = select(_t).where(_t.c.id == bindparam("b_id"))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
_LIST = Listing(
    select(_t),
    key=_t.c.id,
    sorts={"created_at": _t.c.created_at, "name": _t.c.name},
    default="name",
    filters={
        "kind": lambda kind: _t.c.kind == kind,
        "code": lambda code: _t.c.code == code,
        "confirmed": lambda confirmed: _t.c.confirmed == confirmed,
    },
)


async def _found(db: Reader, statement: Prepared, channel_id: UUID) -> dict[str, Any]:
    row = await db.row(statement, b_id=channel_id)
    if row is None or not (row["confirmed"] or db.scope.distributors is None):
        raise not_found("channel", "渠道")
    return dict(row)


async def channel(db: Reader, channel_id: UUID) -> dict[str, Any]:
    """One channel; NotFound if there is none in sight."""
    return await _found(db, _ONE, channel_id)


async def channel_for_update(tx: Tx, channel_id: UUID) -> dict[str, Any]:
    """One channel, locked until the transaction ends."""
    return await _found(tx, _ONE_FOR_UPDATE, channel_id)


async def channels(db: Reader, query: ChannelQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the register; a partner sees only what a person confirmed."""
    where = [] if db.scope.distributors is None else [_t.c.confirmed]
    return await _LIST.page(db, query, sealer, where=where)
