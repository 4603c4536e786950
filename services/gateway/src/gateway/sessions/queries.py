"""Reading sessions, refresh tokens and guards."""

from uuid import UUID

from sqlalchemy import bindparam, select

from gateway.sessions.domain import Chain, Guard
from gateway.sessions.tables import RefreshToken, Session, SignInGuard
from gateway.staff.tables import Staff
from shared.db import Reader, Record, prepare

_staff = Staff.__table__.c  # type: ignore[attr-defined]
_session = Session.__table__.c  # type: ignore[attr-defined]
_refresh = RefreshToken.__table__.c  # type: ignore[attr-defined]
_guard = SignInGuard.__table__.c  # type: ignore[attr-defined]

_STATE = (
    _session.id.label("session_id"),
    _session.staff_id,
    _session.created_at.label("begun_at"),
    _session.expires_at,
    _session.revoked_at,
    _staff.status,
    _staff.signed_out_at,
    _staff.roles,
)
_GUARD = prepare(
    select(_guard.failed_count, _guard.last_failed_at, _guard.locked_until)
    .where(_guard.key == bindparam("key"))
    .with_for_update()
)
_CHAIN = prepare(
    select(*_STATE, _refresh.secret_hash, _refresh.used_at)
    .join_from(RefreshToken.__table__, Session.__table__)  # type: ignore[attr-defined]
    .join(Staff.__table__)  # type: ignore[attr-defined]
    .where(_refresh.id == bindparam("id"))
    .with_for_update(of=[_refresh.id, _session.id])
)
_STANDING = prepare(
    select(*_STATE)
    .join_from(Session.__table__, Staff.__table__)  # type: ignore[attr-defined]
    .where(_session.id == bindparam("session_id"), _session.staff_id == bindparam("staff_id"))
)


async def guard_for_change(reader: Reader, key: bytes) -> Guard:
    """The guard of a name, locked until the transaction ends."""
    row = await reader.row(_GUARD, key=key)
    return Guard() if row is None else Guard(**dict(row))


async def presented_token(reader: Reader, token_id: UUID) -> Record | None:
    """A refresh token with its session and person, locked until the transaction ends."""
    return await reader.row(_CHAIN, id=token_id)


async def standing(reader: Reader, staff_id: UUID, session_id: UUID) -> Record | None:
    """How a session and its person stand now."""
    return await reader.row(_STANDING, staff_id=staff_id, session_id=session_id)


def chain_of(row: Record, *, used: bool = False) -> Chain:
    """The row in the words of the domain."""
    return Chain(
        used=used,
        revoked=row["revoked_at"] is not None,
        expires_at=row["expires_at"],
        begun_at=row["begun_at"],
        active=row["status"] == "active",
        signed_out_at=row["signed_out_at"],
    )
