"""Every change of a message: asked for, taken in hand, and what came of it."""

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
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from notify_svc.messages import domain, queries
from notify_svc.messages.domain import MessageRequest
from notify_svc.messages.queries import ATTEMPT, PENDING, SUPPRESSED, T
from notify_svc.senders.queries import T as SENDER
from shared.db import Tx, prepare
from shared.http import check_version

BELL = "messages"
_MOMENT = DateTime(timezone=True)
_new = insert(T)
_ADD = prepare(
    _new.on_conflict_do_update(
        index_elements=[T.c.dedup_key], set_={"dedup_key": _new.excluded.dedup_key}
    ).returning(T.c.id),
    *T.c.keys(),
)
_ASSIGN = prepare(
    update(T)
    .where(PENDING, T.c.sender_id.is_(None))
    .values(
        sender_id=(
            select(SENDER.c.id)
            .where(SENDER.c.active, SENDER.c.channel == T.c.channel)
            .order_by(SENDER.c.is_default.desc(), SENDER.c.created_at, SENDER.c.id)
            .limit(1)
            .scalar_subquery()
        )
    )
    .returning(T.c.sender_id)
)
_EXPIRE = prepare(
    update(T)
    .where(PENDING, T.c.expires_at < func.now())
    .values(state="expired", reason="expired", updated_at=func.now(), version=T.c.version + 1)
)


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
_SUPPRESS = prepare(
    insert(SUPPRESSED).on_conflict_do_nothing(index_elements=[SUPPRESSED.c.hash]),
    *SUPPRESSED.c.keys(),
)
_SAVE = prepare(
    update(T).where(T.c.id == bindparam("b_id", type_=Uuid)),
    *("state", "reason", "not_before", "updated_at", "version"),
)


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


async def request(tx: Tx, wanted: Sequence[MessageRequest]) -> list[UUID]:
    """Have messages sent once their time has come; their ids, in the same order.

    The same `dedup_key` again is the same message, whoever asks and however often.
    """
    asked = [await tx.value(_ADD, **_row(tx, each)) for each in wanted]
    if asked:
        tx.after_commit(tx.database.signal(BELL).set)
    return asked


def _row(tx: Tx, wanted: MessageRequest) -> dict[str, Any]:
    ref = wanted.recipient
    empty = dict.fromkeys(T.c.keys())
    return {
        **empty,
        "id": tx.new_id(),
        "purpose": wanted.purpose,
        "channels": list(wanted.channels),
        "channel": wanted.channels[0],
        "recipient_kind": None if ref is None else ref.kind,
        "recipient_id": None if ref is None else ref.id,
        "template": wanted.template,
        "variables": dict(wanted.variables),
        "customer_id": wanted.customer_id,
        "distributor_id": wanted.distributor_id,
        "source": wanted.source,
        "source_id": wanted.source_id,
        "dedup_key": wanted.dedup_key,
        "sender_id": wanted.sender_id,
        "state": "pending",
        "not_before": wanted.not_before or tx.now,
        "expires_at": wanted.expires_at,
        "attempts": 0,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }


async def retry(tx: Tx, message_id: UUID, *, expected: int | None) -> dict[str, Any]:
    """Have a message that failed tried again, at once."""
    before = await queries.message_for_update(tx, message_id)
    check_version(expected, before["version"])
    domain.check_retriable(before["state"], before["source"])
    return await _saved(tx, before, "pending", None)


async def cancel(tx: Tx, message_id: UUID, *, expected: int | None) -> dict[str, Any]:
    """Nobody needs it any more; what is being sent at this moment may still arrive."""
    before = await queries.message_for_update(tx, message_id)
    check_version(expected, before["version"])
    domain.check_open(before["state"])
    return await _saved(tx, before, "cancelled", "cancelled")


async def _saved(tx: Tx, before: dict[str, Any], state: str, reason: str | None) -> dict[str, Any]:
    after = {**before, "state": state, "reason": reason, "updated_at": tx.now}
    after |= {"not_before": tx.now, "version": before["version"] + 1}
    await tx.run(_SAVE, b_id=before["id"], **after)
    tx.after_commit(tx.database.signal(BELL).set)
    return after


async def sort_out(tx: Tx) -> None:
    """End messages whose time is over, and give those without a sender their channel's."""
    await tx.run(_EXPIRE)
    await tx.run(_ASSIGN)


async def settle(tx: Tx, fates: Sequence[Fate], tried: Sequence[Tried]) -> None:
    """Write down what became of messages and how it was tried; what is done with stays as it is."""
    if tried:
        columns = {f"b_{name}": [getattr(each, name) for each in tried] for name in _TRIED if name != "id"}
        await tx.run(_NOTE, b_id=[tx.new_id() for _ in tried], **columns)
    if fates:
        ordered = sorted(fates, key=lambda each: each.id)
        await tx.run(_SETTLE, **{f"b_{name}": [getattr(each, name) for each in ordered] for name in _FATE})


async def suppress(tx: Tx, hashes: Sequence[bytes], reason: str) -> None:
    """Nothing more is sent to these addresses."""
    for each in sorted(set(hashes)):
        await tx.run(_SUPPRESS, hash=each, reason=reason, created_at=tx.now)


_BOUNCED = prepare(
    update(T)
    .where(T.c.id == bindparam("b_id", type_=Uuid), T.c.state == "sent")
    .values(state="bounced", updated_at=func.now(), version=T.c.version + 1)
    .returning(T.c.address_hash),
    "reason",
)


async def note_bounce(tx: Tx, message_id: UUID, status: str, *, hard: bool) -> bool:
    """A message came back: if its address does not exist, nothing more is sent there."""
    if not hard:
        return False
    row = await tx.row(_BOUNCED, b_id=message_id, reason=f"bounced_{status}"[:64])
    if row is None:
        return False
    if row["address_hash"] is not None:
        await suppress(tx, [row["address_hash"]], "bounced")
    return True
