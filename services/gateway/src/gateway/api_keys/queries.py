"""Reading keys."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, case, func, not_, or_, select

from gateway.api_keys.domain import STANDARD_PLAN, TEST_PLAN
from gateway.api_keys.schemas import ApiKeyQuery, shown
from gateway.api_keys.tables import ApiKey
from gateway.staff.tables import Staff
from shared.db import Reader, Record, Sight, in_sight, prepare, sight, visible
from shared.http import Listing
from shared.problems import NotFound, not_found
from shared.sealing import Sealer

_table = ApiKey.__table__  # type: ignore[attr-defined]
_k = _table.c
_staff = Staff.__table__  # type: ignore[attr-defined]
_SECRET = {"secret_hash", "previous_hash"}
_SHOWN = [column for column in _k if column.key not in _SECRET]

SIGHT = Sight(_k.distributor_id)
_BY_ID = prepare(select(*_SHOWN).where(_k.id == bindparam("id"), in_sight(SIGHT)))
_FOR_CHANGE = prepare(select(_table).where(_k.id == bindparam("id"), in_sight(SIGHT)).with_for_update())
_GIVEN = select(_table, _staff.c.roles, _staff.c.data_scope).select_from(
    _table.outerjoin(_staff, _staff.c.id == _k.granted_by)
)
_PRESENTED = prepare(_GIVEN.where(_k.key_id == bindparam("key_id")))
_GIVEN_BY_ID = prepare(_GIVEN.where(_k.id == bindparam("id")))
_PLANS = prepare(
    select(
        _k.id,
        case((and_(_k.environment == "test", _k.plan == STANDARD_PLAN), TEST_PLAN), else_=_k.plan).label(
            "plan"
        ),
    ).where(_k.revoked_at.is_(None), or_(_k.environment == "test", _k.plan != STANDARD_PLAN))
)
_ENDED = and_(_k.expires_at.is_not(None), _k.expires_at <= func.now())
_STANDING: dict[str, ColumnElement[bool]] = {
    "active": and_(_k.revoked_at.is_(None), or_(_k.expires_at.is_(None), not_(_ENDED))),
    "expired": and_(_k.revoked_at.is_(None), _ENDED),
    "revoked": _k.revoked_at.is_not(None),
}

LISTING = Listing(
    select(*_SHOWN),
    key=_k.id,
    sorts={"created_at": _k.created_at},
    default="-created_at",
    filters={
        "status": _STANDING.__getitem__,
        "environment": lambda value: _k.environment == value,
        "distributor_id": lambda value: _k.distributor_id == value,
        "created_by": lambda value: _k.created_by == value,
        "granted_by": lambda value: _k.granted_by == value,
    },
)


def _absent() -> NotFound:
    return not_found("key", "密钥")


async def key_by_id(reader: Reader, api_key_id: UUID) -> Record:
    """A key without its hashes; raises NotFound."""
    row = await reader.row(_BY_ID, id=api_key_id, **sight(reader.scope))
    if row is None:
        raise _absent()
    return row


async def key_for_change(reader: Reader, api_key_id: UUID) -> dict[str, Any]:
    """The whole key, locked until the transaction ends; raises NotFound."""
    row = await reader.row(_FOR_CHANGE, id=api_key_id, **sight(reader.scope))
    if row is None:
        raise _absent()
    return dict(row)


async def presented(reader: Reader, key_id: str) -> Record | None:
    """The key of this public part, with how its giver stands now."""
    return await reader.row(_PRESENTED, key_id=key_id)


async def given(reader: Reader, api_key_id: UUID) -> Record | None:
    """The same of the key with this id."""
    return await reader.row(_GIVEN_BY_ID, id=api_key_id)


async def plans_of_keys(reader: Reader) -> dict[UUID, str]:
    """The plans of the keys that have another than the standard one; a test key has its own standard."""
    return {row["id"]: row["plan"] for row in await reader.rows(_PLANS)}


async def list_keys(reader: Reader, query: ApiKeyQuery, sealer: Sealer, now: datetime) -> dict[str, Any]:
    """One page of keys, without their hashes."""
    page = await LISTING.page(reader, query, sealer, where=visible(reader.scope, SIGHT))
    return {**page, "data": [shown(row, now) for row in page["data"]]}
