"""Every SELECT of the inbox."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, bindparam, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from notify_svc.inbox.domain import UNASSIGNED, Position
from notify_svc.inbox.tables import InboxBox, InboxItem
from notify_svc.staff.queries import people_of
from shared.auth import Principal
from shared.db import Reader, Record, any_of, in_sight, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.sealing import Sealer

ITEM = InboxItem.__table__  # type: ignore[attr-defined]
BOX = InboxBox.__table__  # type: ignore[attr-defined]
SIGHT = through_customer(ITEM, ITEM.c.recipient_id)

MOST_AT_ONCE = 100

_BOXES = bindparam("boxes", type_=ARRAY(Uuid))
_ONE = prepare(
    select(ITEM).where(ITEM.c.id == bindparam("id"), ITEM.c.recipient_id == func.any(_BOXES), in_sight(SIGHT))
)
_AMONG = prepare(
    select(ITEM.c.id).where(
        ITEM.c.id == any_of("ids"), ITEM.c.recipient_id == func.any(_BOXES), in_sight(SIGHT)
    )
)
_UNREAD = prepare(
    select(func.count())
    .select_from(ITEM)
    .where(ITEM.c.recipient_id == func.any(_BOXES), ITEM.c.read_at.is_(None), in_sight(SIGHT))
)
_LAST = prepare(select(BOX.c.recipient_id, BOX.c.last_number).where(BOX.c.recipient_id == func.any(_BOXES)))
_AFTER = prepare(
    select(ITEM)
    .where(
        or_(
            (ITEM.c.recipient_id == bindparam("person", type_=Uuid))
            & (ITEM.c.number > bindparam("own", type_=BigInteger)),
            (ITEM.c.recipient_id == bindparam("shared", type_=Uuid))
            & (ITEM.c.number > bindparam("queue", type_=BigInteger)),
        ),
        in_sight(SIGHT),
    )
    .order_by(ITEM.c.recipient_id, ITEM.c.number)
    .limit(MOST_AT_ONCE)
)
_INBOX = Listing(
    select(ITEM),
    key=ITEM.c.id,
    sorts={"created_at": ITEM.c.created_at},
    default="-created_at",
    filters={
        "unread": lambda unread: ITEM.c.read_at.is_(None) if unread else ITEM.c.read_at.is_not(None),
        "done": lambda done: ITEM.c.done_at.is_not(None) if done else ITEM.c.done_at.is_(None),
        "kind": lambda kind: ITEM.c.kind == kind,
        "reminder_id": lambda reminder_id: ITEM.c.about_id == reminder_id,
        "customer_id": kept_by(ITEM.c.customer_id),
        "created_at_gte": lambda value: ITEM.c.created_at >= value,
        "created_at_lt": lambda value: ITEM.c.created_at < value,
        "recipient_id": lambda recipient_id: ITEM.c.recipient_id == recipient_id,
        "unit": lambda _: true(),
    },
)


async def items_page(
    reader: Reader, query: ListQuery, sealer: Sealer, *, boxes: Sequence[UUID]
) -> dict[str, Any]:
    """One page of what lies in these boxes."""
    where = [
        ITEM.c.recipient_id == func.any(literal(list(boxes), ARRAY(Uuid))),
        *visible(reader.scope, SIGHT),
    ]
    return await _INBOX.page(reader, query, sealer, where=where)


async def item(reader: Reader, item_id: UUID, *, boxes: Sequence[UUID]) -> Record:
    """One item; NotFound unless it lies in one of these boxes."""
    found = await reader.row(_ONE, id=item_id, boxes=list(boxes), **sight(reader.scope))
    if found is None:
        raise not_found("inbox item", "收件箱消息")
    return found


async def items_among(reader: Reader, items: Sequence[UUID], *, boxes: Sequence[UUID]) -> set[UUID]:
    """Which of these items lie in one of these boxes."""
    rows = await reader.rows(_AMONG, ids=list(items), boxes=list(boxes), **sight(reader.scope))
    return {row["id"] for row in rows}


async def boxes_of_unit(reader: Reader, caller: Principal) -> tuple[UUID, ...]:
    """The boxes of the people whom a manager leads: of the units in sight, or of one's own with all in sight.

    Nobody's for who sees not everybody's reminders.
    """
    if not caller.may("reminders:all"):
        return ()
    own = () if caller.unit is None else (caller.unit,)
    units = own if caller.scope.holders is None else caller.scope.holders
    return tuple(await people_of(reader, units))


async def unread_count(reader: Reader, *, boxes: Sequence[UUID]) -> int:
    """How many items of these boxes nobody has read."""
    count: int = await reader.value(_UNREAD, boxes=list(boxes), **sight(reader.scope))
    return count


async def last_numbers(reader: Reader, boxes: Sequence[UUID]) -> dict[UUID, int]:
    """The newest number of each box that ever got an item."""
    rows = await reader.rows(_LAST, boxes=list(boxes))
    return {row["recipient_id"]: row["last_number"] for row in rows}


async def items_after(reader: Reader, boxes: Sequence[UUID], position: Position) -> list[Record]:
    """The next items (at most a hundred) beyond a position, each box in its own order."""
    shared = UNASSIGNED if UNASSIGNED in boxes else None
    whose = {"person": boxes[0], "shared": shared, **sight(reader.scope)}
    return await reader.rows(_AFTER, **whose, own=position.own, queue=position.queue)
