"""Every change of a template."""

from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import Integer, Uuid, bindparam, delete, insert, update

from notify_svc.templates import domain, queries
from notify_svc.templates.checking import compiled
from notify_svc.templates.queries import T, V
from notify_svc.templates.schemas import MessageTemplateCreate, MessageTemplatePatch
from shared.db import Tx, prepare
from shared.http import check_version

_ADD = prepare(insert(T), *T.c.keys())
_CHANGE = prepare(
    update(T).where(T.c.id == bindparam("b_id", type_=Uuid)),
    *("description", "published", "latest", "version", "updated_at"),
)
_RENEW = prepare(update(T).where(T.c.id == bindparam("b_id", type_=Uuid)), "shipped")
_REMOVE = prepare(delete(T).where(T.c.id == bindparam("b_id", type_=Uuid)))
_ADD_VERSION = prepare(insert(V), *V.c.keys())
_this_version = (
    V.c.template_id == bindparam("b_id", type_=Uuid),
    V.c.number == bindparam("b_number", type_=Integer),
)
_REWRITE = prepare(update(V).where(*_this_version), "variables", "texts", "compiled")
_USE = prepare(update(V).where(*_this_version), "used")


async def create(tx: Tx, body: MessageTemplateCreate, *, by: UUID) -> dict[str, Any]:
    """A new draft. Invalid for texts that cannot be used, Conflict when its name is taken."""
    variables = [each.model_dump(mode="json") for each in body.variables]
    template = await add(
        tx,
        name=body.name,
        description=body.description,
        variables=variables,
        texts=body.texts.plain(),
        by=by,
    )
    return await queries.template(tx, template)


async def add(
    tx: Tx,
    *,
    name: str,
    description: str | None,
    variables: list[dict[str, Any]],
    texts: dict[str, Any],
    by: UUID | None,
    shipped: str | None = None,
) -> UUID:
    """Store a template with its first version, in force at once if it is `shipped`; its id."""
    written = _written(variables, texts)
    template = tx.new_id()
    try:
        await tx.run(
            _ADD,
            id=template,
            name=name,
            description=description,
            published=None if shipped is None else 1,
            latest=1,
            shipped=shipped,
            version=1,
            created_at=tx.now,
            updated_at=tx.now,
        )
    except UniqueViolationError:
        raise domain.name_taken() from None
    await _add_version(tx, template, 1, written, by=by, used=shipped is not None)
    return template


async def renew(
    tx: Tx, name: str, variables: list[dict[str, Any]], texts: dict[str, Any], digest: str
) -> bool:
    """Put a newer shipped version in force, unless somebody here wrote one; whether it was."""
    before = await queries.untouched_for_update(tx, name)
    if before is None:
        return False
    number = before["latest"] + 1
    await _add_version(tx, before["id"], number, _written(variables, texts), by=None, used=True)
    await tx.run(_RENEW, b_id=before["id"], shipped=digest)
    await _save(tx, {**before, "latest": number, "published": number})
    return True


async def change(
    tx: Tx, template_id: UUID, patch: MessageTemplatePatch, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Change what was sent. What was in force stays as it was: other texts are a version of their own."""
    before = await queries.template_for_update(tx, template_id)
    check_version(expected, before["version"])
    sent = patch.model_fields_set
    variables = before["variables"]
    if "variables" in sent:
        variables = [each.model_dump(mode="json") for each in patch.variables]
    texts = patch.texts.plain() if "texts" in sent else before["texts"]
    latest = before["latest"]
    if (variables, texts) != (before["variables"], before["texts"]):
        latest = await _drafted(tx, before, variables, texts, by=by)
    description = patch.description if "description" in sent else before["description"]
    await _save(tx, {**before, "description": description, "latest": latest})
    return await queries.template(tx, template_id)


async def publish(tx: Tx, template_id: UUID, number: int | None, *, expected: int | None) -> dict[str, Any]:
    """Put a version in force, the latest without a number; an older one comes back the same way."""
    before = await queries.template_for_update(tx, template_id)
    check_version(expected, before["version"])
    wanted = before["latest"] if number is None else number
    await queries.version(tx, template_id, wanted)
    await tx.run(_USE, b_id=template_id, b_number=wanted, used=True)
    await _save(tx, {**before, "published": wanted})
    return await queries.template(tx, template_id)


async def remove(tx: Tx, template_id: UUID, *, expected: int | None) -> None:
    """Remove it with its versions; Conflict for one that came with Tonglu."""
    before = await queries.template_for_update(tx, template_id)
    check_version(expected, before["version"])
    if before["shipped"]:
        raise domain.shipped_stays()
    await tx.run(_REMOVE, b_id=template_id)


async def _drafted(
    tx: Tx, before: dict[str, Any], variables: list[dict[str, Any]], texts: dict[str, Any], *, by: UUID
) -> int:
    written = _written(variables, texts)
    latest: int = before["latest"]
    if before["used"]:
        await _add_version(tx, before["id"], latest + 1, written, by=by, used=False)
        return latest + 1
    await tx.run(_REWRITE, b_id=before["id"], b_number=latest, **written)
    return latest


def _written(variables: list[dict[str, Any]], texts: dict[str, Any]) -> dict[str, Any]:
    return {"variables": variables, "texts": texts, "compiled": compiled(texts, variables)}


async def _add_version(
    tx: Tx, template_id: UUID, number: int, written: dict[str, Any], *, by: UUID | None, used: bool
) -> None:
    await tx.run(
        _ADD_VERSION,
        id=tx.new_id(),
        template_id=template_id,
        number=number,
        **written,
        used=used,
        created_by=by,
        created_at=tx.now,
    )


async def _save(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(
        _CHANGE,
        b_id=row["id"],
        description=row["description"],
        published=row["published"],
        latest=row["latest"],
        version=row["version"] + 1,
        updated_at=tx.now,
    )
