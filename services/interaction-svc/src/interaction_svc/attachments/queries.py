"""Every SELECT over attachments, for reading and for loading to change."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, any_, bindparam, exists, func, select

from interaction_svc.attachments.tables import Attachment, AttachmentUse, StoredObject
from interaction_svc.tables import MOMENT
from shared.db import Reader, Record, Tx, in_sight, prepare, sight
from shared.problems import not_found
from shared.references import through_customer

_T: Any = Attachment.__table__  # type: ignore[attr-defined]
_U: Any = AttachmentUse.__table__  # type: ignore[attr-defined]
_O: Any = StoredObject.__table__  # type: ignore[attr-defined]
SIGHT = through_customer(_T)

_one = select(_T).where(_T.c.id == bindparam("b_id", type_=Uuid), in_sight(SIGHT))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
_OF_CUSTOMER = prepare(
    select(_T.c.id).where(
        _T.c.id == bindparam("b_id", type_=Uuid), _T.c.customer_id == bindparam("b_customer", type_=Uuid)
    )
)
_used = exists(select(_U.c.attachment_id).where(_U.c.attachment_id == _T.c.id))
_USED = prepare(select(_used).where(_T.c.id == bindparam("b_id", type_=Uuid)))
_asked = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("customers", type_=ARRAY(Uuid)))
    .table_valued("attachment_id", "customer_id", name="asked")
    .render_derived()
)
_of_those = (
    select(_T.c.id, _asked.c.customer_id, _T.c.name)
    .join(_asked, _T.c.id == _asked.c.attachment_id)
    .where(_T.c.customer_id == func.customer_root(_asked.c.customer_id, type_=Uuid), in_sight(SIGHT))
)
_OF_THOSE = prepare(_of_those)
_HELD = prepare(_of_those.order_by(_T.c.id).with_for_update(of=_T))
_UNUSED = prepare(
    select(_T.c.id)
    .where(_T.c.unused_since < bindparam("b_before", type_=MOMENT), ~_used)
    .limit(bindparam("b_most", type_=Integer))
    .with_for_update(skip_locked=True, of=_T)
)
_GOING = prepare(
    select(_O.c.id)
    .where(
        _O.c.state == bindparam("b_state", "going", type_=Text), _O.c.id > bindparam("b_after", type_=Uuid)
    )
    .order_by(_O.c.id)
    .limit(bindparam("b_most", type_=Integer))
)
_RELEASED = prepare(
    select(_T.c.id)
    .where(_T.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(_T.c.id)
    .with_for_update()
)

Asked = tuple[UUID, UUID]
"""An attachment, and the customer whose it is said to be."""


async def attachment(reader: Reader, attachment_id: UUID) -> dict[str, Any]:
    """One attachment in sight, or 404."""
    return shown(_found(await reader.row(_ONE, b_id=attachment_id, **sight(reader.scope))))


async def check_of_customer(reader: Reader, attachment_id: UUID, customer_id: UUID) -> None:
    """404 unless the attachment is this customer's, for who sees it with a record that refers to it."""
    _found(await reader.row(_OF_CUSTOMER, b_id=attachment_id, b_customer=customer_id))


async def attachment_to_remove(tx: Tx, attachment_id: UUID) -> bool:
    """Lock one attachment in sight, or 404; whether something refers to it."""
    _found(await tx.row(_LOCKED, b_id=attachment_id, **sight(tx.scope)))
    return bool(await tx.value(_USED, b_id=attachment_id))


async def names(reader: Reader, asked: Iterable[Asked]) -> dict[Asked, str]:
    """What those of these attachments are called that are in sight and this customer's."""
    return await _named(reader, _OF_THOSE, asked)


async def names_of_held(tx: Tx, asked: Iterable[Asked]) -> dict[Asked, str]:
    """As `names`; none of them goes until the transaction ends."""
    return await _named(tx, _HELD, asked)


async def hold(tx: Tx, ids: Iterable[UUID]) -> None:
    """Lock these attachments, so that nobody begins or ends to use one until the transaction ends."""
    await tx.rows(_RELEASED, ids=sorted(ids))


async def unused(tx: Tx, *, before: datetime, most: int) -> list[UUID]:
    """Up to `most` attachments that nothing refers to since then, locked."""
    return [row["id"] for row in await tx.rows(_UNUSED, b_before=before, b_most=most)]


async def going(reader: Reader, *, after: UUID, most: int) -> list[UUID]:
    """The next objects that are to be deleted, by id."""
    return [row["id"] for row in await reader.rows(_GOING, b_after=after, b_most=most)]


def shown(row: Record | dict[str, Any]) -> dict[str, Any]:
    """A row as it is answered."""
    return {**dict(row), "sha256": row["sha256"].hex()}


async def _named(reader: Reader, statement: Any, asked: Iterable[Asked]) -> dict[Asked, str]:
    wanted = sorted(set(asked))
    if not wanted:
        return {}
    ids, customers = zip(*wanted, strict=True)
    rows = await reader.rows(statement, ids=list(ids), customers=list(customers), **sight(reader.scope))
    return {(row["id"], row["customer_id"]): row["name"] for row in rows}


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("attachment", "附件")
    return row
