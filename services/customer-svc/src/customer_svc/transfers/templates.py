"""Templates: how files of one kind are read, remembered under a name by who sends them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import Boolean, Uuid, bindparam, delete, insert, or_, select, update

from customer_svc.transfers.columns import known_field
from customer_svc.transfers.schemas import ImportForm
from customer_svc.transfers.tables import ImportTemplate
from customer_svc.transfers.template_schemas import TemplateCreate, TemplatePatch, TemplateQuery
from shared.auth import Principal
from shared.db import Prepared, Reader, Tx, prepare
from shared.http import Listing, check_version
from shared.problems import Conflict, Invalid, not_found
from shared.sealing import Sealer

SEES_ALL = "operations:all"
_t: Any = ImportTemplate.__table__  # type: ignore[attr-defined]
_OPTIONS = ("mapping", "encoding", "sheet", "timezone", "policy")
_one = select(_t).where(
    _t.c.id == bindparam("b_id"),
    or_(_t.c.created_by == bindparam("caller", type_=Uuid), bindparam("sees_all", type_=Boolean)),
)
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
_INSERT = prepare(insert(_t), *_t.c.keys())
_UPDATE = prepare(update(_t).where(_t.c.id == bindparam("b_id")), "name", *_OPTIONS, "version", "updated_at")
_DELETE = prepare(delete(_t).where(_t.c.id == bindparam("b_id")))
_LIST = Listing(
    select(_t),
    key=_t.c.id,
    sorts={"created_at": _t.c.created_at, "name": _t.c.name},
    default="name",
    filters={"entity": lambda entity: _t.c.entity == entity},
)


async def _found(db: Reader, statement: Prepared, template_id: UUID, caller: Principal) -> dict[str, Any]:
    row = await db.row(statement, b_id=template_id, caller=caller.id, sees_all=caller.may(SEES_ALL))
    if row is None:
        raise not_found("import template", "导入模板")
    return dict(row)


async def template(db: Reader, template_id: UUID, caller: Principal) -> dict[str, Any]:
    """One template of the caller's, or anybody's for an administrator; NotFound otherwise."""
    return await _found(db, _ONE, template_id, caller)


async def templates(db: Reader, query: TemplateQuery, sealer: Sealer, caller: Principal) -> dict[str, Any]:
    """One page of the caller's templates, or of everybody's for an administrator."""
    mine = [] if caller.may(SEES_ALL) else [_t.c.created_by == caller.id]
    return await _LIST.page(db, query, sealer, where=mine)


async def create(tx: Tx, wanted: TemplateCreate, caller: Principal) -> dict[str, Any]:
    """Remember a template; Conflict if the caller has one of this name."""
    scope = tx.scope.distributors
    row = {
        **wanted.model_dump(),
        "id": tx.new_id(),
        "scope_ids": None if scope is None else sorted(scope),
        "created_by": caller.id,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }
    try:
        await tx.run(_INSERT, **row)
    except UniqueViolationError:
        raise _taken() from None
    return row


async def change(
    tx: Tx, template_id: UUID, wanted: TemplatePatch, expected: int | None, caller: Principal
) -> dict[str, Any]:
    """Change the fields that were sent; Stale if it is not the expected version."""
    row = await _found(tx, _ONE_FOR_UPDATE, template_id, caller)
    check_version(expected, row["version"])
    row |= {**wanted.changes(), "version": row["version"] + 1, "updated_at": tx.now}
    _check(row)
    try:
        await tx.run(_UPDATE, **row, b_id=template_id)
    except UniqueViolationError:
        raise _taken() from None
    return row


async def remove(tx: Tx, template_id: UUID, expected: int | None, caller: Principal) -> None:
    """Forget a template; imports that used it stay as they are."""
    row = await _found(tx, _ONE_FOR_UPDATE, template_id, caller)
    check_version(expected, row["version"])
    await tx.run(_DELETE, b_id=template_id)


async def completed(db: Reader, form: ImportForm, caller: Principal) -> ImportForm:
    """The form with what its template says and it does not say itself; Invalid for an unknown template."""
    if form.template_id is None:
        return form
    row = await db.row(_ONE, b_id=form.template_id, caller=caller.id, sees_all=caller.may(SEES_ALL))
    if row is None or row["entity"] != form.entity:
        raise Invalid.at(
            "/template_id",
            "template_unknown",
            en="There is no such template for this entity.",
            zh="该类数据没有这个模板。",
        )
    told: Mapping[str, Any] = {name: row[name] for name in _OPTIONS if row[name] is not None}
    return ImportForm.model_validate({**told, **form.model_dump(exclude_unset=True)})


def _check(row: Mapping[str, Any]) -> None:
    """Raise Invalid for a mapping or policy that the template's entity does not have."""
    mapping, entity = row["mapping"] or {}, row["entity"]
    if any(not known_field(entity, name) for name in mapping):
        raise Invalid.at(
            "/mapping",
            "mapping_unknown_field",
            en="maps a field that is not known",
            zh="mapping 含有未知字段",
        )
    if row["policy"] != "skip" and entity != "customers":
        raise Invalid.at("/policy", "policy_of_customers", en="is for customers only", zh="该策略仅用于客户")


def _taken() -> Conflict:
    return Conflict("name_taken", en="You have a template of this name.", zh="您已有同名模板。")
