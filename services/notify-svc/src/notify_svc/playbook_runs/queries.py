"""Every SELECT over runs, their steps, and the facts that trigger them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Integer,
    Text,
    Uuid,
    bindparam,
    func,
    literal,
    select,
    text,
    true,
    tuple_,
)

from notify_svc.playbook_runs.tables import PlaybookIntent, PlaybookRun, PlaybookStep, TriggerFact
from notify_svc.playbooks.queries import P, V
from notify_svc.standing.queries import STANDING
from shared.db import Reader, Record, Tx, any_of, in_sight, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.sealing import Sealer

FACT: Any = TriggerFact.__table__  # type: ignore[attr-defined]
RUN: Any = PlaybookRun.__table__  # type: ignore[attr-defined]
STEP: Any = PlaybookStep.__table__  # type: ignore[attr-defined]
INTENT: Any = PlaybookIntent.__table__  # type: ignore[attr-defined]
SIGHT = through_customer(RUN)
_FACT_SIGHT = through_customer(FACT)

_UNFINISHED = text("playbook_run.state <> 'finished'")
_MOST = bindparam("most", type_=Integer)
_shown = select(RUN, P.c.code.label("playbook_code"), P.c.title_zh, P.c.title_en).join(
    P, P.c.id == RUN.c.playbook_id
)
_one = _shown.where(RUN.c.id == bindparam("b_id", type_=Uuid), in_sight(SIGHT))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update(of=RUN))
_STEPS = prepare(select(STEP).where(STEP.c.run_id == bindparam("b_id", type_=Uuid)).order_by(STEP.c.step))
_WAITING_FACTS = prepare(
    select(FACT).where(text("trigger_fact.taken_at IS NULL")).order_by(FACT.c.seq).limit(_MOST)
)
_LIVE = prepare(
    select(RUN.c.id, RUN.c.playbook_id, RUN.c.number, RUN.c.customer_id, V.c.definition)
    .join(V, (V.c.playbook_id == RUN.c.playbook_id) & (V.c.number == RUN.c.number))
    .where(RUN.c.customer_id == any_of("ids"), _UNFINISHED)
    .order_by(RUN.c.id)
)
_ENTERED = prepare(
    select(RUN.c.playbook_id, RUN.c.customer_id, func.max(RUN.c.entered_at).label("at"))
    .where(RUN.c.customer_id == any_of("ids"))
    .group_by(RUN.c.playbook_id, RUN.c.customer_id)
)
_due = (
    select(RUN)
    .where(RUN.c.playbook_id == P.c.id, text("playbook_run.state = 'running'"), RUN.c.wake_at <= func.now())
    .order_by(RUN.c.wake_at)
    .limit(bindparam("share", type_=Integer))
    .with_for_update(skip_locked=True)
    .correlate(P)
    .lateral("due")
)
_DUE = prepare(select(_due).select_from(P).join(_due, true()).where(~P.c.stopping))
_DUE_ONE = prepare(
    select(RUN)
    .where(
        RUN.c.id == bindparam("b_id", type_=Uuid),
        text("playbook_run.state = 'running'"),
        RUN.c.wake_at <= func.now(),
    )
    .with_for_update(skip_locked=True)
)
_elder = RUN.alias("elder")
_DOUBLED = prepare(
    select(RUN.c.id).where(
        RUN.c.id == any_of("ids"),
        select(_elder.c.id)
        .where(
            _elder.c.customer_id == RUN.c.customer_id,
            _elder.c.playbook_id == RUN.c.playbook_id,
            _elder.c.id < RUN.c.id,
            _elder.c.state != "finished",
        )
        .exists(),
    )
)
_OPEN_OF = prepare(
    select(RUN.c.id)
    .where(RUN.c.playbook_id == bindparam("b_playbook", type_=Uuid), _UNFINISHED)
    .order_by(RUN.c.id)
    .limit(_MOST)
    .with_for_update(skip_locked=True)
)
_ANY_OPEN = prepare(
    select(literal(1)).where(RUN.c.playbook_id == bindparam("b_playbook", type_=Uuid), _UNFINISHED).limit(1)
)
_CHURN_MOVED = prepare(
    select(STANDING.c.churn_from).where(
        STANDING.c.id == bindparam("b_id", type_=Uuid),
        STANDING.c.churn_version == bindparam("b_version", type_=BigInteger),
    )
)
_PAST = prepare(
    select(FACT.c.seq, FACT.c.kind, FACT.c.customer_id, FACT.c.from_code, FACT.c.to_code, FACT.c.at)
    .where(
        FACT.c.kind == func.any(bindparam("kinds", type_=ARRAY(Text))),
        FACT.c.at >= bindparam("since", type_=DateTime(timezone=True)),
        tuple_(FACT.c.at, FACT.c.seq)
        > tuple_(bindparam("at", type_=DateTime(timezone=True)), bindparam("seq", type_=BigInteger)),
        in_sight(_FACT_SIGHT),
    )
    .order_by(FACT.c.at, FACT.c.seq)
    .limit(_MOST)
)
_RUNS = Listing(
    _shown,
    key=RUN.c.id,
    sorts={"created_at": RUN.c.created_at},
    default="-created_at",
    filters={
        "playbook_id": lambda value: RUN.c.playbook_id == value,
        "customer_id": kept_by(RUN.c.customer_id),
        "state": lambda value: RUN.c.state == value,
        "outcome": lambda value: RUN.c.outcome == value,
    },
)


async def runs_page(reader: Reader, query: ListQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the runs of customers in sight."""
    return await _RUNS.page(reader, query, sealer, where=visible(reader.scope, SIGHT))


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("playbook run", "策略运行")
    return row


async def run(reader: Reader, run_id: UUID) -> Record:
    """One run; NotFound unless its customer is in sight."""
    return _found(await reader.row(_ONE, b_id=run_id, **sight(reader.scope)))


async def run_for_update(tx: Tx, run_id: UUID) -> Record:
    """One run, locked; NotFound unless its customer is in sight."""
    return _found(await tx.row(_ONE_FOR_UPDATE, b_id=run_id, **sight(tx.scope)))


async def steps(reader: Reader, run_id: UUID) -> list[Record]:
    """The steps that a run took, in their order."""
    return await reader.rows(_STEPS, b_id=run_id)


async def waiting_facts(tx: Tx, most: int) -> list[Record]:
    """The next facts that runs have not heard of, in the order in which they came."""
    return await tx.rows(_WAITING_FACTS, most=most)


async def live(reader: Reader, customer_ids: Sequence[UUID]) -> list[Record]:
    """The unfinished runs of these customers, with their definitions."""
    return await reader.rows(_LIVE, ids=list(customer_ids))


async def entered(reader: Reader, customer_ids: Sequence[UUID]) -> dict[tuple[UUID, UUID], datetime]:
    """When these customers entered playbooks last."""
    rows = await reader.rows(_ENTERED, ids=list(customer_ids))
    return {(row["playbook_id"], row["customer_id"]): row["at"] for row in rows}


async def due(tx: Tx, *, share: int) -> list[Record]:
    """Runs whose moment has come, locked: so many of each playbook, those due first, so that none waits."""
    return await tx.rows(_DUE, share=share)


async def due_one(tx: Tx, run_id: UUID) -> list[Record]:
    """This run, locked, if its moment has come and nobody else has it; else nothing."""
    return await tx.rows(_DUE_ONE, b_id=run_id)


async def doubled(reader: Reader, run_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these runs beside which an earlier one of the playbook goes on for the same customer.

    Only a merge of customers brings that about.
    """
    return {row["id"] for row in await reader.rows(_DOUBLED, ids=list(run_ids))}


async def open_of(tx: Tx, playbook_id: UUID, most: int) -> list[UUID]:
    """Some unfinished runs of a playbook that nobody else has, locked."""
    return [row["id"] for row in await tx.rows(_OPEN_OF, b_playbook=playbook_id, most=most)]


async def any_open(reader: Reader, playbook_id: UUID) -> bool:
    """Whether a playbook has unfinished runs."""
    return await reader.value(_ANY_OPEN, b_playbook=playbook_id) is not None


async def churn_moved(tx: Tx, customer_id: UUID, version: int) -> Record | None:
    """From which level the risk of being lost moved by this version of the score; None: it did not."""
    return await tx.row(_CHURN_MOVED, b_id=customer_id, b_version=version)


async def past_facts(
    reader: Reader, kinds: Sequence[str], *, since: datetime, after: tuple[datetime, int], most: int
) -> list[Record]:
    """The next facts in sight of these kinds, by their moments."""
    asked = {"kinds": list(kinds), "since": since, "at": after[0], "seq": after[1], "most": most}
    return await reader.rows(_PAST, **asked, **sight(reader.scope))
