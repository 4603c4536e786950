"""Every SELECT of webhooks."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ColumnElement, Uuid, bindparam, func, or_, select

from notify_svc.webhooks.tables import WebhookEndpoint, WebhookLane
from shared.auth import Principal
from shared.db import Reader, Record, Sight, Tx, in_sight, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import Forbidden, not_found
from shared.sealing import Sealer

ENDPOINT = WebhookEndpoint.__table__  # type: ignore[attr-defined]
LANE = WebhookLane.__table__  # type: ignore[attr-defined]
SIGHT = Sight(ENDPOINT.c.distributor_id, held=(ENDPOINT.c.created_by,))
_SECRETS = {"secret", "previous_secret", "permissions", "deleted_at"}
_SHOWN = [column for column in ENDPOINT.c if column.key not in _SECRETS]
_FIGURES = [
    LANE.c[name]
    for name in (
        "failing_since",
        "last_success_at",
        "last_failure_at",
        "last_failure_reason",
        "delivered",
        "failed_attempts",
        "rest_until",
    )
]
THERE = ENDPOINT.c.deleted_at.is_(None)
MINE = or_(bindparam("sees_all", type_=Boolean), ENDPOINT.c.owner_id == bindparam("owner", type_=Uuid))

_whole = select(*_SHOWN, *_FIGURES).select_from(ENDPOINT.join(LANE, LANE.c.endpoint_id == ENDPOINT.c.id))
_asked = (ENDPOINT.c.id == bindparam("id", type_=Uuid), THERE, MINE, in_sight(SIGHT))
_ONE = prepare(_whole.where(*_asked))
_ONE_FOR_UPDATE = prepare(select(ENDPOINT).where(*_asked).with_for_update())
_LOCK_OWNER = prepare(
    select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("whose"), bindparam("salt", 7))))
)
_COUNT = prepare(
    select(func.count(type_=BigInteger))
    .select_from(ENDPOINT)
    .where(ENDPOINT.c.owner_id.is_not_distinct_from(bindparam("owner", type_=Uuid)), THERE)
)
_ENDPOINTS = Listing(
    _whole.where(THERE),
    key=ENDPOINT.c.id,
    sorts={"created_at": ENDPOINT.c.created_at},
    default="-created_at",
    filters={
        "state": lambda value: ENDPOINT.c.state == value,
        "distributor_id": lambda value: ENDPOINT.c.distributor_id == value,
    },
)


def whose(caller: Principal) -> dict[str, Any]:
    """The arguments of `MINE`: a key sees its own webhooks, staff all as far as they see."""
    return {"sees_all": caller.kind == "staff", "owner": caller.id}


def refuse_narrow(caller: Principal) -> None:
    """Forbidden for a person who does not see every customer: a webhook of the company hears of all."""
    if caller.scope.holders is not None:
        raise Forbidden(
            "sight_too_narrow",
            en="Webhooks hear of all customers: this needs the data scope all.",
            zh="Webhook 涉及全部客户，需要数据范围 all。",
        )


def mine(caller: Principal) -> list[ColumnElement[bool]]:
    """The same for a statement that is made for one request."""
    return [] if caller.kind == "staff" else [ENDPOINT.c.owner_id == caller.id]


async def webhooks_page(
    reader: Reader, query: ListQuery, sealer: Sealer, *, caller: Principal
) -> dict[str, Any]:
    """One page of the webhooks that the caller may see."""
    return await _ENDPOINTS.page(reader, query, sealer, where=[*visible(reader.scope, SIGHT), *mine(caller)])


def _seen(found: Record | None) -> Record:
    if found is None:
        raise not_found("webhook", "Webhook")
    return found


async def webhook(reader: Reader, webhook_id: UUID, *, caller: Principal) -> Record:
    """One webhook with how sending there goes, without secrets; NotFound unless the caller may see it."""
    return _seen(await reader.row(_ONE, id=webhook_id, **whose(caller), **sight(reader.scope)))


async def webhook_for_update(tx: Tx, webhook_id: UUID, *, caller: Principal) -> Record:
    """The whole row, locked; NotFound unless the caller may see it, Forbidden as `refuse_narrow`."""
    found = _seen(await tx.row(_ONE_FOR_UPDATE, id=webhook_id, **whose(caller), **sight(tx.scope)))
    refuse_narrow(caller)
    return found


async def count_of(tx: Tx, owner_id: UUID | None) -> int:
    """How many webhooks this owner (None: the company) has; others who ask wait for this transaction."""
    await tx.row(_LOCK_OWNER, whose=f"webhooks of {owner_id}")
    count: int = await tx.value(_COUNT, owner=owner_id)
    return count
