"""Every change of the inbox."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from notify_svc.inbox import queries
from notify_svc.inbox.domain import Notice, per_box
from notify_svc.inbox.queries import BOX, ITEM
from shared.db import Record, Tx, prepare

BELL = "inbox"

_counts = insert(BOX).from_select(
    ["recipient_id", "last_number"],
    select(
        func.unnest(bindparam("boxes", type_=ARRAY(Uuid))),
        func.unnest(bindparam("counts", type_=ARRAY(BigInteger))),
    ),
)
_NUMBER = prepare(
    _counts.on_conflict_do_update(
        index_elements=[BOX.c.recipient_id],
        set_={"last_number": BOX.c.last_number + _counts.excluded.last_number},
    ).returning(BOX.c.recipient_id, BOX.c.last_number)
)
_DELIVER = prepare(insert(ITEM), *ITEM.c.keys())
_READ = prepare(update(ITEM).where(ITEM.c.id == bindparam("b_id"), ITEM.c.read_at.is_(None)), "read_at")
_READ_ALL = prepare(
    update(ITEM).where(
        ITEM.c.recipient_id == func.any(bindparam("boxes", type_=ARRAY(Uuid))), ITEM.c.read_at.is_(None)
    ),
    "read_at",
)
_SETTLE = prepare(
    update(ITEM).where(ITEM.c.about_id == bindparam("b_about"), ITEM.c.read_at.is_(None)), "read_at"
)


async def deliver(tx: Tx, notices: Sequence[Notice]) -> None:
    """Bring each notice before its recipient; open streams of this process hear of it after the commit.

    Numbers of a box follow the order of commits, because its row stays locked until then. Call it once
    per transaction: boxes are locked in one order, which keeps two deliveries from waiting for each other.
    """
    if not notices:
        return
    shares = per_box(notices)
    rows = await tx.rows(_NUMBER, boxes=[box for box, _ in shares], counts=[count for _, count in shares])
    count_of = dict(shares)
    following = {row["recipient_id"]: row["last_number"] - count_of[row["recipient_id"]] for row in rows}
    items = []
    for notice in notices:
        following[notice.recipient_id] += 1
        items.append(_item(tx, notice, following[notice.recipient_id]))
    await tx.run_many(_DELIVER, items)
    tx.after_commit(tx.database.signal(BELL).set)


def _item(tx: Tx, notice: Notice, number: int) -> dict[str, Any]:
    return {
        "id": tx.new_id(),
        "recipient_id": notice.recipient_id,
        "number": number,
        "kind": notice.kind,
        "subject": notice.subject,
        "subject_code": notice.subject_code,
        "subject_parameters": dict(notice.subject_parameters),
        "about_id": notice.about_id,
        "customer_id": notice.customer_id,
        "distributor_id": notice.distributor_id,
        "due_at": notice.due_at,
        "read_at": None,
        "created_at": tx.now,
    }


async def mark_read(tx: Tx, item_id: UUID, *, boxes: Sequence[UUID]) -> Record:
    """Note that an item was read, once; NotFound unless it lies in one of these boxes."""
    await queries.item(tx, item_id, boxes=boxes)
    await tx.run(_READ, b_id=item_id, read_at=tx.now)
    return await queries.item(tx, item_id, boxes=boxes)


async def mark_all_read(tx: Tx, *, boxes: Sequence[UUID]) -> int:
    """Note that everything in these boxes was read; how many items that changed."""
    return await tx.run(_READ_ALL, boxes=list(boxes), read_at=tx.now)


async def settle(tx: Tx, about_id: UUID) -> None:
    """What the items are about is over: nobody needs to read them any more."""
    await tx.run(_SETTLE, b_about=about_id, read_at=tx.now)
