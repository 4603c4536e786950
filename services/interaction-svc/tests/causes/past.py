"""Complaints of two months as if they had been received then, and their figures counted one by one."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from interaction_svc.answering.tables import SurveyResponse
from interaction_svc.clocks.tables import SlaClock
from interaction_svc.complaints.tables import Complaint
from interaction_svc.invitations.tables import SurveyInvitation
from shared.clock import new_id

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=31)
SPAN = "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z"
DISTRIBUTORS: list[UUID | None] = [uuid4(), uuid4(), None]
OWNERS: list[UUID | None] = [uuid4(), uuid4(), None]
UNITS: list[UUID | None] = [uuid4(), None]
CAUSES = ["Carrier was late", "carrier was LATE", "承运商延误", "漏检", "包装", None]
OPEN = {"received": None, "waiting_customer": START, "merged": START}
_FIELDS = ("category", "severity", "channel", "tier", "cause", "product")


def group_of(row: dict[str, Any], by: str) -> str | None:
    """The group of a complaint, as one would say by hand."""
    value = row[by] if by in _FIELDS else row[f"{by}_id"]
    if value is None:
        return None
    return value.lower() if by in {"cause", "product"} else str(value)


class Past:
    """What was made up: complaints, the clocks of their first answers, what customers answered."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.complaints: list[dict[str, Any]] = []
        self.clocks: dict[UUID, dict[str, Any]] = {}
        self.ratings: dict[UUID, list[int]] = {}

    async def write(self, world: Any, wanted: int) -> None:
        homes = {home: UUID(await world.customer(home)) for home in DISTRIBUTORS}
        for number in range(wanted):
            self._one(number, homes)
        await insert(world, Complaint, self.complaints)
        await insert(world, SlaClock, list(self.clocks.values()))
        await self._answers(world)

    def _one(self, number: int, homes: dict[UUID | None, UUID]) -> None:
        pick, chance = self.chance.choice, self.chance
        home = pick(DISTRIBUTORS)
        opened = START + timedelta(minutes=chance.randrange(-35 * 1440, 35 * 1440))
        opened = pick([opened] * 8 + [START, END, START - (END - START)])
        status = pick(["received", "waiting_customer", "closed", "closed", "closed", "merged"])
        resolved = opened + timedelta(seconds=chance.randrange(9 * 86400)) if status == "closed" else None
        due = opened + timedelta(days=chance.randrange(1, 9)) if chance.random() < 0.7 else NEVER
        paused = opened + timedelta(days=2) if OPEN.get(status) else None
        over = None if resolved is None else "x"
        row = {
            "id": new_id(),
            "number": f"P-{number}",
            "customer_id": homes[home],
            "distributor_id": home,
            "channel": pick(["call", "email"]),
            "category": pick(["quality", "delivery", "billing"]),
            "severity": pick(["low", "high"]),
            "tier": pick(["core", "ordinary", None]),
            "subject": "s",
            "description": "",
            "cause": pick(CAUSES),
            "product": pick(["PE-1", "pe-1", None]),
            "status": status,
            "owner_id": pick(OWNERS),
            "org_unit_id": pick(UNITS),
            "opened_at": opened,
            "sla_started_at": opened,
            "sla_due_at": due,
            "sla_paused_at": paused,
            "sla_paused": timedelta(0),
            "escalation_level": 0,
            "step_started_at": opened,
            "step_due_at": None if status in {"closed", "merged"} else due,
            "resolved_at": resolved,
            "result": over,
            "closed_at": resolved,
            "reopened_count": pick([0, 0, 1, 2]),
            "merged_into": new_id() if status == "merged" else None,
            "merged_from": "received" if status == "merged" else None,
            "watcher_ids": [],
            "attachments": [],
            "created_by": new_id(),
            "version": 1,
            "created_at": opened,
            "updated_at": opened,
        }
        self.complaints.append(row)
        self._more(row)

    def _more(self, row: dict[str, Any]) -> None:
        opened, chance = row["opened_at"], self.chance
        if chance.random() < 0.6:
            done = opened + timedelta(hours=chance.randrange(9)) if chance.random() < 0.7 else None
            due = opened + timedelta(hours=4) if chance.random() < 0.8 else NEVER
            clock = {
                "id": new_id(),
                "complaint_id": row["id"],
                "metric": "first_answer",
                "started_at": opened,
            }
            alarms: dict[str, Any] = {"alarm_at": [], "alarm_to": [], "fired": 2}
            self.clocks[row["id"]] = {**clock, "due_at": due, "done_at": done, **alarms}
        if row["resolved_at"] is not None and chance.random() < 0.5:
            self.ratings[row["id"]] = [chance.randint(1, 5) for _ in range(chance.randrange(3))]

    async def _answers(self, world: Any) -> None:
        survey = new_id()
        await world.sql(
            "INSERT INTO survey VALUES "
            "($1, 'x', NULL, 'open', 1, '{}', 30, 30, NULL, $1, $1, 1, now(), now())",
            survey,
        )
        invitations, responses = [], []
        for row in self.complaints:
            if row["id"] not in self.ratings:
                continue
            done = row["resolved_at"] + timedelta(days=1)
            whose = {name: row[name] for name in ("customer_id", "distributor_id", "owner_id")}
            whose |= {"survey_id": survey, "complaint_id": row["id"]}
            invitation = {"id": new_id(), **whose, "created_at": done, "occasion": "complaint.closed"}
            invitations.append({**invitation, "expires_at": NEVER, "answered_at": done})
            values = [("rating", value) for value in self.ratings[row["id"]]] + [("nps", 10)]
            told = [{"question": "q", "kind": k, "indicator": "overall", "value": v} for k, v in values]
            response = {"id": new_id(), "invitation_id": invitation["id"], **whose, "survey_version": 1}
            times = {"started_at": done, "updated_at": done, "answered_at": done}
            responses.append(
                {**response, "language": "zh", "leaf": 0, "answers": [], "ratings": told, **times}
            )
        await insert(world, SurveyInvitation, invitations)
        await insert(world, SurveyResponse, responses)

    def received(self, since: datetime = START, until: datetime = END) -> list[dict[str, Any]]:
        """Those of a time, without duplicates."""
        found = [row for row in self.complaints if since <= row["opened_at"] < until]
        return [row for row in found if row["status"] != "merged"]

    def figures(self, rows: list[dict[str, Any]], before: int, whole: int) -> dict[str, Any]:
        """What is told of these complaints, of `whole` in all, with `before` in the time before."""
        clocks = [self.clocks[row["id"]] for row in rows if row["id"] in self.clocks]
        answers = [_kept(each["done_at"], None, each["due_at"]) for each in clocks]
        results = [_kept(row["resolved_at"], row["sla_paused_at"], row["sla_due_at"]) for row in rows]
        times = [
            (row["resolved_at"] - row["opened_at"]).total_seconds() for row in rows if row["resolved_at"]
        ]
        ratings = [value for row in rows for value in self.ratings.get(row["id"], [])]
        return {
            "count": len(rows),
            "share": len(rows) / whole if whole else None,
            "count_before": before,
            "change": (len(rows) - before) / before if before else None,
            "open": sum(row["resolved_at"] is None for row in rows),
            "reopened": sum(row["reopened_count"] > 0 for row in rows),
            "first_answers": _targets(answers),
            "resolutions": _targets(results),
            "median_seconds": _percentile(times, 0.5),
            "p90_seconds": _percentile(times, 0.9),
            "ratings": len(ratings),
            "mean_rating": sum(ratings) / len(ratings) if len(ratings) >= 10 else None,
        }


NEVER = datetime(2099, 1, 1, tzinfo=UTC)


def _kept(done: datetime | None, paused: datetime | None, due: datetime) -> bool | None:
    """Whether a time was kept; None: that is open. Everything but `NEVER` is long over."""
    stood = done or paused
    if stood is None:
        return None if due == NEVER else False
    if stood > due:
        return False
    return True if done is not None else None


def _targets(kept: list[bool | None]) -> dict[str, Any]:
    met, breached = kept.count(True), kept.count(False)
    return {"met": met, "breached": breached, "share_met": met / (met + breached) if met + breached else None}


def _percentile(values: list[float], part: float) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


async def insert(world: Any, table: Any, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    names = list(rows[0])
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    statement = f"INSERT INTO {table.__tablename__} ({', '.join(names)}) VALUES ({places})"
    async with world.database.begin() as tx:
        await tx.connection.executemany(statement, [tuple(row.values()) for row in rows])
