"""Operations as they are stored."""

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Uuid, bindparam, or_, select

from shared.db import Reader, Record, Tx, prepare
from shared.operations.tables import Operation

T: Any = Operation.__table__  # type: ignore[attr-defined]
_MINE = or_(T.c.created_by == bindparam("caller", type_=Uuid), bindparam("sees_all", type_=Boolean))
_ONE = select(T).where(T.c.id == bindparam("b_id"), _MINE)
_VISIBLE = prepare(_ONE)
_VISIBLE_FOR_UPDATE = prepare(_ONE.with_for_update())
_FOR_UPDATE = prepare(select(T).where(T.c.id == bindparam("b_id")).with_for_update())
_RESULT = prepare(select(T.c.result).where(T.c.id == bindparam("b_id")))
_CANCEL_REQUESTED = prepare(select(T.c.cancel_requested).where(T.c.id == bindparam("b_id")))


async def visible(reader: Reader, operation: UUID, *, caller: UUID, sees_all: bool) -> Record | None:
    """The operation, if the caller started it or sees everybody's."""
    return await reader.row(_VISIBLE, b_id=operation, caller=caller, sees_all=sees_all)


async def visible_for_update(tx: Tx, operation: UUID, *, caller: UUID, sees_all: bool) -> Record | None:
    """The same, locked until the transaction ends."""
    return await tx.row(_VISIBLE_FOR_UPDATE, b_id=operation, caller=caller, sees_all=sees_all)


async def for_update(tx: Tx, operation: UUID) -> Record | None:
    """The operation, locked, whoever started it."""
    return await tx.row(_FOR_UPDATE, b_id=operation)


async def reported(reader: Reader, operation: UUID) -> dict[str, Any] | None:
    """The result that the work reported last; None before it reported any."""
    found: dict[str, Any] | None = await reader.value(_RESULT, b_id=operation)
    return found


async def cancel_requested(reader: Reader, operation: UUID) -> bool:
    """Whether somebody asked for an end; true also when the operation is gone."""
    return await reader.value(_CANCEL_REQUESTED, b_id=operation) is not False
