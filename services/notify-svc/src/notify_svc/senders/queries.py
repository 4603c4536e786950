"""Every SELECT over senders."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, exists, func, select

from notify_svc.senders.schemas import SECRETS, SenderQuery
from notify_svc.senders.tables import MessageSender, SenderLane
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing
from shared.problems import Conflict, Invalid, not_found
from shared.sealing import Sealer

Sender = Record | dict[str, Any]
"""A sender's row."""
T: Any = MessageSender.__table__  # type: ignore[attr-defined]
LANE: Any = SenderLane.__table__  # type: ignore[attr-defined]
_one = select(T).where(T.c.id == bindparam("b_id", type_=Uuid))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
_DEFAULT = (
    select(T)
    .where(T.c.active, T.c.channel == bindparam("b_channel", type_=Text))
    .order_by(T.c.is_default.desc(), T.c.created_at, T.c.id)
    .limit(1)
)
_DEFAULT_ONE = prepare(_DEFAULT)
_ANY_OF = prepare(select(exists(select(T.c.id).where(T.c.channel == bindparam("b_channel", type_=Text)))))
_WEBHOOKS = prepare(
    select(T.c.id).where(
        T.c.active, T.c.channel == "webhook", T.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))
    )
)
_LIST = Listing(
    select(T),
    key=T.c.id,
    sorts={"name": T.c.name, "created_at": T.c.created_at},
    default="name",
    filters={"kind": lambda kind: T.c.kind == kind, "active": lambda active: T.c.active == active},
)


def shown(row: Sender, names: list[str]) -> dict[str, Any]:
    """A row as it is answered: of the secrets their names only."""
    return {**dict(row), "has_secrets": names}


def secret_names(row: Sender, sealer: Sealer) -> list[str]:
    """Which secrets a sender has."""
    must, may = SECRETS[row["kind"]]
    return sorted((must | may) & opened(row, sealer).keys())


def opened(row: Sender, sealer: Sealer) -> dict[str, str]:
    """A sender's secrets; for sending only."""
    found: dict[str, str] = json.loads(sealer.open("message sender", row["secrets"], row["id"].bytes))
    return found


async def sender(reader: Reader, sender_id: UUID) -> dict[str, Any]:
    """One sender, or 404."""
    return _found(await reader.row(_ONE, b_id=sender_id))


async def sender_for_update(tx: Tx, sender_id: UUID) -> dict[str, Any]:
    """One sender, locked, or 404."""
    return _found(await tx.row(_ONE_FOR_UPDATE, b_id=sender_id))


async def named(reader: Reader, sender_id: UUID, channel: str) -> dict[str, Any]:
    """A sender that somebody named for a channel; Invalid if it is none of that channel."""
    row = await reader.row(_ONE, b_id=sender_id)
    if row is None or row["channel"] != channel:
        raise Invalid.at(
            "/sender_id", "sender_unknown", en="is no sender of this channel", zh="该渠道没有此发送方"
        )
    return dict(row)


async def default_of(reader: Reader, channel: str) -> dict[str, Any]:
    """By which sender messages of this channel leave that name none; Conflict if there is none."""
    row = await reader.row(_DEFAULT_ONE, b_channel=channel)
    if row is None:
        raise Conflict(
            "no_sender", en="There is no active sender of this channel.", zh="该渠道没有可用的发送渠道。"
        )
    return dict(row)


async def any_of(reader: Reader, channel: str) -> bool:
    """Whether there is any sender of this channel, active or not."""
    found: bool = await reader.value(_ANY_OF, b_channel=channel)
    return found


async def webhooks(reader: Reader, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Those of these that are active senders of the kind `webhook`."""
    return frozenset(row["id"] for row in await reader.rows(_WEBHOOKS, ids=list(ids)))


async def senders(reader: Reader, query: SenderQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all senders."""
    page = await _LIST.page(reader, query, sealer)
    return {**page, "data": [shown(row, secret_names(row, sealer)) for row in page["data"]]}


def _found(row: Record | None) -> dict[str, Any]:
    if row is None:
        raise not_found("sender", "发送渠道")
    return dict(row)
