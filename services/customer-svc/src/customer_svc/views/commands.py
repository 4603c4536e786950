"""Saving, changing and removing views."""

from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import bindparam, delete, insert, update

from customer_svc.views import queries
from customer_svc.views.domain import MOST_OF_ONE, Entity
from customer_svc.views.schemas import ViewCreate, ViewPatch, faults
from customer_svc.views.tables import SavedView
from shared.db import Tx, prepare
from shared.http import check_version
from shared.problems import Conflict, Invalid

_t: Any = SavedView.__table__  # type: ignore[attr-defined]
_FIXED = ("id", "entity", "owner_id", "created_at")
_INSERT = prepare(insert(_t), *_t.c.keys())
_UPDATE = prepare(
    update(_t).where(_t.c.id == bindparam("b_id")),
    *(column.key for column in _t.c if column.key not in _FIXED),
)
_DELETE = prepare(delete(_t).where(_t.c.id == bindparam("b_id")))


async def save_view(tx: Tx, wanted: ViewCreate, *, by: UUID) -> dict[str, Any]:
    """Save a view of this person's; Conflict if they have one of this name, or too many already.

    Invalid if the list would not take it.
    """
    _check(wanted.entity, wanted.query, wanted.columns)
    if await queries.how_many(tx, by=by) >= MOST_OF_ONE:
        en, zh = f"Nobody can keep more than {MOST_OF_ONE} views.", "视图数量已达上限。"
        raise Conflict("too_many_views", en=en, zh=zh)
    row = {
        **wanted.model_dump(),
        "id": tx.new_id(),
        "owner_id": by,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    try:
        await tx.run(_INSERT, **row)
    except UniqueViolationError:
        raise _taken() from None
    return row


async def change_view(
    tx: Tx, view_id: UUID, wanted: ViewPatch, expected: int | None, *, by: UUID
) -> dict[str, Any]:
    """Change fields of one's own view; Stale if it is not the expected version."""
    row = await queries.own_for_update(tx, view_id, by=by)
    check_version(expected, row["version"])
    row |= {**wanted.changes(), "version": row["version"] + 1, "updated_at": tx.now}
    _check(row["entity"], row["query"], row["columns"])
    try:
        await tx.run(_UPDATE, **row, b_id=view_id)
    except UniqueViolationError:
        raise _taken() from None
    return row


async def remove_view(tx: Tx, view_id: UUID, expected: int | None, *, by: UUID) -> None:
    """Remove one's own view."""
    row = await queries.own_for_update(tx, view_id, by=by)
    check_version(expected, row["version"])
    await tx.run(_DELETE, b_id=view_id)


def _check(entity: Entity, query: dict[str, Any], columns: list[str]) -> None:
    if errors := faults(entity, query, columns):
        en, zh = "The list does not take this view.", "列表不支持此视图。"
        raise Invalid("view_invalid", en=en, zh=zh, errors=tuple(errors))


def _taken() -> Conflict:
    return Conflict("name_taken", en="You have a view of this name already.", zh="您已有同名视图。")
