"""What an event changes: one open reminder per source and topic, made, refreshed or closed."""

from uuid import UUID

from sqlalchemy import BigInteger, Text, Uuid, bindparam
from sqlalchemy.dialects.postgresql import insert

from notify_svc.errands import queries
from notify_svc.errands.domain import Errand, takes_over
from notify_svc.errands.queries import HEARD
from notify_svc.reminders import commands as reminders
from notify_svc.reminders.domain import Source
from shared.db import Tx, prepare

_heard = insert(HEARD).values(
    source=bindparam("b_source", type_=Text),
    source_id=bindparam("b_id", type_=Uuid),
    version=bindparam("b_version", type_=BigInteger),
)
_HEAR = prepare(
    _heard.on_conflict_do_update(
        index_elements=[HEARD.c.source, HEARD.c.source_id],
        set_={"version": _heard.excluded.version},
        where=HEARD.c.version < _heard.excluded.version,
    )
)


async def is_news(tx: Tx, source: str, source_id: UUID, version: int) -> bool:
    """Whether nothing as new was heard of this source before; from now on it was."""
    return await tx.run(_HEAR, b_source=source, b_id=source_id, b_version=version) == 1


async def ask(tx: Tx, errand: Errand) -> None:
    """Remind somebody, once however often the event comes; a newer one about the same topic adds none.

    The open reminder then takes over the newer event's assignee and reasons and keeps its moment, so that
    repeated warnings do not put the call off.
    """
    if not await is_news(tx, errand.source, errand.source_id, errand.version):
        return
    current = await queries.open_about(tx, errand.source, errand.topic_id)
    if current is None:
        await reminders.add(
            tx,
            by=None,
            source=errand.source,
            source_id=errand.source_id,
            topic_id=errand.topic_id,
            subject_code=errand.subject_code,
            subject_parameters=dict(errand.subject_parameters),
            customer_id=errand.customer_id,
            distributor_id=errand.distributor_id,
            assignee_id=errand.assignee_id,
            due_at=errand.due_at,
        )
    elif takes_over(errand, current["source_id"]):
        await reminders.save(
            tx,
            current,
            "edit",
            by=None,
            source_id=errand.source_id,
            assignee_id=errand.assignee_id,
            subject=None,
            subject_code=errand.subject_code,
            subject_parameters=dict(errand.subject_parameters),
        )


async def withdraw(tx: Tx, source: Source, *, source_id: UUID, version: int, topic_id: UUID) -> None:
    """The reason is gone: close the open reminder, unless a newer warning keeps it open."""
    if not await is_news(tx, source, source_id, version):
        return
    current = await queries.open_about(tx, source, topic_id)
    if current is not None and current["source_id"] == source_id:
        await reminders.save(tx, current, "cancel", by=None)


async def let_go(tx: Tx, source: Source, *, topic_id: UUID) -> None:
    """What it was about is over: close the open reminder, whatever asked for it last."""
    current = await queries.open_about(tx, source, topic_id)
    if current is not None:
        await reminders.save(tx, current, "cancel", by=None)
