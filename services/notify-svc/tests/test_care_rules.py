"""Care by rule: on the right local day, once for each person, occasion and year, for those it is about."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from notify_svc.care.occasions import FEASTS, occurrences
from notify_svc.care_rules import previewing, queries
from notify_svc.care_rules.clock import look_for_occasions
from notify_svc.care_rules.domain import due_days, ends, falls
from notify_svc.recipients.domain import BirthdayKey, Kind, Known, Ref
from notify_svc.templates.shipping import ship
from shared.clock import new_id
from shared.db import Scope
from shared.db.migrate import upgrade
from shared.events.customer import CustomerMerged
from shared.events.gateway import StaffChanged
from shared.problems import Unavailable
from shared.references import CustomerRef, apply
from shared.testing import staff

MANAGER = staff("admin")
_POLICY = (
    "INSERT INTO contact_policy VALUES (1, '{}', NULL, '{}', '[]', '[]', 'Asia/Shanghai', 1, now()) "
    "ON CONFLICT (id) DO NOTHING"
)
GREET = {"channels": ["email", "sms"], "template": "care.birthday"}
CALL = {"assignee": "owner", "subject": "Order the present"}


@pytest.fixture(autouse=True)
async def _ready(world: Any) -> None:
    await world.sql(_POLICY)
    async with world.database.begin() as tx:
        await ship(tx)


class People:
    """Who customer-svc knows: customers and contacts, with birthdays and time zones."""

    def __init__(self) -> None:
        self.known: list[Known] = []
        self.fails_at: int | None = None
        self.asked = 0

    async def timezones(self) -> frozenset[str]:
        return frozenset(each.timezone for each in self.known if each.timezone)

    async def birthdays(
        self, kind: Kind, keys: Sequence[BirthdayKey], *, after: UUID | None, limit: int = 1000
    ) -> list[Known]:
        return self._page([each for each in self.known if each.key in keys], kind, after, limit)

    async def people(self, kind: Kind, *, after: UUID | None, limit: int = 1000) -> list[Known]:
        return self._page(self.known, kind, after, limit)

    def _page(self, known: list[Known], kind: Kind, after: UUID | None, limit: int) -> list[Known]:
        self.asked += 1
        if self.asked == self.fails_at:
            raise Unavailable("x", en="x", zh="x")
        found = sorted((each for each in known if each.ref.kind == kind), key=lambda each: each.ref.id)
        return [each for each in found if after is None or each.ref.id > after][:limit]

    async def add(
        self,
        world: Any,
        born: BirthdayKey | None = None,
        *,
        zone: str | None = None,
        owner: UUID | None = None,
        contact: bool = False,
    ) -> Known:
        customer = new_id()
        async with world.database.begin() as tx:
            await apply(tx, [CustomerRef(customer, None, owner, None, "active", None, None, 1)])
        ref = Ref("contact", new_id()) if contact else Ref("customer", customer)
        known = Known(ref, customer, owner, None, zone, born)
        self.known.append(known)
        return known


def noon(world: Any) -> tuple[str, date]:
    """A zone in which it is about noon, and the date there: the hour of a rule has come on this day."""
    now: datetime = world.database.now()
    ahead = (12 - now.hour + 10) % 24 - 10  # two hours to the west there is a zone, too
    zone = f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
    return zone, now.astimezone(ZoneInfo(zone)).date()


def solar(day: date) -> BirthdayKey:
    return BirthdayKey("solar", day.month, day.day)


async def rule(world: Any, **given: Any) -> dict[str, Any]:
    """An active rule of birthdays at eleven, where it is noon, that looked last three hours ago."""
    zone, _ = noon(world)
    body = {
        "name": "生日",
        "active": True,
        "occasion": {"kind": "birthday"},
        "at": "11:00",
        "timezone": zone,
        **given,
    }
    if "reminder" not in body:
        body.setdefault("message", GREET)
    answer = await world.post(MANAGER, "/v1/care-rules", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    if found["active"]:
        await looked(world, found, hours=3)
    return found


async def looked(world: Any, found: dict[str, Any], hours: float) -> None:
    await world.sql(
        "UPDATE care_rule SET looked_until = now() - make_interval(secs => $2 * 3600) WHERE id = $1",
        UUID(found["id"]),
        hours,
    )


async def look(world: Any, people: People) -> None:
    class Job:
        db = world.database
        begin = world.database.begin

    await look_for_occasions(Job, people)  # type: ignore[arg-type]


async def occasions(world: Any, **filters: Any) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    answer = await world.get(MANAGER, f"/v1/care-occasions?{query}")
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def messages(world: Any) -> list[Any]:
    return await world.sql("SELECT * FROM message ORDER BY created_at, id")


async def test_a_greeting_is_asked_for_once_when_the_hour_has_come(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    found = await rule(world)
    born = await people.add(world, solar(today))
    await people.add(world, solar(today + timedelta(days=1)))
    for _ in range(3):
        await look(world, people)
        await looked(world, found, hours=3)
    [message] = await messages(world)
    assert (message["recipient_id"], message["purpose"], message["source"]) == (born.ref.id, "care", "care")
    assert message["expires_at"] == datetime.combine(
        today + timedelta(days=1), time(), ZoneInfo(found["timezone"])
    )
    [done] = await occasions(world, customer_id=born.customer_id)
    assert (done["occasion"], done["year"], done["on"]) == ("birthday", today.year, today.isoformat())
    assert (done["state"], done["made_id"]) == ("done", str(message["id"]))


async def test_who_lives_elsewhere_is_greeted_when_it_is_the_hour_there(world: Any) -> None:
    people, (zone, today) = People(), noon(world)
    found = await rule(world)
    hours = 2 if zone == "Etc/GMT" else int(zone.removeprefix("Etc/GMT")) + 2
    earlier = f"Etc/GMT{hours:+d}"  # two hours behind: ten o'clock
    later = await people.add(world, solar(today), zone=earlier)
    await people.add(world, solar(today), zone="nowhere")
    await look(world, people)
    assert [each["recipient_id"] for each in await messages(world)] == [people.known[1].ref.id]
    await world.patch(MANAGER, f"/v1/care-rules/{found['id']}", {"at": "09:30"})
    await looked(world, found, hours=3)
    await look(world, people)
    assert [each["recipient_id"] for each in await messages(world)] == [
        people.known[1].ref.id,
        later.ref.id,
    ]


async def test_where_a_customer_said_it_lives_counts_before_what_others_wrote(world: Any) -> None:
    people, (zone, today) = People(), noon(world)
    await rule(world)
    other = "Asia/Shanghai" if zone != "Etc/GMT-8" else "Europe/London"
    born = await people.add(world, solar(today), zone=other)
    await world.sql(
        "INSERT INTO preference (id, customer_id, recorded_for, consents, do_not_contact, timezone, caps,"
        " version, created_at, updated_at) VALUES ($1, $2, $2, '[]', '[]', $3, '[]', 1, now(), now())",
        new_id(),
        born.customer_id,
        zone,
    )
    await look(world, people)
    assert len(await messages(world)) == 1


async def test_an_owner_is_reminded_days_before(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    await rule(world, days_before=3, reminder=CALL, audience=["contact"])
    born = await people.add(world, solar(today + timedelta(days=3)), owner=world.lin.id, contact=True)
    await people.add(world, solar(today), contact=True)
    await look(world, people)
    [found] = await world.sql("SELECT * FROM reminder")
    assert (found["assignee_id"], found["customer_id"]) == (world.lin.id, born.customer_id)
    assert (found["source"], found["subject"]) == ("care", "Order the present")
    assert await messages(world) == []


async def test_without_a_subject_the_reminder_names_the_occasion(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    await rule(world, reminder={"assignee": "named", "assignee_id": str(world.wang.id)})
    await people.add(world, solar(today))
    await look(world, people)
    [row] = await world.sql("SELECT id FROM reminder")
    for language, said in (("zh-CN", "客户关怀：生日"), ("en", "Customer care: birthday")):
        answer = await world.get(world.wang, f"/v1/reminders/{row['id']}", **{"Accept-Language": language})
        assert answer.json()["subject"].startswith(said)


async def test_what_would_be_a_colleagues_who_has_left_waits_for_the_managers(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    await rule(world, reminder=CALL)
    await people.add(world, solar(today), owner=world.lin.id)
    state: Any = {"roles": ("sales",), "org_unit_id": None, "data_scope": "own", "active": False}
    await world.hear(StaffChanged(subject=world.lin.id, version=1, distributor_id=None, **state))
    await look(world, people)
    assert await world.sql("SELECT assignee_id FROM reminder") == [(None,)]


async def test_two_rules_do_not_greet_somebody_twice_in_a_year(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    first = await rule(world)
    born = await people.add(world, solar(today))
    await look(world, people)
    await world.delete(MANAGER, f"/v1/care-rules/{first['id']}")
    await rule(world, reminder=CALL, message=GREET)
    await look(world, people)
    done = await occasions(world, customer_id=born.customer_id)
    assert sorted(each["action"] for each in done) == ["message", "reminder"]
    assert len(await messages(world)) == 1


async def test_whoever_was_merged_was_greeted_already(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    found = await rule(world)
    gone = await people.add(world, solar(today))
    await look(world, people)
    people.known.clear()
    kept = await people.add(world, solar(today))
    state = dict.fromkeys(("distributor_id", "owner_id", "org_unit_id", "channel"))
    old, new = gone.customer_id, kept.customer_id
    await world.hear(
        CustomerMerged(subject=old, version=2, status="merged", merged_into=new, **state)  # type: ignore[arg-type]
    )
    await looked(world, found, hours=3)
    await look(world, people)
    assert len(await messages(world)) == 1


async def test_what_broke_off_is_made_good_and_nothing_twice(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    await rule(world, audience=["customer", "contact"])
    await people.add(world, solar(today))
    await people.add(world, solar(today), contact=True)
    people.fails_at = 2
    with pytest.raises(Unavailable):
        await look(world, people)
    assert len(await messages(world)) == 1
    await look(world, people)
    assert len(await messages(world)) == 2


async def test_more_than_a_page_of_people_are_all_greeted(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    await rule(world)
    customers = [CustomerRef(new_id(), None, None, None, "active", None, None, 1) for _ in range(2100)]
    async with world.database.begin() as tx:
        await apply(tx, customers)
    people.known = [
        Known(Ref("customer", each.id), each.id, None, None, None, solar(today)) for each in customers
    ]
    await look(world, people)
    assert await world.sql("SELECT count(DISTINCT recipient_id), count(*) FROM message") == [(2100, 2100)]


async def test_a_rule_is_about_those_that_stand_as_it_says(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    await rule(world, only_if={"tiers": ["core"], "no_open_complaint": True})
    core, small, angry = [await people.add(world, solar(today)) for _ in range(3)]
    for customer, tier in ((core, "core"), (small, "small"), (angry, "core")):
        await world.sql(
            "INSERT INTO standing (id, customer_id, tier, tier_since, tier_version, stage_version,"
            " churn_version, score_version) VALUES ($1, $1, $2, now(), 1, 0, 0, 1)",
            customer.customer_id,
            tier,
        )
    await world.sql(
        "INSERT INTO standing_fact VALUES ('complaint', $1, $2, NULL, NULL, now(), true, 1)",
        new_id(),
        angry.customer_id,
    )
    await look(world, people)
    assert [each["recipient_id"] for each in await messages(world)] == [core.ref.id]


async def test_an_outage_over_midnight_is_reported_and_sends_no_late_greeting(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    found = await rule(world, message=GREET, reminder=CALL)
    yesterday, before = today - timedelta(days=1), today - timedelta(days=2)
    late = await people.add(world, solar(yesterday), owner=world.lin.id)
    missed = await people.add(world, solar(before), owner=world.lin.id)
    await world.sql("UPDATE care_rule SET at = '13:00'")  # yesterday at 13:00: 23 hours ago
    await looked(world, found, hours=70)
    await look(world, people)
    states = {(each["person_id"], each["action"]): each["state"] for each in await occasions(world)}
    assert states == {
        (str(late.ref.id), "message"): "missed",
        (str(late.ref.id), "reminder"): "done",
        (str(missed.ref.id), "message"): "missed",
        (str(missed.ref.id), "reminder"): "missed",
    }
    [item] = (await world.get(MANAGER, "/v1/inbox")).json()["data"]
    assert (item["kind"], item["reminder_id"]) == ("care.missed", found["id"])
    assert "3" in item["subject"]


async def test_a_rule_counts_from_when_it_is_switched_on(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    found = await rule(world, active=False)
    await people.add(world, solar(today))
    await world.patch(MANAGER, f"/v1/care-rules/{found['id']}", {"active": True})
    await look(world, people)
    assert await messages(world) == []


async def test_a_feast_is_everybodys_on_its_day_only(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    company = {
        "kind": "company_day",
        "code": "founding_day",
        "name_zh": "周年庆",
        "name_en": "our anniversary",
        "calendar": "solar",
    }
    day, other = today, today + timedelta(days=40)
    feast = {"channels": ["sms"], "template": "care.feast"}
    for on, code in ((day, "founding_day"), (other, "other_day")):
        occasion = {**company, "code": code, "month": on.month, "day": on.day}
        await rule(world, occasion=occasion, message=feast, audience=["customer", "contact"])
    await people.add(world)
    await people.add(world, contact=True)
    await look(world, people)
    found = await messages(world)
    assert len(found) == 2
    assert found[0]["variables"] == {"occasion_en": "our anniversary", "occasion_zh": "周年庆"}


async def test_a_rule_is_looked_at_before_it_is_switched_on(world: Any) -> None:
    people, (_, today) = People(), noon(world)
    found = await rule(world, audience=["contact", "customer"], only_if={})
    done = await people.add(world, solar(today), owner=world.lin.id)
    await look(world, people)
    await people.add(world, solar(today), contact=True)
    async with world.database.begin() as tx:
        kept = await queries.rule(tx, UUID(found["id"]))
    occurring = previewing.on_day(kept, today)
    looked = await previewing.look(people, kept, occurring)  # type: ignore[arg-type]
    async with world.database.begin() as tx:
        shown = await previewing.shown(tx, kept, looked, occurring)
    assert [(each["kind"], each["message"]) for each in shown] == [("contact", None), ("customer", "done")]
    async with world.database.begin(Scope(None, frozenset({world.lin.id}))) as tx:
        mine = await previewing.shown(tx, kept, looked, occurring)
    assert [each["id"] for each in mine] == [done.ref.id]


async def test_the_next_days_of_a_feast_are_told_also_on_others(world: Any) -> None:
    feast = {"occasion": {"kind": "feast", "feast": "mid_autumn"}, "active": False, "days_before": 7}
    found = await rule(world, **feast, message={"channels": ["email"], "template": "care.feast"})
    answer = await world.get(MANAGER, f"/v1/care-rules/{found['id']}/preview?on=2026-09-24")
    shown = answer.json()
    assert (shown["people"], shown["count"], shown["act_on"]) == ([], 0, "2026-09-17")
    today = world.database.now().date()
    coming = occurrences(FEASTS["mid_autumn"], today, today + timedelta(days=1100))
    assert shown["upcoming"] == [each.on.isoformat() for each in coming][:3]


async def test_the_calendar_shows_a_year_and_who_is_about_what(world: Any) -> None:
    occasion = {
        "kind": "company_day",
        "code": "founding_day",
        "name_zh": "周年庆",
        "name_en": "our anniversary",
        "calendar": "lunar",
        "month": 8,
        "day": 15,
    }
    found = await rule(world, occasion=occasion, message={"channels": ["sms"], "template": "care.feast"})
    days = (await world.get(MANAGER, "/v1/care-calendar?year=2026")).json()["days"]
    assert [day["on"] for day in days] == sorted(day["on"] for day in days)
    by_code = {day["occasion"]: day for day in days}
    assert by_code["spring_festival"]["on"] == "2026-02-17"
    assert by_code["company.founding_day"]["on"] == by_code["mid_autumn"]["on"] == "2026-09-25"
    assert by_code["company.founding_day"]["rule_ids"] == [found["id"]]


_FEAST = {"kind": "feast", "feast": "qixi"}
_DAY = {"kind": "company_day", "code": "a", "name_zh": "a", "name_en": "a", "month": 2, "day": 30}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"message": None}, "/message"),
        ({"occasion": {"kind": "feast", "feast": "halloween"}}, "/occasion/feast"),
        ({"occasion": _DAY}, "/occasion/day"),
        ({"days_before": 61}, "/days_before"),
        ({"at": "24:00"}, "/at"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"audience": []}, "/audience"),
        ({"message": {"channels": ["email"], "template": "nothing"}}, "/message/template"),
        ({"message": {"channels": ["email"], "template": "reminder.due"}}, "/message/template"),
        ({"message": {"channels": ["pigeon"], "template": "care.feast"}}, "/message/channels/0"),
        ({"reminder": {"assignee": "named"}}, "/reminder/assignee_id"),
    ],
)
async def test_a_rule_that_cannot_be_kept_is_refused(world: Any, body: Any, pointer: str) -> None:
    whole = {"name": "x", "occasion": _FEAST, "message": {**GREET, "template": "care.feast"}, **body}
    answer = await world.post(MANAGER, "/v1/care-rules", whole)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


async def test_what_came_with_tonglu_waits_to_be_switched_on(service_database: Any) -> None:
    urls = service_database("notify_care_shipped")
    await upgrade("notify_svc", urls.owner_url)
    connection = await asyncpg.connect(urls.owner_url)
    found = await connection.fetch("SELECT active, shipped FROM care_rule ORDER BY shipped")
    await connection.close()
    assert [(row["active"], row["shipped"]) for row in found] == [(False, f"care.{n}") for n in range(1, 6)]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Asia/Shanghai", "America/St_Johns", "Etc/GMT+12"])
def test_every_local_date_comes_to_its_hour_once_however_often_it_is_looked(zone: str) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    found = [
        due.act_on
        for step in range(4 * 24 * 30)
        for due in due_days(
            at=time(2, 30),
            days_before=0,
            zones=[zone],
            since=start + timedelta(minutes=15 * step),
            until=start + timedelta(minutes=15 * (step + 1)),
        )
    ]
    assert found == sorted(set(found))
    assert len(found) == 30
    assert (found[-1] - found[0]).days == 29


def test_a_greeting_may_be_late_until_its_day_is_over_there() -> None:
    since = datetime(2026, 9, 24, tzinfo=UTC)
    zones = ["Asia/Shanghai", "America/New_York"]
    days = list(
        due_days(at=time(9), days_before=1, zones=zones, since=since, until=since + timedelta(days=1))
    )
    assert [(day.act_on, day.on) for day in days] == [(date(2026, 9, 24), date(2026, 9, 25))]
    assert days[0].moments == {
        "Asia/Shanghai": datetime(2026, 9, 24, 1, tzinfo=UTC),
        "America/New_York": datetime(2026, 9, 24, 13, tzinfo=UTC),
    }
    assert ends(days[0], "Asia/Shanghai", "message") == datetime(2026, 9, 24, 16, tzinfo=UTC)
    assert ends(days[0], "Asia/Shanghai", "reminder") == datetime(2026, 9, 25, 1, tzinfo=UTC)


def test_a_lunar_birthday_belongs_to_the_lunar_year() -> None:
    found = falls({"kind": "birthday"}, date(2026, 1, 26), date(2026, 1, 27))
    assert [(each.year, each.key) for each in found] == [
        (2026, BirthdayKey("solar", 1, 26)),
        (2025, BirthdayKey("lunar", 12, 8)),
        (2025, BirthdayKey("lunar", 12, 8, leap=True)),
    ]
