"""What becomes of messages that were in a worker's hands, and how they were tried, written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from notify_svc.messages.queries import ATTEMPT, PENDING, T
from shared.db import Tx, prepare

_MOMENT = DateTime(timezone=True)


def _array(name: str, kind: Any) -> Any:
    return bindparam(name, type_=ARRAY(kind))


_FATE = {
    "id": Uuid,
    "state": Text,
    "reason": Text,
    "channel": Text,
    "wait": Float,
    "tries": Integer,
    "template_version": Integer,
    "address_hash": LargeBinary,
    "provider_id": Text,
    "digest_id": Uuid,
}
_told = (
    func.unnest(*(_array(f"b_{name}", kind) for name, kind in _FATE.items()))
    .table_valued(*_FATE, name="told")
    .render_derived()
)
_SETTLE = prepare(
    update(T)
    .where(T.c.id == _told.c.id, PENDING)
    .values(
        state=_told.c.state,
        reason=_told.c.reason,
        channel=_told.c.channel,
        sender_id=case((_told.c.channel == T.c.channel, T.c.sender_id), else_=None),
        not_before=func.now() + func.make_interval(*(literal(0),) * 6, _told.c.wait),
        attempts=T.c.attempts + _told.c.tries,
        template_version=func.coalesce(_told.c.template_version, T.c.template_version),
        address_hash=func.coalesce(_told.c.address_hash, T.c.address_hash),
        provider_id=func.coalesce(_told.c.provider_id, T.c.provider_id),
        digest_id=_told.c.digest_id,
        sent_at=case((or_(_told.c.state == "sent", _told.c.state == "digested"), func.now())),
        updated_at=func.now(),
        version=T.c.version + 1,
    )
)
_TRIED = {
    "id": Uuid,
    "message_id": Uuid,
    "number": Integer,
    "sender_id": Uuid,
    "channel": Text,
    "at": _MOMENT,
    "duration_ms": Integer,
    "outcome": Text,
    "reason": Text,
    "provider_id": Text,
}
_tried = (
    func.unnest(*(_array(f"b_{name}", kind) for name, kind in _TRIED.items()))
    .table_valued(*_TRIED, name="tried")
    .render_derived()
)
_NOTE = prepare(insert(ATTEMPT).from_select([*_TRIED], select(*_tried.c)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a message: its next state, and in how many seconds it is looked at again."""

    id: UUID
    state: str
    channel: str
    reason: str | None = None
    wait: float = 0.0
    tries: int = 0
    template_version: int | None = None
    address_hash: bytes | None = None
    provider_id: str | None = None
    digest_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One attempt, as its row is."""

    message_id: UUID
    number: int
    sender_id: UUID
    channel: str
    at: datetime
    duration_ms: int
    outcome: str
    reason: str | None = None
    provider_id: str | None = None


async def settle(tx: Tx, fates: Sequence[Fate], tried: Sequence[Tried]) -> None:
    """Write down what became of messages and how it was tried; what is done with stays as it is."""
    if tried:
        columns = {f"b_{name}": [getattr(each, name) for each in tried] for name in _TRIED if name != "id"}
        await tx.run(_NOTE, b_id=[tx.new_id() for _ in tried], **columns)
    if fates:
        ordered = sorted(fates, key=lambda each: each.id)
        await tx.run(_SETTLE, **{f"b_{name}": [getattr(each, name) for each in ordered] for name in _FATE})
