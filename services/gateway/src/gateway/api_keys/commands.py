"""Every change to keys."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import ForeignKeyViolationError
from sqlalchemy import bindparam, insert, update

from gateway.api_keys import domain, queries, text
from gateway.api_keys.hashing import Hashing
from gateway.api_keys.schemas import ApiKeyCreate
from gateway.api_keys.tables import ApiKey
from gateway.reach.domain import Place
from shared.auth import Principal
from shared.db import Prepared, Tx, prepare
from shared.events.gateway import KeyChanged, KeyCreated, KeyRevoked
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict, Invalid

_table = ApiKey.__table__  # type: ignore[attr-defined]
_COLUMNS = tuple(_table.c.keys())
_FIXED = {"id", "key_id", "environment", "distributor_id", "created_by", "created_at", "last_used_at"}
_CHANGEABLE = tuple(name for name in _COLUMNS if name not in _FIXED)
_UNUSED: dict[str, None] = dict.fromkeys(name for name in _COLUMNS if _table.c[name].nullable)

_ADD = prepare(insert(_table), *_COLUMNS)
_SAVE = prepare(update(_table).where(_table.c.id == bindparam("b_id")), *_CHANGEABLE)


@dataclass(frozen=True, slots=True)
class Made:
    """A key with the only sight of its secret there will be."""

    row: dict[str, Any]
    key: str


async def create_key(tx: Tx, hashing: Hashing, new: ApiKeyCreate, home: Place, *, caller: Principal) -> Made:
    """Give a distributor a key. Raises Forbidden beyond what the caller may give, Invalid for a poor one."""
    domain.refuse_narrow(caller.scope.holders)
    domain.refuse_beyond(new.scopes, caller.permissions)
    _refuse_past(new.expires_at, tx.now)
    if not home.open:
        raise Invalid.at(
            "/distributor_id",
            "distributor_not_open",
            en="is suspended or has ended",
            zh="该经销商已暂停或终止",
        )
    key_id = text.new_key_id()
    key = text.new_key(new.environment, key_id)
    row = {
        **_UNUSED,
        **new.model_dump(),
        "id": tx.new_id(),
        "key_id": key_id,
        "secret_hash": _hash(hashing, key),
        "created_by": caller.id,
        "granted_by": caller.id,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await _keep(tx, _ADD, row)
    _announce(tx, KeyCreated, row, created_by=caller.id, **_standing(row))
    return Made(row, key)


async def change_key(
    tx: Tx, api_key_id: UUID, changes: dict[str, Any], *, caller: Principal, expected: int | None
) -> dict[str, Any]:
    """Apply a patch; whoever sets the scopes answers for them. Raises as `create_key`, and Conflict."""
    row = await _changeable(tx, api_key_id, caller, expected)
    if "scopes" in changes:
        domain.refuse_beyond(changes["scopes"], caller.permissions)
        changes["granted_by"] = caller.id
    _refuse_past(changes.get("expires_at"), tx.now)
    after = {**row, **changes}
    if after == row:
        return row
    saved = await _save(tx, after)
    if _standing(saved) != _standing(row):
        _announce(tx, KeyChanged, saved, changed_by=caller.id, **_standing(saved))
    return saved


async def rotate_key(
    tx: Tx, hashing: Hashing, api_key_id: UUID, overlap: timedelta, *, caller: Principal, expected: int | None
) -> Made:
    """Make a new secret; the one before stays good for the overlap, the one before that ends now.

    Raises Forbidden when the key may more than the caller could give, Conflict for one that has ended.
    """
    row = await _changeable(tx, api_key_id, caller, expected)
    domain.refuse_beyond(row["scopes"], caller.permissions)
    if domain.status(row["revoked_at"], row["expires_at"], tx.now) != "active":
        raise Conflict(
            "key_expired", en="This key has expired: give it a later end first.", zh="该密钥已过期。"
        )
    key = text.new_key(row["environment"], row["key_id"])
    overlaps = overlap > timedelta()
    after = {
        **row,
        "secret_hash": _hash(hashing, key),
        "previous_hash": row["secret_hash"] if overlaps else None,
        "previous_until": tx.now + overlap if overlaps else None,
        "rotated_at": tx.now,
    }
    return Made(await _save(tx, after), key)


async def revoke_key(tx: Tx, api_key_id: UUID, *, by: UUID, expected: int | None) -> None:
    """End a key for good; the row stays. Idempotent."""
    row = await queries.key_for_change(tx, api_key_id)
    check_version(expected, row["version"])
    if row["revoked_at"] is None:
        ended = {"revoked_at": tx.now, "revoked_by": by, "previous_hash": None, "previous_until": None}
        _announce(tx, KeyRevoked, await _save(tx, {**row, **ended}), revoked_by=by)


async def _changeable(tx: Tx, api_key_id: UUID, caller: Principal, expected: int | None) -> dict[str, Any]:
    domain.refuse_narrow(caller.scope.holders)
    row = await queries.key_for_change(tx, api_key_id)
    check_version(expected, row["version"])
    domain.refuse_revoked(row["revoked_at"])
    return row


async def _save(tx: Tx, row: dict[str, Any]) -> dict[str, Any]:
    row = {**row, "version": row["version"] + 1, "updated_at": tx.now}
    await _keep(tx, _SAVE, {"b_id": row["id"], **{name: row[name] for name in _CHANGEABLE}})
    return row


async def _keep(tx: Tx, statement: Prepared, row: dict[str, Any]) -> None:
    try:
        async with tx.savepoint():
            await tx.run(statement, **row)
    except ForeignKeyViolationError:
        raise Invalid.at("/plan", "no_such_plan", en="is not a plan", zh="没有此限额方案") from None


def _standing(row: dict[str, Any]) -> dict[str, Any]:
    """What others are told of a key beside that it is there."""
    return {"scopes": tuple(sorted(row["scopes"])), "expires_at": row["expires_at"]}


def _announce(tx: Tx, kind: Any, row: dict[str, Any], **told: Any) -> None:
    event = kind(subject=row["id"], version=row["version"], distributor_id=row["distributor_id"], **told)
    outbox.record(tx, event)


def _hash(hashing: Hashing, key: str) -> bytes:
    read = text.read(key)
    if read is None:
        raise RuntimeError("a new key does not read back")
    return hashing.of(read.body)


def _refuse_past(end: datetime | None, now: datetime) -> None:
    if end is not None and end <= now:
        raise Invalid.at(
            "/expires_at", "not_in_the_future", en="must lie in the future", zh="必须是将来的时间"
        )
