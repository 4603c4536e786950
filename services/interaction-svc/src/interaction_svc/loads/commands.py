"""The steps of a load: interactions go in, or are foreseen to, or are taken back; each step once."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import BigInteger, bindparam, delete, func, insert, select, tuple_
from sqlalchemy.dialects.postgresql import insert as insert_or_not

from interaction_svc.batches import Batch
from interaction_svc.interactions import commands as interactions
from interaction_svc.interactions.queries import interactions_to_remove
from interaction_svc.interactions.schemas import InteractionCreate
from interaction_svc.loads import queries
from interaction_svc.loads.domain import taken
from interaction_svc.loads.judging import Judged, judge_step
from interaction_svc.loads.marking import Marking
from interaction_svc.loads.queries import Asked
from interaction_svc.loads.schemas import (
    Left,
    LoadAnswer,
    LoadOutcome,
    WithdrawalAnswer,
    WithdrawalOutcome,
)
from interaction_svc.loads.tables import Foreseen, LoadStep
from interaction_svc.promises.commands import let_go
from interaction_svc.tables import MOMENT
from shared.db import Prepared, Tx, prepare
from shared.events.interaction import ImportedInteraction, InteractionsImported, InteractionsWithdrawn
from shared.jobs import JobContext
from shared.messaging import outbox
from shared.references import recorded_for

FORGETTING = "loads.forget"
KEPT = timedelta(days=7)
"""How long a step may be sent again, and a preview go on."""
AT_ONCE = 5000

_S: Any = LoadStep.__table__  # type: ignore[attr-defined]
_F: Any = Foreseen.__table__  # type: ignore[attr-defined]
_ALONE = prepare(select(func.pg_advisory_xact_lock(bindparam("lock", type_=BigInteger))))
_NOTE = prepare(insert(_S), *_S.c.keys())
_FORESEE = prepare(insert_or_not(_F).on_conflict_do_nothing(), *_F.c.keys())


def _old(table: Any) -> Prepared:
    key = tuple_(*table.primary_key)
    before = bindparam("before", type_=MOMENT)
    some = select(*table.primary_key).where(table.c.created_at < before).limit(AT_ONCE)
    return prepare(delete(table).where(key.in_(some)))


_FORGET = (_old(_S), _old(_F))


async def take(tx: Tx, asked: Asked) -> str | None:
    """The answer to the step if it was taken before; else the work is the caller's alone until the end.

    It goes on as bulk work. Raises Conflict for another step of this number.
    """
    lock = int.from_bytes(asked.work_id.bytes[8:], "big", signed=True)
    await tx.plan_anew()
    await tx.row(_ALONE, lock=lock)
    return await queries.answer(tx, asked)


async def load(tx: Tx, asked: Asked, batch: Batch[InteractionCreate], marking: Marking) -> str:
    """Take a step that stores the interactions which are new, and tells of them in one event; its answer.

    A preview judges alike, and remembers what it would have stored.
    """
    judged = await judge_step(tx, asked, batch, marking)
    if asked.deed == "preview":
        await _foresee(tx, asked, judged, marking)
    elif judged.drafts:
        new = list(judged.drafts.values())
        await interactions.store(tx, new)
        outbox.record(tx, _told(InteractionsImported, asked, new))
    outcomes = [LoadOutcome.of(outcome) for outcome in judged.outcomes]
    return await _noted(tx, asked, LoadAnswer(outcomes=outcomes))


async def withdraw(tx: Tx, asked: Asked, items: Sequence[Left]) -> str:
    """Take a step that deletes what is as the load left it, and tells of it in one event; its answer.

    Promises that were made in one of them stay, and name it no more.
    """
    there = await interactions_to_remove(tx, (item.id for item in items))
    found = taken(((item.id, item.version) for item in items), there)
    leaving = [there[one.id] for one in found if one.code is None]
    if leaving:
        ids = [row["id"] for row in leaving]
        await let_go(tx, ids)
        await interactions.remove(tx, ids)
        outbox.record(tx, _told(InteractionsWithdrawn, asked, leaving))
    outcomes = [WithdrawalOutcome.of(one) for one in found]
    return await _noted(tx, asked, WithdrawalAnswer(outcomes=outcomes))


async def forget_old(job: JobContext, _: dict[str, Any]) -> None:
    """Forget steps and what previews foresaw once nobody will send or meet them again."""
    for statement in _FORGET:
        full = True
        while full:
            async with job.begin() as tx:
                full = await tx.run(statement, before=tx.now - KEPT) == AT_ONCE


async def _noted(tx: Tx, asked: Asked, answer: BaseModel) -> str:
    text = answer.model_dump_json()
    await tx.run(
        _NOTE,
        work_id=asked.work_id,
        deed=asked.deed,
        step=asked.step,
        size=asked.size,
        answer=text,
        created_by=asked.by,
        created_at=tx.now,
    )
    return text


async def _foresee(tx: Tx, asked: Asked, judged: Judged, marking: Marking) -> None:
    rows = [
        {
            "work_id": asked.work_id,
            "key": marking.key(row.key),
            "customer_id": judged.drafts[place]["customer_id"],
            **row.marks,
            "created_at": tx.now,
        }
        for place, row in judged.rows.items()
    ]
    if rows:
        await tx.run_many(_FORESEE, rows)


def _told(
    kind: type[InteractionsImported | InteractionsWithdrawn],
    asked: Asked,
    rows: Sequence[Mapping[str, Any]],
) -> InteractionsImported | InteractionsWithdrawn:
    homes = {row["distributor_id"] for row in rows}
    return kind(
        subject=asked.work_id,
        version=asked.step + 1,
        distributor_id=homes.pop() if len(homes) == 1 else None,
        interactions=tuple(map(_fact, rows)),
    )


def _fact(row: Mapping[str, Any]) -> ImportedInteraction:
    return ImportedInteraction(
        interaction_id=row["id"],
        customer_id=recorded_for(row),
        channel=row["channel"],
        direction=row["direction"],
        occurred_at=row["occurred_at"],
        distributor_id=row["distributor_id"],
    )
