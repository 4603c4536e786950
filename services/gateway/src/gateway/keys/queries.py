"""Reading signing keys."""

from datetime import datetime

from sqlalchemy import bindparam, func, or_, select

from gateway.keys.tables import SigningKey
from shared.db import Reader, Record, prepare

_k = SigningKey.__table__.c  # type: ignore[attr-defined]

_LIVE = prepare(
    select(_k.kid, _k.purpose, _k.public_key, _k.private_key, _k.created_at)
    .where(or_(_k.retires_at.is_(None), _k.retires_at > bindparam("at")))
    .order_by(_k.created_at.desc(), _k.kid)
)
_ALONE = prepare(select(func.pg_advisory_xact_lock(bindparam("lock"))))
_LOCK = 0x6B657973


async def live_keys(reader: Reader, at: datetime) -> list[Record]:
    """Every key that is not retired, the newest first."""
    return await reader.rows(_LIVE, at=at)


async def keep_others_out(reader: Reader) -> None:
    """Let one replica at a time make keys, until this transaction ends."""
    await reader.row(_ALONE, lock=_LOCK)
