"""Beginning an export, keeping its file for a while, and forgetting it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import bindparam, delete, insert, select, update

from customer_svc.exports.domain import ELSEWHERE, KEPT_DAYS
from customer_svc.exports.schemas import PAGING, QUERIES, ExportCreate
from customer_svc.exports.tables import Export
from customer_svc.tables import MOMENT
from shared import operations, uploads
from shared.db import Tx, prepare
from shared.http import ListQuery
from shared.problems import FieldError, Invalid
from shared.uploads import StoredUpload

JOB = "export"
TIDYING = "exports.tidying"
REMEMBERED = timedelta(days=90)
_t: Any = Export.__table__  # type: ignore[attr-defined]
_INSERT = prepare(insert(_t), *_t.c.keys())
_ONE = update(_t).where(_t.c.id == bindparam("b_id")).values(version=_t.c.version + 1)
_FILED = prepare(_ONE, "upload_id", "rows", "size", "expires_at", "updated_at")
_at = bindparam("before", type_=MOMENT)
_EXPIRED = prepare(select(_t.c.id, _t.c.upload_id).where(_t.c.upload_id.is_not(None), _t.c.expires_at < _at))
_UNFILED = prepare(_ONE, "upload_id", "updated_at")
_FORGET = prepare(delete(_t).where(_t.c.upload_id.is_(None), _t.c.created_at < _at))


def query_of(entity: str, filters: Mapping[str, Any]) -> ListQuery:
    """The filters as those of the entity's list; Invalid for what the list would not understand."""
    wrong = paging(filters)
    try:
        query = QUERIES[entity].model_validate(dict(filters))
    except ValidationError as error:
        wrong += [
            str(one["loc"][0]) for one in error.errors(include_url=False, include_input=False) if one["loc"]
        ]
    check_filters(wrong)
    return query


def paging(filters: Mapping[str, Any]) -> list[str]:
    """Those that are no filters but ask for a page."""
    return [name for name in filters if name in PAGING]


def check_filters(wrong: Sequence[str]) -> None:
    """Raise Invalid if there are filters that do not fit."""
    if wrong:
        words = "is no filter of the list, or not in its form", "不是列表的筛选条件或格式不符"
        errors = tuple(FieldError(f"/filters/{name[:100]}", "filter_invalid", *words) for name in wrong[:20])
        raise Invalid("filters_wrong", en="The filters do not fit.", zh="筛选条件不符合要求。", errors=errors)


async def begin_export(
    tx: Tx, wanted: ExportCreate, *, by: UUID, service_number: int, token: str | None = None
) -> dict[str, Any]:
    """Have a file made of what the caller sees; its operation shows the progress.

    `token` is what `Interactions` keeps of the caller's, for rows that come from elsewhere: whose filters
    were checked there.
    """
    if wanted.entity != ELSEWHERE:
        query_of(wanted.entity, wanted.filters)
    args = {} if token is None else {"token": token}
    operation = await operations.start(
        tx, f"{wanted.entity}.export", by, service_number=service_number, job=JOB, args=args
    )
    scope = tx.scope
    row = {
        **wanted.model_dump(),
        **dict.fromkeys(("rows", "size", "upload_id", "expires_at")),
        "id": operation,
        "scope_ids": None if scope.distributors is None else sorted(scope.distributors),
        "holder_ids": None if scope.holders is None else sorted(scope.holders),
        "created_by": by,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }
    await tx.run(_INSERT, **row)
    return {**row, "status": "queued"}


async def file_export(tx: Tx, entry: Mapping[str, Any], upload: StoredUpload, rows: int) -> None:
    """The file is whole: it can be had from now on, for a week."""
    expires = tx.now + timedelta(days=KEPT_DAYS)
    found = {"upload_id": upload.id, "rows": rows, "size": upload.size, "expires_at": expires}
    await tx.run(_FILED, b_id=entry["id"], **found, updated_at=tx.now)
    result = {"export_id": str(entry["id"]), "rows": rows, "size": upload.size}
    await operations.progress(tx, entry["id"], done=rows, total=rows, result=result)


async def forget_files(tx: Tx) -> None:
    """Delete files that nobody can have any more, and exports of three months ago."""
    for row in await tx.rows(_EXPIRED, before=tx.now):
        await uploads.discard(tx, row["upload_id"])
        await tx.run(_UNFILED, b_id=row["id"], upload_id=None, updated_at=tx.now)
    await tx.run(_FORGET, before=tx.now - REMEMBERED)
