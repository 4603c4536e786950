"""Every SELECT of errands."""

from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, select, text

from notify_svc.errands.tables import ReminderSource
from notify_svc.reminders.domain import Source
from notify_svc.reminders.queries import REMINDER
from shared.db import Record, Tx, prepare

HEARD = ReminderSource.__table__  # type: ignore[attr-defined]

# As text, not as arguments: a generic plan can use a partial index only if it sees the values.
_OPEN = text("reminder.topic_id IS NOT NULL AND reminder.state IN ('scheduled', 'due', 'missed')")
_OPEN_FOR_UPDATE = prepare(
    select(REMINDER)
    .where(
        REMINDER.c.source == bindparam("source", type_=Text),
        REMINDER.c.topic_id == bindparam("topic", type_=Uuid),
        _OPEN,
    )
    .with_for_update()
)


async def open_about(tx: Tx, source: Source, topic_id: UUID) -> Record | None:
    """The open reminder that events of this source made about a topic, locked; there is at most one."""
    return await tx.row(_OPEN_FOR_UPDATE, source=source, topic=topic_id)
