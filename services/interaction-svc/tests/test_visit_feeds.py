"""A person's visits as other calendar programs fetch them: only theirs, only while they may see them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from icalendar import Calendar, Event

from interaction_svc.staff.consumers import on_staff_changed
from interaction_svc.visit_feeds.domain import MOST
from interaction_svc.visits.tables import Visit
from shared.auth import Principal
from shared.clock import new_id
from shared.db import Scope
from shared.events.gateway import StaffChanged
from shared.references import CustomerRef, apply

_COLUMNS = [column.key for column in Visit.__table__.c]  # type: ignore[attr-defined]


async def hired(world: Any, who: Principal, *roles: str, active: bool = True, version: int = 1) -> None:
    event = StaffChanged(
        subject=who.id,
        distributor_id=None,
        version=version,
        roles=roles or tuple(who.roles),
        active=active,
        org_unit_id=None,
        data_scope="own",
    )
    async with world.database.begin() as tx:
        await on_staff_changed(tx, event)


async def feed(world: Any, who: Principal | None = None) -> str:
    answer = await world.post("/v1/visits/feed", None, who)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == answer.json()["url"]
    assert answer.headers["cache-control"] == "no-store"
    url: str = answer.json()["url"]
    return url


async def fetched(world: Any, url: str, **headers: str) -> Any:
    """As a calendar program does, which is not signed in."""
    async with world.client() as client:
        client.headers.clear()
        return await client.get(url, headers=headers)


async def read(world: Any, url: str) -> dict[str, Event]:
    """The events of the calendar by their visit, parsed back."""
    answer = await fetched(world, url)
    assert answer.status_code == 200, answer.text
    calendar = Calendar.from_ical(answer.content)
    assert (calendar["version"], calendar["method"]) == ("2.0", "PUBLISH")
    return {str(event["uid"]).partition("@")[0]: event for event in calendar.walk("VEVENT")}


async def test_a_calendar_program_reads_the_visits_of_its_person(world: Any) -> None:
    await hired(world, world.lin)
    customer = await world.customer()
    mine = await world.visit(
        customer,
        content="带样品",
        place={"text": "二号会议室", "latitude": 31.25, "longitude": 121.5},
        participants=[{"kind": "contact", "name": "王建国"}],
    )
    await world.visit(customer, assignee_id=str(uuid4()))
    answer = await fetched(world, url := await feed(world))
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    found = await read(world, url)
    assert list(found) == [mine["id"]]
    event = found[mine["id"]]
    assert (event["summary"], event["description"], event["location"]) == (
        "回访",
        "带样品\n\n王建国",
        "二号会议室",
    )
    assert event.decoded("dtstart") == datetime.fromisoformat(mine["starts_at"]).replace(microsecond=0)
    assert event.decoded("dtend") == datetime.fromisoformat(mine["ends_at"]).replace(microsecond=0)
    assert event.decoded("dtstart").tzinfo is not None
    assert (event["status"], event["sequence"]) == ("CONFIRMED", 1)
    assert event["geo"].to_ical() == "31.25;121.5"


@pytest.mark.parametrize(
    "text",
    [
        'a, b; c\\d "e": f',
        "第一行\n第二行\r\n第三行",
        "很长的中文标题，" * 60,
        "x" * 499,
        "END:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:injected",
        "<b>bold</b> & 'quoted'",
        "tab\there 😀 emoji",
    ],
)
async def test_texts_come_back_as_they_were_whatever_is_in_them(world: Any, text: str) -> None:
    await hired(world, world.lin)
    made = await world.visit(
        await world.customer(), purpose=text[:499], content=text, place={"text": text[:499]}
    )
    url = await feed(world)
    raw = (await fetched(world, url)).content
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    (event,) = (await read(world, url)).values()
    unified = {name: made[name].replace("\r\n", "\n") for name in ("purpose", "content")}
    assert str(event["summary"]) == unified["purpose"]
    assert str(event["description"]) == unified["content"]
    assert str(event["location"]) == made["place"]["text"].replace("\r\n", "\n")


async def test_a_long_content_is_shortened(world: Any) -> None:
    await hired(world, world.lin)
    made = await world.visit(await world.customer(), content="长" * 1001)
    exact = await world.visit(await world.customer(), content="长" * 1000)
    found = await read(world, await feed(world))
    assert str(found[made["id"]]["description"]) == "长" * 999 + "…"
    assert str(found[exact["id"]]["description"]) == "长" * 1000


async def test_a_change_keeps_the_uid_and_raises_the_sequence(world: Any) -> None:
    await hired(world, world.lin)
    made = await world.visit(await world.customer())
    url = await feed(world)
    before = (await read(world, url))[made["id"]]
    await world.patch(f"/v1/visits/{made['id']}", {"purpose": "报价"})
    after = (await read(world, url))[made["id"]]
    assert (after["uid"], after["sequence"], after["summary"]) == (before["uid"], 2, "报价")
    await world.post(f"/v1/visits/{made['id']}/cancel", {"reason": "x"})
    gone = (await read(world, url))[made["id"]]
    assert (gone["uid"], gone["sequence"], gone["status"]) == (before["uid"], 3, "CANCELLED")


async def test_who_has_the_newest_is_told_so(world: Any) -> None:
    await hired(world, world.lin)
    made = await world.visit(await world.customer())
    url = await feed(world)
    tag = (await fetched(world, url)).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        same = await fetched(world, url, **{"If-None-Match": known})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
        assert same.headers["cache-control"] == "private, no-cache"
    await world.patch(f"/v1/visits/{made['id']}", {"purpose": "报价"})
    newer = await fetched(world, url, **{"If-None-Match": tag})
    assert (newer.status_code, newer.headers["etag"] != tag) == (200, True)
    await world.patch(f"/v1/visits/{made['id']}", {"assignee_id": str(uuid4())})
    assert await read(world, url) == {}


async def test_a_calendar_shows_ninety_days_back_and_a_year_ahead(world: Any) -> None:
    await hired(world, world.lin)
    customer = await world.customer()
    made = {}
    for days in (-91, -89, 365, 367):
        start = world.database.now() + timedelta(days=days)
        times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}
        made[days] = (await world.visit(customer, **times))["id"]
    assert list(await read(world, await feed(world))) == [made[-89], made[365]]


async def test_a_calendar_holds_two_thousand_visits_at_most(world: Any) -> None:
    await hired(world, world.lin)
    await world.visit(await world.customer())
    columns, others = ", ".join(_COLUMNS), ", ".join(("gen_random_uuid()", *_COLUMNS[1:]))
    await world.sql(f"INSERT INTO visit ({columns}) SELECT {others} FROM visit, generate_series(1, {MOST})")
    assert len(await read(world, await feed(world))) == MOST


async def test_a_new_address_ends_the_one_before_and_a_person_can_end_theirs(world: Any) -> None:
    await hired(world, world.lin)
    await hired(world, world.wang)
    first, others = await feed(world), await feed(world, world.wang)
    second = await feed(world)
    assert first != second
    assert (await fetched(world, first)).status_code == 404
    assert (await fetched(world, second)).status_code == 200
    async with world.client() as client:
        for _ in range(2):
            assert (await client.delete("/v1/visits/feed")).status_code == 204
    assert (await fetched(world, second)).status_code == 404
    assert (await fetched(world, others)).status_code == 200


async def test_a_wrong_token_finds_nothing_and_none_is_asked_for(world: Any) -> None:
    await hired(world, world.lin)
    url = await feed(world)
    wrong = await fetched(world, f"{url[:-1]}{'A' if url[-1] != 'A' else 'B'}")
    assert (wrong.status_code, wrong.json()["code"]) == (404, "not_found")
    token = url.partition("token=")[2]
    assert token not in wrong.text
    for query in ("", "?token=", "?token=short", f"?token={token}&x=1", f"?token={'a' * 101}"):
        answer = await fetched(world, f"/v1/visits.ics{query}")
        assert answer.status_code in {400, 422}, answer.text
        assert token not in answer.text


async def test_who_does_not_work_here_any_more_has_no_calendar(world: Any) -> None:
    await hired(world, world.lin)
    await world.visit(await world.customer())
    url = await feed(world)
    assert len(await read(world, url)) == 1
    await hired(world, world.lin, active=False, version=2)
    assert (await fetched(world, url)).status_code == 404
    await hired(world, world.lin, version=3)
    assert (await fetched(world, url)).status_code == 200
    await hired(world, world.lin, "nobody", version=4)
    assert (await fetched(world, url)).status_code == 404


async def test_who_was_never_heard_of_has_no_calendar(world: Any) -> None:
    assert (await fetched(world, await feed(world))).status_code == 404


async def test_a_key_has_no_calendar(world: Any) -> None:
    answer = await world.post("/v1/visits/feed", None, world.partner(new_id()))
    assert (answer.status_code, answer.json()["code"]) == (403, "feed_of_staff_only")
    assert await world.sql("SELECT FROM visit_feed") == []


async def test_nobody_makes_a_calendar_without_signing_in(world: Any) -> None:
    async with world.client() as client:
        client.headers.clear()
        for method in ("POST", "DELETE"):
            assert (await client.request(method, "/v1/visits/feed")).status_code == 401


async def test_somebody_of_the_scope_own_sees_what_they_are_to_do_there_too(world: Any) -> None:
    await hired(world, world.wang)
    owner = new_id()
    customer = CustomerRef(new_id(), new_id(), owner, None, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [customer])
    made = await world.visit(str(customer.id), assignee_id=str(world.wang.id))
    await world.visit(str(customer.id))
    goer = Principal(
        "staff", world.wang.id, world.wang.roles, scope=Scope(holders=frozenset({world.wang.id}))
    )
    assert list(await read(world, await feed(world, goer))) == [made["id"]]


async def test_only_a_hash_of_the_token_is_kept_and_no_log_tells_it(
    world: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    await hired(world, world.lin)
    async with world.client() as client:
        answer = await client.post("/v1/visits/feed", headers={"Idempotency-Key": "feed-1"})
        again = await client.post("/v1/visits/feed", headers={"Idempotency-Key": "feed-1"})
    url = answer.json()["url"]
    assert again.json() == answer.json()
    assert (await fetched(world, url)).status_code == 200
    assert (await fetched(world, url + "x")).status_code == 404
    await world.service.journal.flush()
    token = url.partition("token=")[2]
    logged = "".join(capfd.readouterr())
    assert "/v1/visits.ics" in logged
    assert token not in logged
    for table in ("visit_feed", "idempotency", "audit_entry", "outbox", "job"):
        rows = str([tuple(row) for row in await world.sql(f"SELECT * FROM {table}")])
        assert token not in rows
        assert token.encode().hex() not in rows
    assert len(await world.sql("SELECT FROM visit_feed")) == 1


async def test_times_are_those_of_the_visit_whatever_its_zone(world: Any) -> None:
    await hired(world, world.lin)
    start = datetime(world.database.now().year + 1, 3, 28, 0, 30, tzinfo=UTC)
    customer = await world.customer()
    ids = [
        (
            await world.visit(
                customer,
                timezone=zone,
                starts_at=start.isoformat(),
                ends_at=(start + timedelta(hours=3)).isoformat(),
            )
        )["id"]
        for zone in ("Europe/Berlin", "America/New_York")
    ]
    found = await read(world, await feed(world))
    assert {found[each].decoded("dtstart") for each in ids} == {start}
    assert {UUID(each) for each in found} == {UUID(each) for each in ids}
