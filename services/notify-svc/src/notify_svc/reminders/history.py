"""The history of reminders: one row for each thing that happened to one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text, Uuid, bindparam, func, insert, select

from notify_svc.reminders.queries import TRANSITION
from shared.db import Record, Tx, prepare


def _array(name: str, kind: Any) -> Any:
    return bindparam(name, type_=ARRAY(kind))


_given = (
    func.unnest(
        _array("ids", Uuid),
        _array("reminders", Uuid),
        _array("distributors", Uuid),
        _array("moments", DateTime(timezone=True)),
        _array("reasons", Text),
    )
    .table_valued("id", "reminder_id", "distributor_id", "due_at", "reason", name="given")
    .render_derived()
)
_ALIKE = ("deed", "from_state", "to_state", "by_id", "note", "from_id", "to_id", "created_at")
_NOTE = prepare(
    insert(TRANSITION).from_select(
        [column.key for column in _given.c] + list(_ALIKE),
        select(*_given.c, *(bindparam(f"b_{name}", type_=TRANSITION.c[name].type) for name in _ALIKE)),
    )
)


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to some reminders, all of them in the same state before; `by` null is the system.

    `note` is what somebody said, `from_id` and `to_id` are who handed it on to whom.
    """

    name: str
    before: str | None
    after: str
    by: UUID | None = None
    note: str | None = None
    from_id: UUID | None = None
    to_id: UUID | None = None


async def note(
    tx: Tx,
    deed: Deed,
    reminders: Sequence[Record | Mapping[str, Any]],
    reasons: Sequence[str | None] | None = None,
) -> None:
    """Keep that this happened to these reminders as they stand; of each why (a code), if that is known."""
    if not reminders:
        return
    await tx.run(
        _NOTE,
        ids=[tx.new_id() for _ in reminders],
        reminders=[row["id"] for row in reminders],
        distributors=[row["distributor_id"] for row in reminders],
        moments=[row["due_at"] for row in reminders],
        reasons=list(reasons or [None] * len(reminders)),
        b_deed=deed.name,
        b_from_state=deed.before,
        b_to_state=deed.after,
        b_by_id=deed.by,
        b_note=deed.note,
        b_from_id=deed.from_id,
        b_to_id=deed.to_id,
        b_created_at=tx.now,
    )
