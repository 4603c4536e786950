"""Every change to staff accounts."""

from typing import Any
from uuid import UUID

import asyncpg
from pydantic import ValidationError
from sqlalchemy import bindparam, insert, update

from gateway.staff import domain, queries
from gateway.staff.passwords import Passwords, generated
from gateway.staff.schemas import StaffCreate
from gateway.staff.tables import Staff
from shared.db import EVERYTHING, Database, Scope, Tx, prepare
from shared.events.gateway import StaffChanged
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict, Invalid

_table = Staff.__table__  # type: ignore[attr-defined]
_COLUMNS = tuple(_table.c.keys())
_CHANGEABLE = tuple(name for name in _COLUMNS if name not in {"id", "username", "created_at"})

_ADD = prepare(insert(_table), *_COLUMNS)
_SAVE = prepare(update(_table).where(_table.c.id == bindparam("b_id")), *_CHANGEABLE)
_REHASH = prepare(update(_table).where(_table.c.id == bindparam("b_id")), "password_hash")


async def create_staff(tx: Tx, passwords: Passwords, new: StaffCreate, *, limit: Scope = EVERYTHING) -> UUID:
    """Open an account; raises Conflict for a taken user name and Invalid for a poor password.

    Forbidden for an account that sees more than `limit`, the scope of who opens it.
    """
    domain.keep_below(limit.holders, new.model_dump())
    domain.check_password(new.password, new.username)
    account = {
        **new.model_dump(exclude={"password"}),
        "id": tx.new_id(),
        "password_hash": await passwords.hashed(new.password),
        "status": "active",
        "signed_out_at": tx.now,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    try:
        async with tx.savepoint():
            await tx.run(_ADD, **account)
    except asyncpg.UniqueViolationError:
        raise Conflict("username_taken", en="This user name is taken.", zh="该用户名已被使用。") from None
    _announce(tx, account)
    return UUID(str(account["id"]))


async def change_staff(
    tx: Tx,
    passwords: Passwords,
    staff_id: UUID,
    changes: dict[str, Any],
    *,
    expected: int | None,
    limit: Scope = EVERYTHING,
) -> int:
    """Apply a patch; the new version. Raises NotFound, Stale, Conflict (last administrator), Invalid.

    Forbidden for an account that sees, or is to see, more than `limit`, the scope of who changes it.
    """
    before, other_admins = await queries.staff_beside_admins(tx, staff_id)
    domain.keep_below(limit.holders, before)
    domain.keep_below(limit.holders, {**before, **changes})
    check_version(expected, before["version"])
    password = changes.pop("password", None)
    if password is not None:
        domain.check_password(password, before["username"])
        changes["password_hash"] = await passwords.hashed(password)
    after = {**before, **changes}
    domain.keep_an_admin(before, after, other_admins=other_admins)
    if after == before:
        return int(before["version"])
    if domain.ends_sessions(before, after):
        after["signed_out_at"] = tx.now
    return await _save(tx, after)


async def sign_out_everywhere(tx: Tx, staff_id: UUID, *, limit: Scope = EVERYTHING) -> None:
    """End every session begun before now. Raises NotFound, and Forbidden as `change_staff`."""
    account = await queries.staff_for_change(tx, staff_id)
    domain.keep_below(limit.holders, account)
    await _save(tx, {**account, "signed_out_at": tx.now})


async def renew_hash(tx: Tx, staff_id: UUID, password_hash: str) -> None:
    """Keep the same password under today's costs; nobody is signed out."""
    await tx.run(_REHASH, b_id=staff_id, password_hash=password_hash)


async def ensure_admin(database: Database, password: str | None = None) -> str | None:
    """Open the account `admin` if there is none at all yet; idempotent. Raises Invalid for a poor password.

    Returns the password when one had to be made, for the launcher to print once; None otherwise.
    """
    passwords = Passwords()
    async with database.begin() as tx:
        if not await queries.nobody_yet(tx):
            return None
        chosen = password or generated()
        try:
            await create_staff(tx, passwords, _administrator(domain.FIRST_ADMIN, chosen))
        except Conflict:  # another replica was quicker
            return None
    return None if password else chosen


async def reset_admin(tx: Tx, passwords: Passwords, username: str, password: str) -> None:
    """Let this name administer with this password, whether it had an account or not; idempotent.

    An account keeps its other roles, is enabled, sees everything, and is signed out everywhere.
    """
    new = _administrator(username, password)
    account = await queries.credentials(tx, username)
    if account is None:
        await create_staff(tx, passwords, new)
        return
    roles = sorted({*account["roles"], "admin"})
    changes = {"password": password, "roles": roles, "status": "active", "data_scope": "all"}
    await change_staff(tx, passwords, account["id"], changes, expected=None)


def _administrator(username: str, password: str) -> StaffCreate:
    domain.check_password(password, username)
    try:
        return StaffCreate(
            username=username,
            display_name="Administrator 管理员",
            password=password,
            roles=["admin"],
            data_scope="all",
        )
    except ValidationError:
        raise Invalid.at(
            "/password",
            "password_unreadable",
            en="The password is too long or holds control characters.",
            zh="密码过长或包含控制字符。",
        ) from None


async def _save(tx: Tx, account: dict[str, Any]) -> int:
    account["version"] += 1
    account["updated_at"] = tx.now
    await tx.run(_SAVE, b_id=account["id"], **{name: account[name] for name in _CHANGEABLE})
    _announce(tx, account)
    return int(account["version"])


def _announce(tx: Tx, account: dict[str, Any]) -> None:
    outbox.record(
        tx,
        StaffChanged(
            subject=account["id"],
            version=account["version"],
            distributor_id=None,
            roles=tuple(account["roles"]),
            active=account["status"] == "active",
            org_unit_id=account["org_unit_id"],
            data_scope=account["data_scope"],
        ),
    )
