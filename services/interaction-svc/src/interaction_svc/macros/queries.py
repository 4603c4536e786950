"""Every SELECT over macros."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from interaction_svc.macros.schemas import Action, MacroQuery, actions_of
from interaction_svc.macros.tables import ComplaintMacro
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing
from shared.problems import Invalid, not_found
from shared.sealing import Sealer

_T: Any = ComplaintMacro.__table__  # type: ignore[attr-defined]
_one = select(_T).where(_T.c.id == bindparam("b_id", type_=Uuid))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
_LIST = Listing(select(_T), key=_T.c.id, sorts={"name": _T.c.name}, default="name", filters={})


async def macro(reader: Reader, macro_id: UUID) -> dict[str, Any]:
    """One macro, or 404."""
    return dict(_found(await reader.row(_ONE, b_id=macro_id)))


async def actions(reader: Reader, macro_id: UUID) -> list[Action]:
    """What a macro that somebody named does; Invalid if there is none."""
    row = await reader.row(_ONE, b_id=macro_id)
    if row is None:
        raise Invalid.at("/macro_id", "macro_unknown", en="is no macro", zh="该快捷处理不存在")
    return actions_of(row["actions"])


async def macro_to_change(tx: Tx, macro_id: UUID) -> dict[str, Any]:
    """One macro, locked until the transaction ends, or 404."""
    return dict(_found(await tx.row(_LOCKED, b_id=macro_id)))


async def macros(reader: Reader, query: MacroQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all macros."""
    return await _LIST.page(reader, query, sealer)


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("macro", "快捷处理")
    return row
