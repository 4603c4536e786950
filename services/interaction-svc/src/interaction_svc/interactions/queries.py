"""Every SELECT over interactions, for reading and for loading to change."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, true

from interaction_svc.interactions.schemas import InteractionQuery
from interaction_svc.interactions.tables import Interaction, InteractionEdit, InteractionPiece
from interaction_svc.search.index import TextIndex
from shared.db import Reader, Record, Tx, in_sight, in_sight_with, prepare, sight, visible
from shared.http import Listing
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.sealing import Sealer

_T = Interaction.__table__  # type: ignore[attr-defined]
_E = InteractionEdit.__table__  # type: ignore[attr-defined]
_P = InteractionPiece.__table__  # type: ignore[attr-defined]
_READ = [column for column in _T.c if column.key != "words"]
TEXTS = TextIndex(_T, _P, "summary", "agreement")
SIGHT = through_customer(_T)

_one = select(*_READ).where(_T.c.id == bindparam("b_id", type_=Uuid), in_sight(SIGHT))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
_MANY_LOCKED = prepare(
    select(*_READ)
    .where(_T.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(SIGHT))
    .order_by(_T.c.id)
    .with_for_update()
)
_EDITS = prepare(
    select(_E)
    .where(
        _E.c.interaction_id == bindparam("b_id", type_=Uuid),
        in_sight_with(SIGHT, _T.c.id == _E.c.interaction_id),
    )
    .order_by(_E.c.version.desc())
)
_LIST = Listing(
    select(*_READ),
    key=_T.c.id,
    sorts={"occurred_at": _T.c.occurred_at, "created_at": _T.c.created_at},
    default="-occurred_at",
    filters={
        "customer_id": kept_by(_T.c.customer_id),
        "channel": lambda v: _T.c.channel == v,
        "direction": lambda v: _T.c.direction == v,
        "created_by": lambda v: _T.c.created_by == v,
        "q": lambda _: true(),  # the data key makes its condition, see `interactions`
        "occurred_at_gte": lambda v: _T.c.occurred_at >= v,
        "occurred_at_lt": lambda v: _T.c.occurred_at < v,
    },
)


async def interaction(reader: Reader, interaction_id: UUID) -> dict[str, Any]:
    """One interaction in sight, or 404."""
    return _found(await reader.row(_ONE, b_id=interaction_id, **sight(reader.scope)))


async def interaction_to_edit(tx: Tx, interaction_id: UUID) -> dict[str, Any]:
    """One interaction in sight, locked until the transaction ends, or 404."""
    return _found(await tx.row(_LOCKED, b_id=interaction_id, **sight(tx.scope)))


async def interactions_to_remove(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Those of these interactions that are in sight, by id, locked until the transaction ends."""
    rows = await tx.rows(_MANY_LOCKED, ids=sorted(set(ids)), **sight(tx.scope))
    return {row["id"]: dict(row) for row in rows}


async def edits(reader: Reader, interaction_id: UUID) -> list[dict[str, Any]]:
    """The edits of one interaction, newest first, or 404."""
    await interaction(reader, interaction_id)
    rows = await reader.rows(_EDITS, b_id=interaction_id, **sight(reader.scope))
    return [dict(row) for row in rows]


async def interactions(reader: Reader, query: InteractionQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the interactions in sight."""
    where = [*visible(reader.scope, SIGHT), *([] if query.q is None else TEXTS.found_by(query.q, sealer))]
    page = await _LIST.page(reader, query, sealer, where=where)
    return {**page, "data": [dict(row) for row in page["data"]]}


def _found(row: Record | None) -> dict[str, Any]:
    if row is None:
        raise not_found("interaction", "沟通记录")
    return dict(row)
