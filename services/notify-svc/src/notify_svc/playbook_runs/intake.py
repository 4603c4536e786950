"""Intake: what the next facts do to runs, worked out by the engine and written in a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, bindparam, func, select, text, update

from notify_svc.playbook_runs import commands, queries
from notify_svc.playbook_runs.commands import Ending
from notify_svc.playbook_runs.domain import Book, Ended, Entered, Fact, Live, Offer, take
from notify_svc.playbook_runs.queries import FACT
from notify_svc.playbooks import queries as playbooks
from notify_svc.standing.queries import standing_of
from shared.db import Record, Tx, prepare

MOST = 500
_LOCK = 0x706C6179  # advisory locks are per database, so one number serves
_ALONE = prepare(select(func.pg_try_advisory_xact_lock(bindparam("key", _LOCK))))
_TAKEN = prepare(
    update(FACT).where(
        FACT.c.seq == func.any(bindparam("b_seqs", type_=ARRAY(BigInteger))),
        text("trigger_fact.taken_at IS NULL"),
    ),
    "taken_at",
)


async def take_facts(tx: Tx, most: int = MOST) -> int:
    """Let runs hear of the next facts; how many these were.

    One worker at a time does this, so that facts of a customer are heard in their order.
    """
    if not await tx.value(_ALONE):
        return 0
    rows = await queries.waiting_facts(tx, most)
    if not rows:
        return 0
    work = await _worked_out(tx, rows)
    fresh = {each.run_id for each in work.entered}
    await commands.finish(tx, [each for each in work.ended if each.run_id not in fresh])
    await commands.start(tx, work.entered)
    await commands.finish(tx, [each for each in work.ended if each.run_id in fresh])
    await tx.run(_TAKEN, b_seqs=[row["seq"] for row in rows[: work.taken]], taken_at=tx.now)
    return work.taken


@dataclass
class _Work:
    """What the first `taken` facts do."""

    taken: int = 0
    entered: list[Entered] = field(default_factory=list)
    ended: list[Ending] = field(default_factory=list)


async def _worked_out(tx: Tx, rows: Sequence[Record]) -> _Work:
    """A customer that enters a playbook for the second time waits for the next transaction."""
    offers = [Offer(row["id"], row["number"], row["definition"]) for row in await playbooks.active(tx)]
    customers = sorted({row["customer_id"] for row in rows})
    book = await book_of(tx, customers)
    standings = await standing_of(tx, customers)
    work, inside = _Work(), set[tuple[UUID, UUID]]()
    for row in rows:
        done = list(take(fact_of(row), offers, book, standings[row["customer_id"]], tx.new_id))
        entered = [each for each in done if isinstance(each, Entered)]
        keys = {(each.offer.playbook_id, each.customer_id) for each in entered}
        if keys & inside:
            break
        inside |= keys
        work.taken += 1
        work.entered += entered
        work.ended += [
            Ending(each.live.run_id, each.outcome, each.code)
            for each in done
            if isinstance(each, Ended) and each.live.run_id is not None
        ]
    return work


def fact_of(row: Record) -> Fact:
    """A row as the engine takes it."""
    return Fact(row["kind"], row["customer_id"], row["from_code"], row["to_code"], row["at"])


async def book_of(tx: Tx, customers: Sequence[UUID]) -> Book:
    """Where these customers are, and when they entered what."""
    live: dict[UUID, list[Live]] = {}
    for row in await queries.live(tx, customers):
        offer = Offer(row["playbook_id"], row["number"], row["definition"])
        live.setdefault(row["customer_id"], []).append(Live(row["id"], offer, row["customer_id"]))
    return Book(live, await queries.entered(tx, customers))
