"""The figures are those that one would count by hand, by every group, for everybody in sight."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from interaction_svc.answering.tables import SurveyRating, SurveyResponse
from interaction_svc.invitations.tables import SurveyInvitation
from interaction_svc.satisfaction import domain
from shared.clock import new_id
from shared.testing import partner

START = datetime(2026, 1, 1, tzinfo=UTC)
END = START + timedelta(days=90)
SPAN = "from=2026-01-01T00:00:00Z&to=2026-04-01T00:00:00Z"
SURVEYS = [uuid4() for _ in range(2)]
DISTRIBUTORS: list[UUID | None] = [uuid4(), uuid4(), None]
OWNERS = [uuid4(), None]


class Past:
    """Invitations, responses and ratings of a quarter, as if they had been made then."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.rows: dict[Any, list[dict[str, Any]]] = {
            SurveyInvitation: [],
            SurveyResponse: [],
            SurveyRating: [],
        }

    async def write(self, world: Any, wanted: int) -> None:
        for found in SURVEYS:
            await world.sql(
                "INSERT INTO survey VALUES "
                "($1, 'x', NULL, 'open', 1, '{}', 30, 30, NULL, $1, $1, 1, now(), now())",
                found,
            )
        homes = {home: UUID(await world.customer(home)) for home in DISTRIBUTORS}
        for _ in range(wanted):
            self._one(homes)
        for table, rows in self.rows.items():
            for row in rows:
                await insert(world, table, row)

    def _one(self, homes: dict[UUID | None, UUID]) -> None:
        pick, home = self.chance.choice, self.chance.choice(DISTRIBUTORS)
        at = START + timedelta(hours=self.chance.randrange(-240, 24 * 100))
        whose = {
            "survey_id": pick(SURVEYS),
            "customer_id": homes[home],
            "distributor_id": home,
            "owner_id": pick(OWNERS),
            "tier": pick(["core", "normal", None]),
            "channel": pick(["web", "fair"]),
        }
        done = at + timedelta(hours=self.chance.randrange(1, 400)) if self.chance.random() < 0.7 else None
        invitation = {"id": new_id(), **whose, "created_at": at, "answered_at": done, "occasion": "segment"}
        self.rows[SurveyInvitation].append({**invitation, "expires_at": END})
        if done is None:
            return
        response = {"id": new_id(), "invitation_id": invitation["id"], **whose, "survey_version": 1}
        more = {"language": "zh", "leaf": 0, "answers": [], "ratings": [], "started_at": at}
        self.rows[SurveyResponse].append({**response, **more, "updated_at": done, "answered_at": done})
        for number in range(self.chance.randrange(4)):
            kind = pick(["rating", "rating", "nps"])
            value = self.chance.randint(1, 5) if kind == "rating" else self.chance.randint(0, 10)
            self.rows[SurveyRating].append(
                {
                    "id": new_id(),
                    "response_id": response["id"],
                    **whose,
                    "survey_version": 1,
                    "question": f"q{number}",
                    "kind": kind,
                    "indicator": pick(["overall", "delivery_speed"]),
                    "value": value,
                    "answered_at": done,
                }
            )

    def by_hand(self, group: Any, keep: Any = lambda _: True, indicator: str | None = None) -> dict[Any, Any]:
        """The figures of each group, counted one by one."""
        parts: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for table, at in (
            (SurveyInvitation, "created_at"),
            (SurveyResponse, "answered_at"),
            (SurveyRating, "answered_at"),
        ):
            for row in self.rows[table]:
                if START <= row[at] < END and keep(row):
                    parts[group(row, row[at])][table.__name__].append(row)
        return {key: figures(found, indicator) for key, found in parts.items()}


def figures(found: dict[str, list[Any]], indicator: str | None) -> dict[str, Any]:
    rated = [each for each in found["SurveyRating"] if indicator in (None, each["indicator"])]
    stars = [each["value"] for each in rated if each["kind"] == "rating"]
    scores = [each["value"] for each in rated if each["kind"] == "nps"]
    invited = found["SurveyInvitation"]
    good = sum(each >= 4 for each in stars)
    promoters, detractors = sum(each >= 9 for each in scores), sum(each <= 6 for each in scores)
    enough, asked = len(stars) >= 10, len(scores) >= 10
    return {
        "invited": len(invited),
        "answered": len(found["SurveyResponse"]),
        "response_rate": (
            sum(each["answered_at"] is not None for each in invited) / len(invited) if invited else None
        ),
        "ratings": len(stars),
        "too_little": not enough,
        "csat": good / len(stars) if enough else None,
        "csat_interval": shown(domain.wilson(good, len(stars))) if enough else None,
        "mean": sum(stars) / len(stars) if enough else None,
        "index": (sum(stars) / len(stars) - 1) * 25 if enough else None,
        "nps": {
            "answers": len(scores),
            "too_little": not asked,
            "promoters": promoters,
            "passives": len(scores) - promoters - detractors,
            "detractors": detractors,
            "score": (promoters - detractors) / len(scores) * 100 if asked else None,
            "interval": shown(domain.nps_interval(promoters, detractors, len(scores))) if asked else None,
        },
    }


def shown(interval: domain.Interval) -> dict[str, float]:
    return {"low": interval.low, "high": interval.high}


async def insert(world: Any, table: Any, row: dict[str, Any]) -> None:
    names = list(row)
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    columns = ", ".join(names)
    await world.sql(f"INSERT INTO {table.__tablename__} ({columns}) VALUES ({places})", *row.values())


def roughly(value: Any) -> Any:
    """The same, compared as far as floats go."""
    if isinstance(value, dict):
        return {key: roughly(each) for key, each in value.items()}
    return pytest.approx(value) if isinstance(value, float) else value


def same(told: list[dict[str, Any]], wanted: dict[Any, Any]) -> None:
    found = {each.pop("group"): each for each in told}
    assert found.keys() == wanted.keys()
    for key, each in found.items():
        assert each == roughly(wanted[key]), key


def month(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).date().replace(day=1).isoformat()


def text(value: Any) -> str | None:
    return None if value is None else str(value)


@pytest.fixture
async def past(world: Any) -> Past:
    found = Past(7)
    await found.write(world, 240)
    return found


async def read(world: Any, query: str, who: Any = None) -> list[dict[str, Any]]:
    answer = await world.get(f"/v1/satisfaction?{SPAN}&{query}", who)
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


async def test_every_group_has_the_figures_that_are_counted_by_hand(world: Any, past: Past) -> None:
    for group_by, column in (
        ("tier", "tier"),
        ("channel", "channel"),
        ("distributor", "distributor_id"),
        ("owner", "owner_id"),
        ("survey", "survey_id"),
    ):
        told = await read(world, f"group_by={group_by}")
        assert [each["ratings"] for each in told] == sorted((each["ratings"] for each in told), reverse=True)
        same(told, past.by_hand(lambda row, _, column=column: text(row[column])))


async def test_periods_begin_where_they_begin_in_the_time_zone(world: Any, past: Past) -> None:
    for zone in ("UTC", "Asia/Shanghai"):
        told = await read(world, f"period=month&timezone={zone}")
        assert [each["group"] for each in told] == sorted(each["group"] for each in told)
        same(told, past.by_hand(lambda _, at, zone=zone: month(at, zone)))
    days = past.by_hand(lambda _, at: at.date().isoformat())
    same(await read(world, "period=day"), days)
    monday = past.by_hand(lambda _, at: (at.date() - timedelta(days=at.weekday())).isoformat())
    same(await read(world, "period=week"), monday)


async def test_filters_and_an_indicator_leave_out_the_rest(world: Any, past: Past) -> None:
    owner, home = OWNERS[0], DISTRIBUTORS[0]
    query = f"owner_id={owner}&distributor_id={home}&channel=web&survey_id={SURVEYS[0]}&group_by=tier"

    def keep(row: dict[str, Any]) -> bool:
        named = (row["owner_id"], row["distributor_id"], row["channel"], row["survey_id"])
        return named == (owner, home, "web", SURVEYS[0])

    same(await read(world, query), past.by_hand(lambda row, _: text(row["tier"]), keep))
    speed = past.by_hand(lambda row, _: text(row["tier"]), indicator="delivery_speed")
    same(await read(world, "group_by=tier&indicator=delivery_speed"), speed)
    core = past.by_hand(lambda row, _: row["channel"], lambda row: row["tier"] == "core")
    same(await read(world, "group_by=channel&tier=core"), core)


async def test_a_partner_reads_the_figures_of_their_own_customers(world: Any, past: Past) -> None:
    home = DISTRIBUTORS[1]
    assert home is not None
    us = partner(home, "interactions:read")
    told = await read(world, "group_by=distributor", us)
    same(
        told,
        past.by_hand(lambda row, _: text(row["distributor_id"]), lambda row: row["distributor_id"] == home),
    )
    assert await read(world, "group_by=survey", partner(uuid4(), "interactions:read")) == []


async def test_of_too_little_no_figure_is_told(world: Any) -> None:
    past = Past(3)
    await past.write(world, 6)
    (told,) = await read(world, f"group_by=survey&survey_id={SURVEYS[0]}")
    assert told["too_little"]
    assert told["nps"]["too_little"]
    assert [told[name] for name in ("csat", "csat_interval", "mean", "index")] == [None] * 4
    assert (told["nps"]["score"], told["nps"]["interval"]) == (None, None)


async def test_without_times_the_last_ninety_days_are_told(world: Any) -> None:
    answer = (await world.get("/v1/satisfaction")).json()
    since, until = (datetime.fromisoformat(answer[name]) for name in ("since", "until"))
    assert until - since == timedelta(days=90)
    for query, code in (
        ("from=2026-04-01T00:00:00Z&to=2026-01-01T00:00:00Z", "period_wrong"),
        ("from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "period_wrong"),
        ("timezone=Nowhere/At_All", "zone_unknown"),
    ):
        refused = await world.get(f"/v1/satisfaction?{query}")
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)
    assert (await world.get("/v1/satisfaction?group_by=weather")).status_code == 422


async def test_what_customers_complain_of_and_write_is_counted_by_period(world: Any) -> None:
    home = uuid4()
    customer, other = await world.customer(home), await world.customer()
    for category, cause, whose in (
        ("delivery", "承运商延误", customer),
        ("delivery", " 承运商延误 ", customer),
        ("delivery", None, customer),
        ("quality", "Packaging", customer),
        ("quality", "packaging", other),
    ):
        case = await world.complaint(whose, category=category)
        if cause is not None:
            await world.do(case, "classify", cause=cause)
    twice = await world.complaint(other, category="quality")
    assert (await world.do(twice, "merge", into_id=case["id"])).status_code == 200
    past = Past(1)
    await past.write(world, 40)
    await world.sql("UPDATE survey_response SET remarks = NULL")
    answered = await world.sql(
        "SELECT id FROM survey_response WHERE answered_at >= $1 AND answered_at < $2 ORDER BY id LIMIT 4",
        START,
        START + timedelta(days=31),
    )
    texts = ("包装太差", "包装破损", "Delivery was late", "late again, call 13912345678")
    for row, said in zip(answered, texts, strict=True):
        await world.sql("UPDATE survey_response SET remarks = $2 WHERE id = $1", row["id"], said)
    await world.sql("UPDATE complaint SET opened_at = $1", START + timedelta(days=40))
    told = (await world.get(f"/v1/satisfaction/problems?{SPAN}")).json()["data"]
    assert told == [
        {
            "period": "2026-01-01",
            "categories": [],
            "causes": [],
            "words": [{"what": "late", "count": 2}, {"what": "包装", "count": 2}],
        },
        {
            "period": "2026-02-01",
            "categories": [{"what": "delivery", "count": 3}, {"what": "quality", "count": 2}],
            "causes": [{"what": "packaging", "count": 2}, {"what": "承运商延误", "count": 2}],
            "words": [],
        },
    ]
    one = (await world.get(f"/v1/satisfaction/problems?{SPAN}&most=1")).json()["data"]
    assert [len(each["categories"]) for each in one] == [0, 1]
    theirs = await world.get(f"/v1/satisfaction/problems?{SPAN}", world.partner(home))
    assert [each["categories"] for each in theirs.json()["data"] if each["categories"]] == [
        [{"what": "delivery", "count": 3}, {"what": "quality", "count": 1}]
    ]
