"""Every change of a macro, and doing what macros say."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import Integer, Uuid, bindparam, delete, insert, update

from interaction_svc.complaints import commands as complaints
from interaction_svc.complaints import queries as found
from interaction_svc.handling.moves import move_of
from interaction_svc.macros import queries
from interaction_svc.macros.schemas import Action, MacroCreate, MacroPatch, Note
from interaction_svc.macros.tables import ComplaintMacro
from interaction_svc.notes.commands import write_note
from shared.db import Prepared, Tx, prepare
from shared.http import check_version
from shared.problems import Conflict, Problem

_T: Any = ComplaintMacro.__table__  # type: ignore[attr-defined]
_this = _T.c.id == bindparam("b_id", type_=Uuid)
_INSERT = prepare(insert(_T), *_T.c.keys())
_CHANGE = prepare(
    update(_T).where(_this, _T.c.version == bindparam("b_version", type_=Integer)),
    *("name", "actions", "version", "updated_at"),
)
_REMOVE = prepare(delete(_T).where(_this))
_TEXTS = ("text", "result", "reason", "note")


async def create_macro(tx: Tx, body: MacroCreate) -> dict[str, Any]:
    """A new macro; Conflict when its name is taken."""
    row = {
        "id": tx.new_id(),
        "name": body.name,
        "actions": _stored(body.actions),
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await _written(tx, _INSERT, **row)
    return row


async def change_macro(tx: Tx, macro_id: UUID, patch: MacroPatch, *, expected: int | None) -> dict[str, Any]:
    """Change what was sent. NotFound, Stale, Conflict when the name is taken."""
    before = await queries.macro_to_change(tx, macro_id)
    check_version(expected, before["version"])
    wanted = {"name": patch.name} if patch.name is not None else {}
    actions = {"actions": _stored(patch.actions)} if patch.actions is not None else {}
    after = {**before, **wanted, **actions, "version": before["version"] + 1, "updated_at": tx.now}
    await _written(tx, _CHANGE, b_id=macro_id, b_version=before["version"], **after)
    return after


async def remove_macro(tx: Tx, macro_id: UUID, *, expected: int | None) -> None:
    """Remove it; what was done by it stays done. NotFound, Stale."""
    before = await queries.macro_to_change(tx, macro_id)
    check_version(expected, before["version"])
    await tx.run(_REMOVE, b_id=macro_id)


async def apply(
    tx: Tx, complaint_id: UUID, actions: Sequence[Action], *, by: UUID, expected: int | None = None
) -> dict[str, Any]:
    """Do all of it or, when one deed is refused, nothing; the complaint as it stands afterwards.

    Raises as the deeds do, and Stale when `expected` is not the version before the first of them.
    """
    row = await found.complaint(tx, complaint_id, now=tx.now)
    check_version(expected, row["version"])
    for action in actions:
        said = _filled(action, row)
        if isinstance(said, Note):
            await write_note(tx, complaint_id, said.text, by=by)
        else:
            how, note = move_of(said)
            row = await complaints.move(tx, complaint_id, how, by=by, note=note)
    return row


async def apply_to_many(
    tx: Tx, complaint_ids: Sequence[UUID], actions: Sequence[Action], *, by: UUID
) -> dict[UUID, Problem | None]:
    """`apply` for each of them alone: what was refused, by the complaint; None: it was done.

    In the order of their ids, so that two who do things to the same ones wait for each other.
    """
    outcome: dict[UUID, Problem | None] = {}
    for complaint_id in sorted(set(complaint_ids)):
        try:
            async with tx.savepoint():
                await apply(tx, complaint_id, actions, by=by)
            outcome[complaint_id] = None
        except Problem as refused:
            outcome[complaint_id] = refused
    return outcome


def _filled(action: Action, complaint: dict[str, Any]) -> Action:
    """The action with what its texts name of the complaint."""
    texts = {name: getattr(action, name, None) for name in _TEXTS}
    said = {
        name: text.replace("{number}", complaint["number"]).replace("{subject}", complaint["subject"])
        for name, text in texts.items()
        if text
    }
    return action.model_copy(update=said)


def _stored(actions: Sequence[Action]) -> list[dict[str, Any]]:
    return [action.model_dump(mode="json", exclude_none=True) for action in actions]


async def _written(tx: Tx, statement: Prepared, **values: Any) -> None:
    try:
        await tx.run(statement, **values)
    except UniqueViolationError:
        raise Conflict("macro_exists", en="A macro has this name already.", zh="已有同名快捷处理。") from None
