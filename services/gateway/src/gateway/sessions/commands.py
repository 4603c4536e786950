"""Every change to sessions, refresh tokens and guards."""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, update
from sqlalchemy.dialects.postgresql import insert

from gateway.sessions import domain, queries, tokens
from gateway.sessions.domain import Method, Presented, Program
from gateway.sessions.tables import RefreshToken, Session, SignInGuard
from shared.db import Tx, prepare
from shared.http.testimony import Witness
from shared.problems import TooMany, not_found

_session = Session.__table__  # type: ignore[attr-defined]
_refresh = RefreshToken.__table__  # type: ignore[attr-defined]
_guard = SignInGuard.__table__  # type: ignore[attr-defined]

_FIRST_GUARD = prepare(
    insert(_guard).on_conflict_do_nothing(), "key", "failed_count", "last_failed_at", "locked_until"
)
_COUNT = prepare(
    update(_guard).where(_guard.c.key == bindparam("b_key")), "failed_count", "last_failed_at", "locked_until"
)
_FORGIVE = prepare(delete(_guard).where(_guard.c.key == bindparam("key")))
_FORGET = prepare(delete(_guard).where(_guard.c.last_failed_at < bindparam("before")))
_BEGIN = prepare(insert(_session), "id", "staff_id", "created_at", "expires_at", "program", "method")
_CLEAN = prepare(delete(_session).where(_session.c.expires_at < bindparam("before")))
_ADD_TOKEN = prepare(insert(_refresh), "id", "session_id", "secret_hash", "created_at")
_USE = prepare(update(_refresh).where(_refresh.c.id == bindparam("b_id")), "used_at")
_REVOKE = prepare(
    update(_session).where(_session.c.id == bindparam("b_id"), _session.c.revoked_at.is_(None)),
    "revoked_at",
    "revoked_for",
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A session with the refresh token to hand out."""

    staff_id: UUID
    session_id: UUID
    refresh_token: str


async def count_attempt(tx: Tx, guard_key: bytes) -> None:
    """Count a sign-in as failed before it is tried, so that many at once gain nothing.

    Raises TooMany while the name is locked. `forgive` takes it back after success.
    """
    await tx.run(_FORGET, before=tx.now - domain.FORGOTTEN_AFTER)
    await tx.run(_FIRST_GUARD, key=guard_key, failed_count=0, last_failed_at=tx.now, locked_until=None)
    guard = await queries.guard_for_change(tx, guard_key)
    seconds = domain.seconds_locked(guard, tx.now)
    if seconds:
        raise TooMany(
            "sign_in_locked",
            en="Too many failed sign-ins. Wait before the next one.",
            zh="登录失败次数过多，请稍后再试。",
            retry_after=seconds,
        )
    after = domain.counted(guard, tx.now)
    await tx.run(
        _COUNT,
        b_key=guard_key,
        failed_count=after.failed_count,
        last_failed_at=after.last_failed_at,
        locked_until=after.locked_until,
    )


async def forgive(tx: Tx, guard_key: bytes) -> None:
    """Forget the failures of a name after its right password."""
    await tx.run(_FORGIVE, key=guard_key)


async def begin_session(
    tx: Tx, staff_id: UUID, *, life: timedelta, program: Program, method: Method
) -> Begun:
    """A new family of tokens; sessions that expired a day ago are cleared away."""
    await tx.run(_CLEAN, before=tx.now - timedelta(days=1))
    session_id = tx.new_id()
    await tx.run(
        _BEGIN,
        id=session_id,
        staff_id=staff_id,
        created_at=tx.now,
        expires_at=tx.now + life,
        program=program,
        method=method,
    )
    return Begun(staff_id, session_id, await _add_token(tx, session_id))


async def rotate(tx: Tx, given: tokens.Refresh, witness: Witness) -> Begun | None:
    """Use a refresh token up and hand out its successor; None when it is not good.

    A token that was used before revokes its whole family: commit that even though the answer is a refusal.
    """
    row = await queries.presented_token(tx, given.id)
    if row is None or not hmac.compare_digest(row["secret_hash"], given.secret_hash):
        return None
    verdict = domain.presented(queries.chain_of(row, used=row["used_at"] is not None), tx.now)
    if verdict is Presented.REUSED:
        await _revoke(tx, row["session_id"], "reuse")
        witness.changed(tx, row["staff_id"], row["session_id"], status=401, code="refresh_token_reused")
    if verdict is not Presented.GOOD:
        return None
    await tx.run(_USE, b_id=given.id, used_at=tx.now)
    witness.by(row["staff_id"]).changed(tx, row["staff_id"], row["session_id"])
    return Begun(row["staff_id"], row["session_id"], await _add_token(tx, row["session_id"]))


async def sign_out(tx: Tx, given: tokens.Refresh, witness: Witness) -> None:
    """End the family that the refresh token belongs to; a token that is not ours ends nothing."""
    row = await queries.presented_token(tx, given.id)
    if row is not None and hmac.compare_digest(row["secret_hash"], given.secret_hash):
        await _revoke(tx, row["session_id"], "sign_out")
        witness.by(row["staff_id"]).changed(tx, row["staff_id"], row["session_id"])


async def end_session(tx: Tx, staff_id: UUID, session_id: UUID) -> None:
    """End one session of this person; NotFound for any other, and no harm in ending it twice."""
    if not await queries.has_session(tx, staff_id, session_id):
        raise not_found("session", "会话")
    await _revoke(tx, session_id, "sign_out")


async def _revoke(tx: Tx, session_id: UUID, reason: str) -> None:
    await tx.run(_REVOKE, b_id=session_id, revoked_at=tx.now, revoked_for=reason)


async def _add_token(tx: Tx, session_id: UUID) -> str:
    token_id = tx.new_id()
    text, secret_hash = tokens.new_refresh(token_id)
    await tx.run(_ADD_TOKEN, id=token_id, session_id=session_id, secret_hash=secret_hash, created_at=tx.now)
    return text
