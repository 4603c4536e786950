"""Trying a playbook: the facts that are kept are read again, and nothing is written."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from notify_svc.playbook_runs import queries
from notify_svc.playbook_runs.domain import OBJECTION, Offer
from notify_svc.playbook_runs.foreseeing import Foreseen, Foresight
from notify_svc.playbook_runs.intake import fact_of
from notify_svc.playbooks import queries as playbooks
from notify_svc.standing.domain import Standing
from notify_svc.standing.queries import standing_of
from shared.db import Reader

_PAGE, _AT_ONCE = 10_000, 1_000
"""So many facts are read, and so many gone through before others have their turn."""
MOST_FACTS = 100_000


async def dry_run(
    reader: Reader, playbook_id: UUID, *, number: int | None, days: int, zone: str, now: datetime
) -> dict[str, Any]:
    """What the playbook would have done by now with the facts in sight of the last days."""
    found = await playbooks.playbook(reader, playbook_id)
    chosen = number or found["number"]
    definition = (await playbooks.version(reader, playbook_id, chosen))["definition"]
    foresight = Foresight(Offer(playbook_id, chosen, definition), ZoneInfo(zone))
    since = now - timedelta(days=days)
    truncated, standings = await _read(reader, foresight, _kinds(definition), since)
    foreseen = foresight.finish(now, standings)
    return _shown(foreseen, definition, days=days, truncated=truncated)


async def _read(
    reader: Reader, foresight: Foresight, kinds: list[str], since: datetime
) -> tuple[bool, Mapping[UUID, Standing]]:
    """Whether there were more facts than are looked at, and where their customers stand."""
    after, standings = (since, -1), dict[UUID, Standing]()
    for _ in range(MOST_FACTS // _PAGE):
        rows = await queries.past_facts(reader, kinds, since=since, after=after, most=_PAGE)
        unknown = sorted({row["customer_id"] for row in rows} - standings.keys())
        standings |= await standing_of(reader, unknown)
        for start in range(0, len(rows), _AT_ONCE):
            foresight.take([fact_of(row) for row in rows[start : start + _AT_ONCE]], standings)
            await asyncio.sleep(0)
        if len(rows) < _PAGE:
            return False, standings
        after = (rows[-1]["at"], rows[-1]["seq"])
    return True, standings


def _kinds(definition: dict[str, Any]) -> list[str]:
    """The kinds of facts that this playbook looks at."""
    trigger = definition["trigger"]
    endings = [(definition.get(name) or {}).get("event") for name in ("goal", "exit")]
    kinds = {trigger["event"] if trigger["on"] == "event" else trigger["on"], OBJECTION, *endings}
    return sorted(kinds - {None})


def _shown(foreseen: Foreseen, definition: dict[str, Any], *, days: int, truncated: bool) -> dict[str, Any]:
    steps = enumerate(definition["steps"], start=1)
    return {
        "days": days,
        "entered": foreseen.entered,
        "by_day": [{"day": day, "entered": count} for day, count in sorted(foreseen.by_day.items())],
        "steps": [
            {"step": number, "kind": step["kind"], "runs": foreseen.steps[number]} for number, step in steps
        ],
        "outcomes": dict(foreseen.outcomes),
        "going_on": foreseen.going_on,
        "customers": list(foreseen.customers),
        "facts": foreseen.facts,
        "truncated": truncated,
    }
