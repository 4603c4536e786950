"""The daily look at drift."""

import asyncio
from datetime import timedelta
from typing import Any

from scoring_svc.drift import commands, queries, snapshots
from scoring_svc.drift.domain import KEPT, findings, lateness, maturity, reason_mix, shift_figures
from scoring_svc.facts import queries as facts
from scoring_svc.modelling.drift import shifts
from scoring_svc.modelling.facts import Facts
from scoring_svc.modelling.features import features
from scoring_svc.modelling.inputs import NAMES
from scoring_svc.modelling.model import teachers
from scoring_svc.modelling.standing import standing
from scoring_svc.models.domain import summary
from scoring_svc.models.queries import Champion, Shelf
from scoring_svc.scores.domain import instant
from shared.jobs import Every, JobContext, Jobs

LOOK = "scoring.drift"
_DAY = 86_400
_FIRST_AFTER = 7_200
_HALF_A_YEAR = timedelta(weeks=26)
_LONG_SECONDS = 300
_AT_ONCE = 1000


def drift_jobs(shelf: Shelf) -> Jobs:
    """Each day: keep scores, look what became of others, measure, and raise or clear alarms."""

    async def look(job: JobContext, _args: dict[str, Any]) -> None:
        async with job.db.read() as reader:
            champion = await shelf.champion(reader)
        if champion is not None:
            await look_at(job, champion)

    return Jobs({LOOK: look}, [Every(LOOK, seconds=_DAY, first_after=_FIRST_AFTER)])


async def look_at(job: JobContext, champion: Champion) -> None:
    """One look at the speaking model, written down with what is alarming about it."""
    async with job.begin() as tx:
        await snapshots.keep(tx)
        await tx.run(commands.FORGET, b_before=tx.now - KEPT, b_most=_AT_ONCE)
    await snapshots.settle(job, currency=champion.currency)
    figures = await measured(job, champion)
    async with job.begin() as tx:
        found = findings(figures, summary(champion.model.card))
        await commands.report(tx, champion.id, figures, found)


async def measured(job: JobContext, champion: Champion) -> dict[str, Any]:
    """Everything that is measured of drift, as plain JSON values."""
    async with job.begin(timeout=_LONG_SECONDS) as tx:
        now = tx.now
        customers = await facts.known_customers(tx)
        known = await facts.all_facts(tx, customers, currency=champion.currency)
        rows = await queries.matured(tx, champion.id, (now - KEPT).date())
        mix = reason_mix(await queries.reasons(tx), await queries.first_reasons(tx, champion.id))
        fits = await queries.fits(tx, now - _HALF_A_YEAR)
        feeds = {row["feed"]: _feed(row, now) for row in await queries.feeds(tx, now)}
    shifted = await asyncio.to_thread(_shifted, known, champion, now)
    return {
        **shifted,
        "matured": maturity([dict(row) for row in rows]),
        "fits": fits,
        "reasons": mix,
        "feeds": feeds,
    }


def _shifted(known: Facts, champion: Champion, now: Any) -> dict[str, Any]:
    """How everybody who could teach a model now stands, against those whom this one was learnt from."""
    as_of, then = instant(now), champion.model.card.get("reference")
    buyers = teachers(known, as_of)
    nothing = {"customers": len(buyers), "reference_customers": 0, "inputs": {}, "score": None}
    if then is None or not len(buyers):
        return nothing
    inputs, chance = standing(features(buyers, as_of), champion.model)
    found = shifts(then, inputs, NAMES, chance)
    if found is None:
        return {**nothing, "reference_customers": then["customers"]}
    figures = shift_figures(found)
    score = figures.pop("score")
    return {
        "customers": len(buyers),
        "reference_customers": then["customers"],
        "inputs": figures,
        "score": score,
    }


def _feed(row: Any, now: Any) -> dict[str, float] | None:
    if row["newest"] is None:
        return None
    over = max((row["newest"] - row["oldest"]).days + 1, 1)
    return lateness((now - row["newest"]).total_seconds() / _DAY, row["days"], over)
