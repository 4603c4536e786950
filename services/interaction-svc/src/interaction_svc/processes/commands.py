"""Every change of a template; each makes a version of its own."""

from typing import Any
from uuid import UUID

from asyncpg import ForeignKeyViolationError
from sqlalchemy import Uuid, bindparam, delete, insert, update

from interaction_svc.processes import queries
from interaction_svc.processes.schemas import ServiceProcessCreate, ServiceProcessPatch
from interaction_svc.processes.tables import ServiceProcess, ServiceProcessVersion
from shared.db import Tx, prepare
from shared.http import check_version
from shared.problems import Conflict

_T: Any = ServiceProcess.__table__  # type: ignore[attr-defined]
_V: Any = ServiceProcessVersion.__table__  # type: ignore[attr-defined]
_this = _T.c.id == bindparam("b_id", type_=Uuid)
_INSERT = prepare(insert(_T), *_T.c.keys())
_ADVANCE = prepare(update(_T).where(_this), "version")
_REMEMBER = prepare(insert(_V), *_V.c.keys())
_REMOVE = prepare(delete(_T).where(_this))


async def create_process(tx: Tx, body: ServiceProcessCreate, *, by: UUID) -> dict[str, Any]:
    """A new template, in its first version."""
    row = {
        **body.model_dump(),
        "id": tx.new_id(),
        "version": 1,
        "created_by": by,
        "created_at": tx.now,
        "changed_by": by,
        "changed_at": tx.now,
    }
    await tx.run(_INSERT, **row)
    await _remember(tx, row)
    return row


async def change_process(
    tx: Tx, process_id: UUID, patch: ServiceProcessPatch, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Make another version of it; what runs keeps the one it has, and a change of nothing makes none.

    Raises NotFound, Stale when `expected` is not the version.
    """
    before = await queries.process_to_change(tx, process_id)
    check_version(expected, before["version"])
    wanted = {name: value for name, value in patch.changes().items() if before[name] != value}
    if not wanted:
        return before
    version = before["version"] + 1
    after = {**before, **wanted, "version": version, "changed_by": by, "changed_at": tx.now}
    await _remember(tx, after)
    await tx.run(_ADVANCE, b_id=process_id, version=version)
    return after


async def remove_process(tx: Tx, process_id: UUID, *, expected: int | None) -> None:
    """Remove it with its versions; Conflict when services were started by it. NotFound, Stale."""
    before = await queries.process_to_change(tx, process_id)
    check_version(expected, before["version"])
    try:
        await tx.run(_REMOVE, b_id=process_id)
    except ForeignKeyViolationError:
        raise Conflict(
            "process_in_use",
            en="Services were started by it. Set active to false instead.",
            zh="已有服务按该流程执行，请改为停用。",
        ) from None


async def _remember(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(_REMEMBER, **{**row, "process_id": row["id"], "id": tx.new_id()})
