"""Every change of the inbox."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Text, Uuid, bindparam, cast, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from notify_svc.inbox import queries
from notify_svc.inbox.domain import Deed, Notice, per_box
from notify_svc.inbox.queries import BOX, ITEM
from shared.db import Record, Tx, any_of, prepare

BELL = "inbox"

_AT = bindparam("b_at", type_=DateTime(timezone=True))


def _array(name: str, kind: Any) -> Any:
    return bindparam(name, type_=ARRAY(kind))


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
_given = (
    func.unnest(
        _array("ids", Uuid),
        _array("recipients", Uuid),
        _array("numbers", BigInteger),
        _array("kinds", Text),
        _array("subjects", Text),
        _array("codes", Text),
        _array("parameters", Text),
        _array("abouts", Uuid),
        _array("customers", Uuid),
        _array("distributors", Uuid),
        _array("moments", DateTime(timezone=True)),
    )
    .table_valued(
        "id",
        "recipient_id",
        "number",
        "kind",
        "subject",
        "subject_code",
        "subject_parameters",
        "about_id",
        "customer_id",
        "distributor_id",
        "due_at",
        name="given",
    )
    .render_derived()
)
_DELIVER = prepare(
    insert(ITEM).from_select(
        [*(column.key for column in _given.c), "created_at"],
        select(
            *(cast(c, JSONB) if c.key == "subject_parameters" else c for c in _given.c),
            bindparam("at", type_=DateTime(timezone=True)),
        ),
    )
)
_mine = ITEM.c.id == any_of("b_ids")
_done = {"read_at": func.coalesce(ITEM.c.read_at, _AT), "done_at": _AT}
_DEEDS = {
    "read": prepare(update(ITEM).where(_mine, ITEM.c.read_at.is_(None)).values(read_at=_AT)),
    "unread": prepare(update(ITEM).where(_mine).values(read_at=None, done_at=None)),
    "done": prepare(update(ITEM).where(_mine, ITEM.c.done_at.is_(None)).values(_done)),
}
_READ_ALL = prepare(
    update(ITEM).where(
        ITEM.c.recipient_id == func.any(bindparam("boxes", type_=ARRAY(Uuid))), ITEM.c.read_at.is_(None)
    ),
    "read_at",
)
_about = ITEM.c.about_id == bindparam("b_about"), ITEM.c.done_at.is_(None)
_SETTLE = prepare(update(ITEM).where(*_about).values(_done))
_SETTLE_OF = prepare(
    update(ITEM).where(*_about, ITEM.c.recipient_id == bindparam("b_of", type_=Uuid)).values(_done)
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
    numbers = []
    for notice in notices:
        following[notice.recipient_id] += 1
        numbers.append(following[notice.recipient_id])
    await tx.run(
        _DELIVER,
        ids=[tx.new_id() for _ in notices],
        recipients=[notice.recipient_id for notice in notices],
        numbers=numbers,
        kinds=[notice.kind for notice in notices],
        subjects=[notice.subject for notice in notices],
        codes=[notice.subject_code for notice in notices],
        parameters=[json.dumps(dict(notice.subject_parameters)) for notice in notices],
        abouts=[notice.about_id for notice in notices],
        customers=[notice.customer_id for notice in notices],
        distributors=[notice.distributor_id for notice in notices],
        moments=[notice.due_at for notice in notices],
        at=tx.now,
    )
    tx.after_commit(tx.database.signal(BELL).set)


async def mark(tx: Tx, item_id: UUID, deed: Deed, *, boxes: Sequence[UUID]) -> Record:
    """Note that an item was read or put away, once, or that it is unread again; what it is about stays as is.

    NotFound unless it lies in one of these boxes.
    """
    await queries.item(tx, item_id, boxes=boxes)
    await _apply(tx, deed, [item_id])
    return await queries.item(tx, item_id, boxes=boxes)


async def mark_many(tx: Tx, deeds: Sequence[tuple[UUID, Deed]], *, boxes: Sequence[UUID]) -> set[UUID]:
    """The same for many items, the last deed of each; which of them lie in one of these boxes."""
    found = await queries.items_among(tx, [item_id for item_id, _ in deeds], boxes=boxes)
    last = {item_id: deed for item_id, deed in deeds if item_id in found}
    for deed in _DEEDS:
        await _apply(tx, deed, sorted(item_id for item_id, wanted in last.items() if wanted == deed))
    return found


async def _apply(tx: Tx, deed: str, items: Sequence[UUID]) -> None:
    if items:
        given = {} if deed == "unread" else {"b_at": tx.now}
        await tx.run(_DEEDS[deed], b_ids=list(items), **given)


async def mark_all_read(tx: Tx, *, boxes: Sequence[UUID]) -> int:
    """Note that everything in these boxes was read; how many items that changed."""
    return await tx.run(_READ_ALL, boxes=list(boxes), read_at=tx.now)


async def settle(tx: Tx, about_id: UUID, *, of: UUID | None = None) -> None:
    """What the items are about is over, for everybody or only for whose box this is: they count as done."""
    if of is None:
        await tx.run(_SETTLE, b_about=about_id, b_at=tx.now)
    else:
        await tx.run(_SETTLE_OF, b_about=about_id, b_of=of, b_at=tx.now)
