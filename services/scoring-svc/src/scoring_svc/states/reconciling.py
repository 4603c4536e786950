"""States held against the log: kept event by event they must say what is built from all events at once."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
import structlog

from scoring_svc.facts import due
from scoring_svc.facts import queries as facts
from scoring_svc.modelling.states.building import states_of
from scoring_svc.modelling.states.columns import States
from scoring_svc.modelling.states.layout import ALL
from scoring_svc.states import metrics, queries
from scoring_svc.states.commands import counted_until, stale_parts
from shared.db import Database, Tx

CHUNK = 100
_SECONDS = 60
_log = structlog.get_logger()


class Compared(NamedTuple):
    """How many states were compared, and how many of them differed."""

    states: int = 0
    different: int = 0


async def reconcile(database: Database, customers: Sequence[UUID], *, currency: str) -> Compared:
    """Compare the states of these customers with the log; one that differs is built anew, and scored.

    Those that wait to be built anyway are left out. Few are locked at a time, so that events hardly wait.
    """
    compared = different = 0
    for first in range(0, len(customers), CHUNK):
        async with database.begin(timeout=_SECONDS, bulk=True) as tx:
            kept, wrong = await _differing(tx, sorted(customers[first : first + CHUNK]), currency)
            if wrong:
                await tx.run_together(queries.marking(dict.fromkeys(wrong, ALL), tx.now))
                due.mark_due(tx, wrong)
        compared, different = compared + kept, different + len(wrong)
    metrics.compared.add(compared)
    metrics.different.add(different)
    level = _log.error if different else _log.info
    level("states reconciled", compared=compared, different=different)
    return Compared(compared, different)


async def _differing(tx: Tx, customers: Sequence[UUID], currency: str) -> tuple[int, list[UUID]]:
    rows = await queries.to_change(tx, customers, read=customers)
    merged = await queries.roots(tx, customers)
    now = counted_until(tx)
    stale = stale_parts(customers, rows, currency, now)
    chosen = [each for each in customers if each not in stale and each not in merged]
    if not chosen:
        return 0, []
    log = await facts.facts_of(tx, chosen, currency=currency)
    built = states_of(log, np.datetime64(now, "us"), minor_per_unit=facts.MINOR_PER_UNIT)
    same = States.read([rows[each]["document"] for each in chosen]).same_as(built)
    return len(chosen), [each for each, agrees in zip(chosen, same.tolist(), strict=True) if not agrees]
