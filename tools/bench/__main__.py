"""make bench [ONLY=http,edge,archive,…]: figures beside their limits; the parts are in PARTS."""

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import uvloop
from tools.bench.figures import Line
from tools.bench.parts import (
    archive,
    bulk,
    care,
    duplicates,
    edge,
    events,
    files,
    freshness,
    ghosts,
    http,
    imports,
    inbox,
    insights,
    interactions,
    messages,
    policies,
    reminders,
    scoring,
    sla,
    start,
    webhooks,
)
from tools.bench.stage import SMALL, Sizes, Stage, stage

from shared.telemetry import logs


class Part(NamedTuple):
    """A chapter of the report."""

    title: str
    measure: Callable[[Stage], AsyncIterator[Line]]


PARTS = {
    "http": Part(
        "One customer over HTTP, of raw asyncpg on the same tables (PostgreSQL with fsync)", http.measure
    ),
    "edge": Part("One customer through nginx and the check, of a service with a trusted token", edge.measure),
    "ghosts": Part("A foreign id, of one that never was, asked with a partner's key", ghosts.measure),
    "archive": Part("Finding customers among a million", archive.measure),
    "duplicates": Part("Duplicates, in a set of which it is known and in an archive", duplicates.measure),
    "imports": Part("A file of orders through POST /v1/imports, of COPY", imports.measure),
    "files": Part("Files that leave, and workbooks that arrive", files.measure),
    "interactions": Part("Interactions, a million of them", interactions.measure),
    "sla": Part("Clocks of service levels among twice as many complaints", sla.measure),
    "events": Part("Events, from the teller's commit to the listener's commit", events.measure),
    "scoring": Part("Scoring the sample's customers, multiplied", scoring.measure),
    "bulk": Part("A million customers in bulk: features, a model, scores", bulk.measure),
    "freshness": Part(
        "Fresh scores, from the commit of an order to the commit of the score that counts it",
        freshness.measure,
    ),
    "policies": Part("Trying a tier policy on everybody", policies.measure),
    "insights": Part("Reports of how customers buy, and how forecasts of it did", insights.measure),
    "webhooks": Part(
        "Webhooks into a sink that verifies every signature, of the client alone", webhooks.measure
    ),
    "messages": Part("Messages by e-mail into a sink, of the SMTP client alone", messages.measure),
    "reminders": Part("Reminders due in one moment, nearly all of one person", reminders.measure),
    "care": Part("Care: a million birthdays, and a feast for everybody at one hour", care.measure),
    "inbox": Part("The live inbox, from the moment of a reminder to the open stream", inbox.measure),
    "start": Part("All five services in one process with the embedded PostgreSQL", start.measure),
}
_WITH_BROKER = {"http", "events", "freshness"}


async def run(chosen: list[str], here: Stage) -> None:
    """Measure these parts one after another and print each line when it is known."""
    for name in chosen:
        part = PARTS[name]
        print(f"\n{part.title}", flush=True)
        async for line in part.measure(here):
            print(line, flush=True)


def main() -> None:
    """Print what the system costs; a goal that is missed is said, not failed."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default=os.environ.get("ONLY", ""), help="parts, with commas between")
    parser.add_argument(
        "--small", action="store_true", help="tiny sizes: shows that it runs, measures nothing"
    )
    given = parser.parse_args()
    chosen = [name for name in given.only.split(",") if name] or list(PARTS)
    if unknown := [name for name in chosen if name not in PARTS]:
        parser.error(f"there is no part {unknown[0]}: choose from {', '.join(PARTS)}")
    logs.configure("WARNING")
    sizes = SMALL if given.small else Sizes()
    started = time.monotonic()
    print(f"medians of {sizes.rounds} alternated rounds (lowest–highest)")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with (
        stage(sizes, with_broker=not _WITH_BROKER.isdisjoint(chosen)) as here,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(run(chosen, here))
    print(f"\ntook {time.monotonic() - started:.0f} s; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
