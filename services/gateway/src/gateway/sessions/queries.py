"""Reading sessions, refresh tokens and guards."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from gateway.sessions.domain import Chain, Guard
from gateway.sessions.tables import RefreshToken, Session, SignInGuard
from gateway.staff.tables import Staff
from shared.db import Reader, Record, prepare
from shared.http import Listing, ListQuery
from shared.sealing import Sealer

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
    _staff.org_unit_id,
    _staff.data_scope,
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


_LAST_USED = select(func.max(_refresh.created_at)).where(_refresh.session_id == _session.id).scalar_subquery()
LISTING = Listing(
    select(
        _session.id,
        _session.created_at,
        func.coalesce(_LAST_USED, _session.created_at).label("last_used_at"),
        _session.expires_at,
        _session.program,
        _session.method,
    ).join_from(Session.__table__, Staff.__table__),  # type: ignore[attr-defined]
    key=_session.id,
    sorts={"created_at": _session.created_at},
    default="-created_at",
    filters={},
)
_OF = prepare(
    select(_session.id).where(
        _session.id == bindparam("session_id"), _session.staff_id == bindparam("staff_id")
    )
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


async def has_session(reader: Reader, staff_id: UUID, session_id: UUID) -> bool:
    """Whether this is, or was, a session of this person."""
    return await reader.row(_OF, staff_id=staff_id, session_id=session_id) is not None


async def list_sessions(
    reader: Reader, staff_id: UUID, query: ListQuery, sealer: Sealer, *, now: datetime
) -> dict[str, Any]:
    """One page of the sessions of a person that stand at this moment."""
    standing = (
        _session.staff_id == staff_id,
        _session.revoked_at.is_(None),
        _session.expires_at > now,
        _session.created_at > _staff.signed_out_at,
    )
    return await LISTING.page(reader, query, sealer, where=standing)


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
