"""Every SELECT over templates."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, exists, func, select

from notify_svc.templates import domain
from notify_svc.templates.rendering import Published
from notify_svc.templates.schemas import TemplateQuery
from notify_svc.templates.tables import MessageTemplate, MessageTemplateVersion
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.sealing import Sealer

T: Any = MessageTemplate.__table__  # type: ignore[attr-defined]
V: Any = MessageTemplateVersion.__table__  # type: ignore[attr-defined]

_shown = (*T.c, T.c.latest.label("number"))
_one = (
    select(*_shown, V.c.variables, V.c.texts)
    .join(V, (V.c.template_id == T.c.id) & (V.c.number == T.c.latest))
    .where(T.c.id == bindparam("b_id", type_=Uuid))
)
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.add_columns(V.c.used).with_for_update())
_VERSION = prepare(
    select(V, T.c.name)
    .join(T, T.c.id == V.c.template_id)
    .where(
        V.c.template_id == bindparam("b_id", type_=Uuid), V.c.number == bindparam("b_number", type_=Integer)
    )
)
_PUBLISHED = prepare(
    select(T.c.id, T.c.name, V.c.number, V.c.variables, V.c.compiled)
    .join(V, (V.c.template_id == T.c.id) & (V.c.number == T.c.published))
    .where(T.c.name == func.any(bindparam("names", type_=ARRAY(Text))))
)
_SHIPPED = prepare(
    select(T.c.name, T.c.shipped).where(T.c.name == func.any(bindparam("names", type_=ARRAY(Text))))
)
_UNTOUCHED_FOR_UPDATE = prepare(
    select(T)
    .where(
        T.c.name == bindparam("b_name", type_=Text),
        T.c.published == T.c.latest,
        ~exists(select(V.c.id).where(V.c.template_id == T.c.id, V.c.created_by.is_not(None))),
    )
    .with_for_update()
)
_LIST = Listing(
    select(*_shown),
    key=T.c.id,
    sorts={"name": T.c.name, "updated_at": T.c.updated_at},
    default="name",
    filters={"name": lambda name: T.c.name == name},
)
_VERSIONS = Listing(
    select(V), key=V.c.id, sorts={"created_at": V.c.created_at}, default="-created_at", filters={}
)


def _shown_row(row: Record) -> dict[str, Any]:
    return {**dict(row), "shipped": row["shipped"] is not None}


def _found(row: Record | None) -> dict[str, Any]:
    if row is None:
        raise not_found("template", "模板")
    return _shown_row(row)


async def template(reader: Reader, template_id: UUID) -> dict[str, Any]:
    """One template with its latest version, or 404."""
    return _found(await reader.row(_ONE, b_id=template_id))


async def template_for_update(tx: Tx, template_id: UUID) -> dict[str, Any]:
    """One template with its latest version, locked, or 404; `used` says that this was in force already."""
    return _found(await tx.row(_ONE_FOR_UPDATE, b_id=template_id))


async def templates(reader: Reader, query: TemplateQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all templates."""
    page = await _LIST.page(reader, query, sealer)
    return {**page, "data": [_shown_row(row) for row in page["data"]]}


async def versions(reader: Reader, template_id: UUID, query: ListQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of a template's versions, the latest first; 404 without the template."""
    await template(reader, template_id)
    return await _VERSIONS.page(reader, query, sealer, where=[V.c.template_id == template_id])


async def version(reader: Reader, template_id: UUID, number: int) -> dict[str, Any]:
    """One version as it was written and compiled; Conflict if there is none of this number."""
    row = await reader.row(_VERSION, b_id=template_id, b_number=number)
    if row is None:
        raise domain.nothing_published()
    return dict(row)


async def published(reader: Reader, names: Sequence[str]) -> dict[str, Published]:
    """By their names those of these templates that are in force."""
    rows = await reader.rows(_PUBLISHED, names=sorted(set(names)))
    return {
        row["name"]: Published(row["id"], row["name"], row["number"], row["variables"], row["compiled"])
        for row in rows
    }


async def shipped(reader: Reader, names: Sequence[str]) -> dict[str, str | None]:
    """By their names those of these templates that are there, with the digest that they were made from."""
    return {row["name"]: row["shipped"] for row in await reader.rows(_SHIPPED, names=list(names))}


async def untouched_for_update(tx: Tx, name: str) -> dict[str, Any] | None:
    """A shipped template of which nobody here wrote a version, locked; else None."""
    row = await tx.row(_UNTOUCHED_FOR_UPDATE, b_name=name)
    return None if row is None else dict(row)
