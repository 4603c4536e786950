"""States kept: a fact goes in with the transaction that hears of it; what is stale is built from the log."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import numpy as np

from scoring_svc.facts import changes, orders
from scoring_svc.facts import queries as facts
from scoring_svc.facts.changes import Changes, micros
from scoring_svc.modelling.states.building import states_of
from scoring_svc.modelling.states.columns import States
from scoring_svc.modelling.states.layout import ALL, NOTHING, Part, is_current
from scoring_svc.modelling.states.state import PART_OF, State
from scoring_svc.modelling.states.told import Told
from scoring_svc.states import metrics, queries
from scoring_svc.states.queries import Written
from shared.db import Record, Tx

_HEAVY = Part.BUYING
_AHEAD = timedelta(minutes=1)


def counted_until(tx: Tx) -> int:
    """The moment up to which facts count now, in microseconds since 1970.

    The clock that dated a fact may be ahead of ours; it must not have us wait, and then build all anew.
    """
    return micros(tx.now + _AHEAD)


async def take_in(tx: Tx) -> None:
    """What this transaction learnt goes into the states, as its last deed but the writing at the commit.

    Rows are locked in one order by all writers, before anybody asks who was merged: a merger that commits
    later finds what was told until then in the log, one that committed before is seen here.
    """
    await orders.write_down(tx)
    noted = changes.taken(tx)
    if noted is None:
        return
    chosen = sorted({*noted.told, *noted.outdated})
    if not chosen:
        return
    rows = await _locked(tx, chosen, noted)
    stale, written = _told(noted, rows, counted_until(tx))
    for customer, root in (await queries.roots(tx, chosen)).items():
        written.pop(customer, None)
        stale[root] = stale.get(root, NOTHING) | stale.pop(customer, NOTHING) | noted.touched(customer)
    for customer in written.keys() & stale.keys():
        written[customer] = written[customer]._replace(stale=written[customer].stale | stale.pop(customer))
    if stale:
        tx.before_commit(lambda _: queries.marking(stale, tx.now))
    if written:
        tx.before_commit(lambda _: queries.writing(list(written.values()), tx.now))


async def _locked(tx: Tx, customers: Sequence[UUID], noted: Changes) -> dict[UUID, Record]:
    """Their states; one that is not there yet is made, to be built as a whole, and is not among these."""
    rows = await queries.to_change(tx, customers, read=noted.told)
    if missing := {customer: ALL for customer in customers if customer not in rows}:
        await tx.run_together(queries.marking(missing, tx.now))
    return rows


def _told(
    noted: Changes, rows: Mapping[UUID, Record], now: int
) -> tuple[dict[UUID, Part], dict[UUID, Written]]:
    """What is to be built anew of whom, and the states that have taken in what they were told."""
    stale = {customer: parts for customer, parts in noted.outdated.items() if customer in rows}
    written: dict[UUID, Written] = {}
    for customer, told in noted.told.items():
        if (row := rows.get(customer)) is None:
            continue
        if is_current(row["document"]):
            before = Part(row["stale"]) | stale.pop(customer, NOTHING)
            written[customer] = Written(customer, *_applied(row, told, before, now))
        else:
            stale[customer] = ALL
    return stale, written


def _applied(
    row: Record, told: Sequence[tuple[Told, str | None]], stale: Part, now: int
) -> tuple[Part, bytes]:
    state = State.read(row["document"])
    for fact, currency in told:
        if PART_OF[type(fact)] not in stale and currency in (None, row["currency"]):
            stale |= state.apply(fact, now)
    return stale, state.document()


async def current(
    tx: Tx, customers: Sequence[UUID], found: Mapping[UUID, Record], *, currency: str
) -> States:
    """The states of these customers, in their order, with orders in this currency; none of them is merged.

    From the rows of `KEPT` that were `found`. What is stale, missing, of another format or another currency
    is built from the log and kept.
    """
    now = counted_until(tx)
    stale = stale_parts(customers, found, currency, now)
    if stale:
        built = await _built(tx, stale, currency, now)
        documents = [built[each] if each in built else found[each]["document"] for each in customers]
    else:
        documents = [found[each]["document"] for each in customers]
    return States.read(documents)


def stale_parts(
    customers: Sequence[UUID], rows: Mapping[UUID, Record], currency: str, now: int
) -> dict[UUID, Part]:
    """What is to be built anew of those of these customers whose state does not count as it stands."""
    stale: dict[UUID, Part] = {}
    readable = [each for each in customers if each in rows and is_current(rows[each]["document"])]
    ended = States.read([rows[each]["document"] for each in readable]).ended(now).tolist()
    for customer, bits in zip(readable, ended, strict=True):
        row = rows[customer]
        parts = Part(row["stale"]) | Part(bits)
        stale[customer] = parts if row["currency"] == currency else parts | Part.BUYING
    stale |= {each: ALL for each in customers if each not in stale}
    return {customer: parts for customer, parts in stale.items() if parts}


async def _built(tx: Tx, stale: Mapping[UUID, Part], currency: str, now: int) -> dict[UUID, bytes]:
    """Lock what is stale, build it, and keep it; facts that are told meanwhile wait, and go in after this."""
    await tx.run_together(queries.marking(stale, tx.now))
    chosen = sorted(stale)
    rows = await queries.to_change(tx, chosen, read=chosen)
    stale = stale_parts(chosen, rows, currency, now)
    heavy = [each for each in chosen if _HEAVY in stale.get(each, NOTHING)]
    light = [each for each in chosen if each in stale and _HEAVY not in stale[each]]
    found = {each: row["document"] for each, row in rows.items()}
    for group, parts in ((heavy, ALL), (light, ALL & ~_HEAVY)):
        if group:
            log = await facts.facts_of(tx, group, currency=currency, parts=parts)
            at = np.datetime64(now, "us")
            built = states_of(log, at, minor_per_unit=facts.MINOR_PER_UNIT).documents()
            found |= {
                each: _with(found[each], document, stale[each])
                for each, document in zip(group, built, strict=True)
            }
    metrics.built.add(len(stale))
    if written := [Written(each, NOTHING, found[each]) for each in stale]:
        await tx.run_together(queries.writing(written, tx.now, currency=currency))
    return found


def _with(before: bytes, built: bytes, parts: Part) -> bytes:
    """The state before with these parts as they were built."""
    if parts == ALL:
        return built
    state = State.read(before)
    state.take(State.read(built), parts)
    return state.document()
