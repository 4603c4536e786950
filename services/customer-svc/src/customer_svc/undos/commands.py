"""Beginning the undoing of an import, writing down how far it is, and ending it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not

from customer_svc.transfers.tables import Import, ImportUndo, KeptRecord
from customer_svc.undos import domain, queries
from customer_svc.undos.domain import MOST_KEPT, Kept, Touched
from shared import operations
from shared.db import Tx, prepare

JOB = "import.undo"

_i: Any = Import.__table__  # type: ignore[attr-defined]
_u: Any = ImportUndo.__table__  # type: ignore[attr-defined]
_k: Any = KeptRecord.__table__  # type: ignore[attr-defined]
_new = insert_or_not(_u)
_AGAIN = ("operation_id", "scope_ids", "holder_ids", "created_by")
_BEGIN = prepare(
    _new.on_conflict_do_update(
        index_elements=["import_id"], set_={name: _new.excluded[name] for name in _AGAIN}
    ),
    *_u.c.keys(),
)
_ONE = update(_u).where(_u.c.import_id == bindparam("b_import_id"))
_ADVANCE = prepare(_ONE, "done", "undone", "kept", "position")
_END = prepare(_ONE, "undone_at")
_NEXT_VERSION = prepare(
    update(_i).where(_i.c.id == bindparam("b_id")).values(version=_i.c.version + 1), "updated_at"
)
_KEEP = prepare(insert(_k), *_k.c.keys())


async def begin_undo(
    tx: Tx, entry: Mapping[str, Any], *, by: UUID, service_number: int, token: str | None = None
) -> UUID:
    """Have a locked import undone by a worker; one that was stopped goes on where it was. The operation's id.

    `token` is what `Interactions` keeps of the caller's, for records that are stored elsewhere. Raises
    Conflict for an import that cannot be undone (any more).
    """
    domain.check_undoable(entry)
    import_id = entry["id"]
    total = await queries.touched(tx, import_id)
    args = {"import_id": str(import_id)} | ({} if token is None else {"token": token})
    operation = await operations.start(
        tx, f"{entry['entity']}.undo", by, service_number=service_number, job=JOB, args=args, total=total
    )
    scope = tx.scope
    await tx.run(
        _BEGIN,
        import_id=import_id,
        operation_id=operation,
        total=total,
        **dict.fromkeys(("done", "undone", "kept"), 0),
        **dict.fromkeys(("position", "undone_at")),
        scope_ids=None if scope.distributors is None else sorted(scope.distributors),
        holder_ids=None if scope.holders is None else sorted(scope.holders),
        created_by=by,
        created_at=tx.now,
    )
    await tx.run(_NEXT_VERSION, b_id=import_id, updated_at=tx.now)
    return operation


async def advance(
    tx: Tx, entry: Mapping[str, Any], judged: Sequence[Touched], kept: Sequence[Kept]
) -> dict[str, Any]:
    """Count the records of a chunk, and write down those that stay; the entry as it is then."""
    staying = len({one.touched.record_id for one in kept})
    counted = {
        "done": entry["done"] + len(judged),
        "undone": entry["undone"] + len(judged) - staying,
        "kept": entry["kept"] + staying,
        "position": judged[-1].record_id,
    }
    told = kept[: max(MOST_KEPT - entry["kept"], 0)]
    await tx.run_many(_KEEP, (_row(tx, entry, one) for one in told))
    await tx.run(_ADVANCE, b_import_id=entry["import_id"], **counted)
    await tx.run(_NEXT_VERSION, b_id=entry["import_id"], updated_at=tx.now)
    entry = {**entry, **counted}
    await operations.progress(tx, entry["operation_id"], done=entry["done"], result=_result_of(entry))
    return entry


async def end_undo(tx: Tx, entry: Mapping[str, Any]) -> None:
    """Every record is judged: the import is undone, and cannot be once more."""
    await tx.run(_END, b_import_id=entry["import_id"], undone_at=tx.now)
    await tx.run(_NEXT_VERSION, b_id=entry["import_id"], updated_at=tx.now)
    await operations.progress(tx, entry["operation_id"], result=_result_of(entry))


def _row(tx: Tx, entry: Mapping[str, Any], one: Kept) -> dict[str, Any]:
    return {
        "id": tx.new_id(),
        "import_id": entry["import_id"],
        "line": one.touched.line,
        "kind": one.touched.kind,
        "record_id": one.touched.record_id,
        "field": one.field,
        "code": one.code,
    }


def _result_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "import_id": str(entry["import_id"]),
        "entity": entry["entity"],
        "undone": entry["undone"],
        "kept": entry["kept"],
    }
