"""Stepping: runs whose moment has come take one step each, with all that it does, in one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import Integer, Uuid, bindparam, insert, update

from notify_svc.playbook_runs import commands, queries
from notify_svc.playbook_runs.clients import RequestMessages, WantedMessage
from notify_svc.playbook_runs.commands import Ending
from notify_svc.playbook_runs.domain import Move, advance, doubled
from notify_svc.playbook_runs.queries import INTENT, RUN, STEP
from notify_svc.playbooks import queries as playbooks
from notify_svc.reminders import commands as reminders
from notify_svc.staff.queries import disabled
from notify_svc.standing.domain import Standing
from notify_svc.standing.queries import standing_of
from shared.db import Record, Tx, prepare

SHARE = 200
"""So many runs of each playbook are taken together."""
MOST_FAILURES = 6
_MESSAGES_EXPIRE = timedelta(days=7)
_GIVE_UP = timedelta(hours=20)
"""Behind it a repeated request might be taken for a new one: keys are remembered for a day."""
_BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 300, 1800, 7200))

_TOOK = prepare(insert(STEP), *STEP.c.keys())
_ASK = prepare(insert(INTENT), *INTENT.c.keys())
_of_id = RUN.c.id == bindparam("b_id", type_=Uuid)
_MOVE = prepare(update(RUN).where(_of_id).values(failures=0), "step", "wake_at", "updated_at")
_POSTPONE = prepare(
    update(RUN)
    .where(_of_id, RUN.c.state == "running", RUN.c.failures == bindparam("b_before", type_=Integer))
    .values(failures=RUN.c.failures + 1),
    "wake_at",
)


class _Taken(NamedTuple):
    run: Record
    move: Move
    standing: Standing


async def step_due(tx: Tx, request: RequestMessages, *, share: int = SHARE) -> list[UUID]:
    """Have the runs that are due take one step; which these were."""
    return await _step(tx, await queries.due(tx, share=share), request)


async def due_now(tx: Tx) -> list[tuple[UUID, int]]:
    """The runs that are due, each with how often its step could not be taken."""
    return [(row["id"], row["failures"]) for row in await queries.due(tx, share=SHARE)]


async def step_one(tx: Tx, run_id: UUID, request: RequestMessages) -> bool:
    """Have this run take its step, if it is due still."""
    return bool(await _step(tx, await queries.due_one(tx, run_id), request))


async def postpone(tx: Tx, run_id: UUID, failures: int, *, code: str) -> None:
    """The step cannot be taken now: later, or never when it could not be taken so many times."""
    if failures + 1 >= MOST_FAILURES:
        await commands.finish(tx, [Ending(run_id, "stopped", code)])
    else:
        wake_at = tx.now + _BACK_OFF[min(failures, len(_BACK_OFF) - 1)]
        await tx.run(_POSTPONE, b_id=run_id, b_before=failures, wake_at=wake_at)


async def _step(tx: Tx, runs: Sequence[Record], request: RequestMessages) -> list[UUID]:
    if not runs:
        return []
    definitions = await playbooks.definitions(tx, [(run["playbook_id"], run["number"]) for run in runs])
    standings = await standing_of(tx, [run["customer_id"] for run in runs])
    doubles = await queries.doubled(tx, [run["id"] for run in runs])
    taken = []
    for run in runs:
        standing = standings[run["customer_id"]]
        definition = definitions[run["playbook_id"], run["number"]]
        if run["id"] in doubles:
            move = doubled(run["step"], tx.now)
        else:
            move = advance(definition, run["step"], standing, tx.now)
        taken.append(_Taken(run, move, standing))
    made = await _effects(tx, taken, request)
    await _write(tx, taken, definitions, made)
    return [each.run["id"] for each in taken]


async def _write(
    tx: Tx,
    taken: Sequence[_Taken],
    definitions: dict[tuple[UUID, int], dict[str, Any]],
    made: dict[UUID, UUID],
) -> None:
    stepped = [each for each in taken if each.move.step is not None]
    await tx.run_many(_TOOK, [_step_row(each, definitions, made, tx.now) for each in stepped])
    await tx.run_many(_ASK, [_intent(each, tx.now) for each in stepped if each.move.state == "waiting"])
    await tx.run_many(_MOVE, [_moved(each, tx.now) for each in taken])
    over = [each for each in taken if each.move.outcome is not None]
    await commands.finish(
        tx, [Ending(each.run["id"], each.move.outcome, each.move.code) for each in over if each.move.outcome]
    )


def _moved(taken: _Taken, now: datetime) -> dict[str, Any]:
    waiting = taken.move.state == "waiting"
    wake_at = None if waiting else taken.move.wake_at
    return {"b_id": taken.run["id"], "step": taken.move.then, "wake_at": wake_at, "updated_at": now}


def _step_row(
    taken: _Taken,
    definitions: dict[tuple[UUID, int], dict[str, Any]],
    made: dict[UUID, UUID],
    now: datetime,
) -> dict[str, Any]:
    run, move = taken.run, taken.move
    number = move.step or 0
    kind = definitions[run["playbook_id"], run["number"]]["steps"][number - 1]["kind"]
    return {
        "run_id": run["id"],
        "step": number,
        "kind": kind,
        "state": move.state,
        "code": move.code,
        "made_id": made.get(run["id"]),
        "until": move.wake_at if move.wake_at > now else None,
        "at": now,
    }


def _intent(taken: _Taken, now: datetime) -> dict[str, Any]:
    effect = taken.move.effect or {}
    return {
        "run_id": taken.run["id"],
        "step": taken.move.step,
        "kind": effect["kind"],
        "said": {name: value for name, value in effect.items() if name not in ("kind", "if_refused")},
        "state": "pending",
        "fence": 0,
        "leased_until": None,
        "attempts": 0,
        "due_at": now,
        "give_up_at": now + _GIVE_UP,
        "if_refused": effect["if_refused"],
    }


async def _effects(tx: Tx, taken: Sequence[_Taken], request: RequestMessages) -> dict[UUID, UUID]:
    """By its run what was made: a reminder or a message."""
    kinds = [(each.move.effect or {}).get("kind") for each in taken]
    reminding = [each for each, kind in zip(taken, kinds, strict=True) if kind == "reminder"]
    writing = [each for each, kind in zip(taken, kinds, strict=True) if kind in ("message", "webhook")]
    ids = [*await _remind(tx, reminding)]
    if writing:
        ids += await request(tx, [_message(each, tx.now) for each in writing])
    return {each.run["id"]: found for each, found in zip((*reminding, *writing), ids, strict=True)}


async def _remind(tx: Tx, taken: Sequence[_Taken]) -> list[UUID]:
    """Reminders in both languages, which the reader's own is chosen from.

    Without an owner, or with one who has left, a reminder is queued.
    """
    people = [_assignee(each) for each in taken]
    left = await disabled(tx, [each for each in people if each is not None])
    return await reminders.add_many(
        tx,
        [
            _reminder(each, None if person in left else person, tx.now)
            for each, person in zip(taken, people, strict=True)
        ],
    )


def _assignee(taken: _Taken) -> UUID | None:
    person = (taken.move.effect or {})["assignee_id"]
    return taken.standing.owner_id if person is None else UUID(person)


def _reminder(taken: _Taken, assignee_id: UUID | None, now: datetime) -> dict[str, Any]:
    effect, run = taken.move.effect or {}, taken.run
    return {
        "source": "playbook",
        "source_id": run["id"],
        "topic_id": uuid5(run["id"], str(taken.move.step)),
        "subject_code": "playbook.step",
        "subject_parameters": {"zh": effect["subject_zh"], "en": effect["subject_en"]},
        "customer_id": run["customer_id"],
        "distributor_id": run["distributor_id"],
        "assignee_id": assignee_id,
        "due_at": now + timedelta(days=effect["due_days"]),
    }


def _message(taken: _Taken, now: datetime) -> WantedMessage:
    effect, run = taken.move.effect or {}, taken.run
    webhook = effect["kind"] == "webhook"
    ids = {"customer_id": str(run["customer_id"]), "playbook_run_id": str(run["id"])}
    return WantedMessage(
        dedup_key=f"playbook:{run['id']}:{taken.move.step}",
        source_id=run["id"],
        template=effect["template"],
        channels=("webhook",) if webhook else tuple(effect["channels"]),
        purpose="service" if webhook else effect["purpose"],
        customer_id=run["customer_id"],
        distributor_id=run["distributor_id"],
        expires_at=now + _MESSAGES_EXPIRE,
        to_customer=not webhook,
        sender_id=UUID(effect["sender_id"]) if webhook else None,
        variables=ids if webhook else effect["variables"],
    )
