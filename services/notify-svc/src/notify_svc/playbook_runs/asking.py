"""Asking other services: each intent leased, asked outside transactions, settled by its last holder."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Integer,
    Interval,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    null,
    or_,
    select,
    text,
    update,
)

from notify_svc.playbook_runs import commands
from notify_svc.playbook_runs.clients import Answered, Asked, Peers
from notify_svc.playbook_runs.commands import Ending
from notify_svc.playbook_runs.queries import INTENT, RUN, STEP
from shared.db import Database, Record, Tx, prepare

AT_ONCE = 10
_LEASE = timedelta(seconds=60)
_BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 60, 300, 1800, 3600))

_ready = (
    select(INTENT.c.run_id, INTENT.c.step)
    .join(RUN, RUN.c.id == INTENT.c.run_id)
    .where(
        RUN.c.state != "paused",
        or_(
            and_(text("playbook_intent.state = 'pending'"), INTENT.c.due_at <= func.now()),
            and_(text("playbook_intent.state = 'leased'"), INTENT.c.leased_until <= func.now()),
        ),
    )
    .order_by(INTENT.c.due_at)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True, of=INTENT)
    .cte("ready")
)
_LEASE_SOME = prepare(
    update(INTENT)
    .where(INTENT.c.run_id == _ready.c.run_id, INTENT.c.step == _ready.c.step, RUN.c.id == INTENT.c.run_id)
    .values(
        state="leased",
        fence=INTENT.c.fence + 1,
        leased_until=func.now() + bindparam("lease", _LEASE, type_=Interval()),
        attempts=INTENT.c.attempts + 1,
    )
    .returning(INTENT, RUN.c.customer_id, RUN.c.state.label("run_state"))
)
_mine = (
    INTENT.c.run_id == bindparam("b_run", type_=Uuid),
    INTENT.c.step == bindparam("b_step", type_=Integer),
    INTENT.c.fence == bindparam("b_fence", type_=BigInteger),
    text("playbook_intent.state = 'leased'"),
)
_SETTLE = prepare(update(INTENT).where(*_mine).values(leased_until=null()), "state")
_AGAIN = prepare(
    update(INTENT)
    .where(*_mine, select(RUN.c.id).where(RUN.c.id == INTENT.c.run_id, RUN.c.state != "finished").exists())
    .values(state="pending", leased_until=null(), due_at=func.now() + bindparam("pause", type_=Interval()))
)
_STEP = prepare(
    update(STEP).where(
        STEP.c.run_id == bindparam("b_run", type_=Uuid), STEP.c.step == bindparam("b_step", type_=Integer)
    ),
    "state",
    "code",
    "made_id",
)
_GO_ON = prepare(
    update(RUN)
    .where(
        RUN.c.id == bindparam("b_run", type_=Uuid), RUN.c.state != bindparam("over", "finished", type_=Text)
    )
    .values(wake_at=func.now())
)


async def ask_until_quiet(database: Database, peers: Peers) -> None:
    """Ask for everything that is due, ten at once; an unknown outcome is tried again under the same key."""
    while True:
        async with database.begin() as tx:
            leased = await lease_some(tx, AT_ONCE)
        if not leased:
            return
        now = database.now()
        answers = await asyncio.gather(*(_answer(peers, row, now) for row in leased))
        for row, answer in zip(leased, answers, strict=True):
            async with database.begin() as tx:
                await settle(tx, row, answer)


async def _answer(peers: Peers, row: Record, now: datetime) -> Answered:
    """Nobody is asked for a run that was ended meanwhile, nor again once the key may be forgotten there."""
    if row["run_state"] == "finished":
        return Answered("refused", "run_over")
    if row["attempts"] > 1 and now >= row["give_up_at"]:
        return Answered("unknown", "given_up")
    return await peers.ask(_asked(row))


async def lease_some(tx: Tx, most: int) -> list[Record]:
    """Take what is due, and what its holder let go of by silence, for a minute; nothing of a paused run."""
    return await tx.rows(_LEASE_SOME, most=most)


def _asked(row: Record) -> Asked:
    return Asked(f"playbook-{row['run_id']}-{row['step']}", row["kind"], row["customer_id"], row["said"])


async def settle(tx: Tx, leased: Record, answer: Answered) -> bool:
    """Write what came of it; False for a holder whose lease another one took over."""
    mine: dict[str, Any] = {
        "b_run": leased["run_id"],
        "b_step": leased["step"],
        "b_fence": leased["fence"],
    }
    if answer.result == "unknown" and tx.now < leased["give_up_at"]:
        pause = _BACK_OFF[min(leased["attempts"], len(_BACK_OFF)) - 1]
        if await tx.run(_AGAIN, **mine, pause=pause) == 1:
            return True
    done = answer.result == "done"
    if await tx.run(_SETTLE, **mine, state="sent" if done else "failed") != 1:
        return False
    said = {"state": "done" if done else "failed", "code": answer.code, "made_id": answer.made_id}
    await tx.run(_STEP, b_run=leased["run_id"], b_step=leased["step"], **said)
    await _go_on(tx, leased["run_id"], stops=not done and leased["if_refused"] == "stop", code=answer.code)
    return True


async def _go_on(tx: Tx, run_id: UUID, *, stops: bool, code: str | None) -> None:
    if stops:
        await commands.finish(tx, [Ending(run_id, "stopped", code)])
    else:
        await tx.run(_GO_ON, b_run=run_id)
