"""Every SELECT of deliveries."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Interval,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from notify_svc.deliveries.domain import Listener
from notify_svc.deliveries.tables import WebhookAttempt, WebhookDelivery, WebhookEvent
from notify_svc.partners.queries import DISTRIBUTOR, KEY, SHUT, subtrees
from notify_svc.webhooks.domain import KEPT
from notify_svc.webhooks.queries import ENDPOINT, MINE, SIGHT, THERE, mine, whose
from shared.auth import Principal
from shared.db import Reader, Record, Tx, in_sight, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.sealing import Sealer

EVENT = WebhookEvent.__table__  # type: ignore[attr-defined]
DELIVERY = WebhookDelivery.__table__  # type: ignore[attr-defined]
ATTEMPT = WebhookAttempt.__table__  # type: ignore[attr-defined]

# As text, not as an argument: a generic plan can use a partial index only if it sees the value.
WAITING = text("webhook_delivery.state = 'waiting'")

STANDING = ENDPOINT.outerjoin(KEY, KEY.c.id == ENDPOINT.c.owner_id).outerjoin(
    DISTRIBUTOR, DISTRIBUTOR.c.id == ENDPOINT.c.distributor_id
)
GOOD = (
    THERE,
    or_(
        KEY.c.id.is_(None),
        KEY.c.revoked.is_(False) & (KEY.c.expires_at.is_(None) | (KEY.c.expires_at > func.now())),
    ),
    or_(DISTRIBUTOR.c.id.is_(None), and_(*(DISTRIBUTOR.c.status != each for each in SHUT))),
)
"""Whose key holds, and whose distributor does business, as far as that is known here."""
LISTENING = (
    ENDPOINT.c.id,
    ENDPOINT.c.event_types,
    ENDPOINT.c.permissions,
    ENDPOINT.c.distributor_id,
    ENDPOINT.c.state,
    KEY.c.scopes,
)

_LISTENERS = prepare(
    select(*LISTENING)
    .select_from(STANDING)
    .where(
        *GOOD,
        or_(
            ENDPOINT.c.state == "enabled",
            (ENDPOINT.c.disabled_at > func.now() - bindparam("kept", KEPT, type_=Interval))
            & (ENDPOINT.c.disabled_reason != "key_revoked"),
        ),
    )
)
_one = (
    select(DELIVERY, ENDPOINT.c.owner_id, ENDPOINT.c.state.label("webhook_state"))
    .select_from(DELIVERY.join(ENDPOINT, ENDPOINT.c.id == DELIVERY.c.endpoint_id))
    .where(DELIVERY.c.id == bindparam("id", type_=Uuid), THERE, MINE, in_sight(SIGHT))
)
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update(of=DELIVERY))
_ATTEMPTS = prepare(
    select(ATTEMPT)
    .where(ATTEMPT.c.delivery_id == bindparam("id", type_=Uuid))
    .order_by(ATTEMPT.c.number.desc())
    .limit(100)
)
_window = (
    DELIVERY.c.endpoint_id == bindparam("webhook", type_=Uuid),
    DELIVERY.c.occurred_at >= bindparam("start", type_=DateTime(timezone=True)),
    DELIVERY.c.occurred_at < bindparam("end", type_=DateTime(timezone=True)),
    DELIVERY.c.state != "waiting",
    or_(
        bindparam("every_type", type_=Boolean),
        DELIVERY.c.event_type == func.any(bindparam("types", type_=ARRAY(Text))),
    ),
    or_(bindparam("delivered_too", type_=Boolean), DELIVERY.c.state != "delivered"),
)
_COUNT_IN_WINDOW = prepare(select(func.count()).select_from(DELIVERY).where(*_window))
_IN_WINDOW = prepare(
    select(DELIVERY.c.id, DELIVERY.c.occurred_at)
    .where(
        *_window,
        DELIVERY.c.occurred_at >= bindparam("after_at", type_=DateTime(timezone=True)),
        or_(
            DELIVERY.c.occurred_at > bindparam("after_at", type_=DateTime(timezone=True)),
            DELIVERY.c.id > bindparam("after", type_=Uuid),
        ),
    )
    .order_by(DELIVERY.c.occurred_at, DELIVERY.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update()
)
_DELIVERIES = Listing(
    select(DELIVERY)
    .select_from(DELIVERY.join(ENDPOINT, ENDPOINT.c.id == DELIVERY.c.endpoint_id))
    .where(THERE),
    key=DELIVERY.c.id,
    sorts={"created_at": DELIVERY.c.created_at},
    default="-created_at",
    filters={
        "webhook_id": lambda value: DELIVERY.c.endpoint_id == value,
        "event_type": lambda value: DELIVERY.c.event_type == value,
        "state": lambda value: DELIVERY.c.state == value,
        "created_at_gte": lambda value: DELIVERY.c.created_at >= value,
        "created_at_lt": lambda value: DELIVERY.c.created_at < value,
    },
)
_OLDEST = prepare(
    select(
        func.extract("epoch", func.now() - func.min(func.greatest(DELIVERY.c.due_at, DELIVERY.c.created_at)))
    )
    .select_from(DELIVERY.join(ENDPOINT, ENDPOINT.c.id == DELIVERY.c.endpoint_id))
    .where(WAITING, DELIVERY.c.due_at <= func.now(), THERE, ENDPOINT.c.state == "enabled")
)


def _permitted(row: Record) -> frozenset[str] | None:
    """What a webhook's maker may now: what it had when it was made, as far as its key still has it."""
    if row["permissions"] is None:
        return None
    had = frozenset(row["permissions"])
    return had if row["scopes"] is None else had & frozenset(row["scopes"])


async def understood(reader: Reader, rows: Iterable[Record]) -> list[Listener]:
    """Rows of `LISTENING` as listeners, with what stands below their distributors at this moment."""
    rows = list(rows)
    below = await subtrees(reader, {row["distributor_id"] for row in rows if row["distributor_id"]})
    return [
        Listener(
            row["id"],
            tuple(row["event_types"]),
            _permitted(row),
            None if row["distributor_id"] is None else below[row["distributor_id"]],
            enabled=row["state"] == "enabled",
        )
        for row in rows
    ]


async def listeners(tx: Tx) -> list[Listener]:
    """All webhooks that hear anything, and those disabled of late, for which it is kept."""
    return await understood(tx, await tx.rows(_LISTENERS))


async def deliveries_page(
    reader: Reader, query: ListQuery, sealer: Sealer, *, caller: Principal
) -> dict[str, Any]:
    """One page of the deliveries of webhooks that the caller may see."""
    where: list[ColumnElement[bool]] = [*visible(reader.scope, SIGHT), *mine(caller)]
    return await _DELIVERIES.page(reader, query, sealer, where=where)


def _seen(found: Record | None) -> Record:
    if found is None:
        raise not_found("delivery", "投递记录")
    return found


async def delivery(reader: Reader, delivery_id: UUID, *, caller: Principal) -> Record:
    """One delivery with whose webhook it is for; NotFound unless the caller may see it."""
    return _seen(await reader.row(_ONE, id=delivery_id, **whose(caller), **sight(reader.scope)))


async def delivery_for_update(tx: Tx, delivery_id: UUID, *, caller: Principal) -> Record:
    """The same, locked."""
    return _seen(await tx.row(_ONE_FOR_UPDATE, id=delivery_id, **whose(caller), **sight(tx.scope)))


async def attempts(reader: Reader, delivery_id: UUID) -> list[Record]:
    """The newest hundred attempts of a delivery, the newest first."""
    return await reader.rows(_ATTEMPTS, id=delivery_id)


async def count_in_window(reader: Reader, window: Mapping[str, Any]) -> int:
    """How many deliveries a replay of this window would send again."""
    count: int = await reader.value(_COUNT_IN_WINDOW, **window)
    return count


async def in_window(
    tx: Tx, window: Mapping[str, Any], *, after: tuple[datetime, UUID], most: int
) -> list[Record]:
    """The next of them behind a position, locked, in the order in which they occurred."""
    return await tx.rows(_IN_WINDOW, **window, after_at=after[0], after=after[1], most=most)


async def oldest_waiting(reader: Reader) -> float:
    """For how many seconds the oldest due delivery has waited; 0 if none does."""
    waited = await reader.value(_OLDEST)
    return max(float(waited or 0), 0.0)
