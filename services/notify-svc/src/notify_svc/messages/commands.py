"""Every change of a message: asked for, taken in hand, and what came of it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from notify_svc.messages import domain, queries
from notify_svc.messages.domain import MessageRequest
from notify_svc.messages.queries import PENDING, SUPPRESSED, T
from notify_svc.senders.queries import T as SENDER
from shared.db import Tx, prepare
from shared.http import check_version

BELL = "messages"
_MOMENT = DateTime(timezone=True)
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


_ASKED: dict[str, Any] = {
    "id": Uuid,
    "purpose": Text,
    "channels": Text,
    "recipient_kind": Text,
    "recipient_id": Uuid,
    "template": Text,
    "variables": JSONB,
    "customer_id": Uuid,
    "distributor_id": Uuid,
    "source": Text,
    "source_id": Uuid,
    "dedup_key": Text,
    "sender_id": Uuid,
    "not_before": _MOMENT,
    "expires_at": _MOMENT,
}
_asked = (
    func.unnest(*(_array(f"b_{name}", kind) for name, kind in _ASKED.items()))
    .table_valued(*(column(name, kind) for name, kind in _ASKED.items()), name="asked")
    .render_derived()
)
_channels = func.string_to_array(_asked.c.channels, " ")
_new = insert(T).from_select(
    [*_ASKED, "channel", "state", "attempts", "created_at", "updated_at", "version"],
    select(
        *(_channels if name == "channels" else _asked.c[name] for name in _ASKED),
        func.split_part(_asked.c.channels, " ", 1),
        literal("pending"),
        literal(0),
        bindparam("b_now", type_=_MOMENT),
        bindparam("b_now", type_=_MOMENT),
        literal(1),
    ),
)
_ADD = prepare(
    _new.on_conflict_do_update(
        index_elements=[T.c.dedup_key], set_={"dedup_key": _new.excluded.dedup_key}
    ).returning(T.c.id, T.c.dedup_key)
)
_SUPPRESS = prepare(
    insert(SUPPRESSED).on_conflict_do_nothing(index_elements=[SUPPRESSED.c.hash]),
    *SUPPRESSED.c.keys(),
)
_SAVE = prepare(
    update(T).where(T.c.id == bindparam("b_id", type_=Uuid)),
    *("state", "reason", "not_before", "updated_at", "version"),
)


async def request(tx: Tx, wanted: Sequence[MessageRequest]) -> list[UUID]:
    """Have messages sent once their time has come; their ids, in the same order.

    The same `dedup_key` again is the same message, whoever asks and however often.
    """
    if not wanted:
        return []
    by_key = {each.dedup_key: each for each in reversed(wanted)}
    rows = [_row(tx, by_key[key]) for key in sorted(by_key)]  # in one order, so that nobody waits in a ring
    columns = {f"b_{name}": [row[name] for row in rows] for name in _ASKED}
    found = {row["dedup_key"]: row["id"] for row in await tx.rows(_ADD, b_now=tx.now, **columns)}
    tx.after_commit(tx.database.signal(BELL).set)
    return [found[each.dedup_key] for each in wanted]


def _row(tx: Tx, wanted: MessageRequest) -> dict[str, Any]:
    """A row of `_ASKED`; no channel has a blank in its name."""
    ref = wanted.recipient
    return {
        "id": tx.new_id(),
        "purpose": wanted.purpose,
        "channels": " ".join(wanted.channels),
        "recipient_kind": ref and ref.kind,
        "recipient_id": ref and ref.id,
        "template": wanted.template,
        "variables": dict(wanted.variables),
        "customer_id": wanted.customer_id,
        "distributor_id": wanted.distributor_id,
        "source": wanted.source,
        "source_id": wanted.source_id,
        "dedup_key": wanted.dedup_key,
        "sender_id": wanted.sender_id,
        "not_before": wanted.not_before or tx.now,
        "expires_at": wanted.expires_at,
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
