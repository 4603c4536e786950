"""Customers are asked once in a while, if they want to be; a link is shown once and not kept."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest

from interaction_svc.invitations.consumers import on_complaint_closed
from interaction_svc.tiers.consumers import on_tier_changed
from shared.clock import new_id
from shared.db import Scope
from shared.events import parse
from shared.events.customer import CustomerMerged
from shared.events.scoring import TierChanged
from shared.references import CUSTOMER_EVENTS, CustomerRef, apply
from shared.testing import staff
from shared.testing.talking import eventually

from .steps import MANAGER, SHORT, answered, browser, invite, invited, survey


async def known(world: Any, tier: str | None = None, **given: Any) -> str:
    """A customer with this reference row and tier."""
    told = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": None, **given}
    ref = CustomerRef(id=new_id(), status="active", merged_into=None, version=1, **told)
    async with world.database.begin() as tx:
        await apply(tx, [ref])
        if tier is not None:
            changed = TierChanged(
                subject=ref.id, version=1, distributor_id=None, from_tier=None, to_tier=tier
            )
            await on_tier_changed(tx, changed)
    return str(ref.id)


async def of_survey(world: Any, found: str) -> list[dict[str, Any]]:
    answer = await world.get(f"/v1/surveys/{found}/invitations?limit=200", MANAGER)
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


async def opt(world: Any, customer: str, method: str = "PUT", who: Any = None) -> Any:
    async with world.client(who) as client:
        return await client.request(method, f"/v1/customers/{customer}/survey-opt-out")


async def over(world: Any, operation: str) -> dict[str, Any]:
    """The operation once it has ended."""
    found: dict[str, Any] = {}

    async def done() -> bool:
        found.update((await world.get(operation, MANAGER)).json())
        return found["finished_at"] is not None

    await eventually(done)
    return found


async def test_an_invitation_shows_its_link_once_and_only_a_hash_is_kept(world: Any) -> None:
    found, customer = await survey(world), await world.customer()
    answer = await invite(world, found, customer, language="en")
    made = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert made["url"] == f"http://127.0.0.1:8080/s/{made['token']}"
    assert len(made["token"]) >= 43
    read = (await world.get(answer.headers["location"])).json()
    assert read == {name: made[name] for name in made.keys() - {"url", "token"}}
    (row,) = await world.sql("SELECT token_hash FROM survey_invitation")
    assert row["token_hash"] == sha256(made["token"].encode()).digest()
    for table in ("survey_invitation", "outbox", "audit_entry", "job"):
        assert made["token"] not in str(await world.sql(f"SELECT t::text FROM {table} t"))


async def test_an_invitation_is_told_by_ids_alone(world: Any) -> None:
    made = await invited(world, await survey(world))
    (event,) = await world.events()
    assert (event["type"], event["subject"]) == ("survey.invited.v1", made["id"])
    assert event["data"] == {
        "customer_id": made["customer_id"],
        "survey_id": made["survey_id"],
        "complaint_id": None,
        "interaction_id": None,
        "owner_id": None,
        "expires_at": made["expires_at"],
    }


async def test_a_customer_is_not_asked_again_too_soon_unless_it_is_forced(world: Any) -> None:
    first, other = await survey(world, min_days_between=10), await survey(world, min_days_between=10)
    customer = await world.customer()
    await invited(world, first, customer)
    refused = await invite(world, other, customer)
    assert (refused.status_code, refused.json()["code"]) == (409, "invited_recently")
    assert datetime.fromisoformat(refused.json()["last_invited_at"]) <= datetime.now(UTC)
    await invited(world, other, customer, force=True)
    await world.sql("UPDATE survey_invitation SET created_at = created_at - interval '11 days'")
    await invited(world, other, customer)


async def test_only_one_of_two_invitations_at_once_is_made(world: Any) -> None:
    import asyncio  # noqa: PLC0415

    found, customer = await survey(world), await world.customer()
    answers = await asyncio.gather(*(invite(world, found, customer) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_a_customer_who_wants_no_surveys_gets_none(world: Any) -> None:
    found, customer = await survey(world), await world.customer()
    assert (await opt(world, customer)).json()["opted_out"] is True
    first = (await opt(world, customer)).json()["since"]
    refused = await invite(world, found, customer, force=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "customer_opted_out")
    assert (await opt(world, customer, "GET")).json() == {
        "customer_id": customer,
        "opted_out": True,
        "since": first,
    }
    assert (await opt(world, customer, "DELETE")).status_code == 204
    assert (await opt(world, customer, "DELETE")).status_code == 204
    await invited(world, found, customer)


async def test_a_wish_goes_along_when_customers_are_merged(world: Any) -> None:
    found, old, new = await survey(world), await world.customer(), await world.customer()
    await opt(world, old)
    await opt(world, new)
    gone = CustomerMerged(
        subject=UUID(old),
        merged_into=UUID(new),
        version=2,
        status="merged",
        distributor_id=None,
        owner_id=None,
        org_unit_id=None,
        channel=None,
    )
    async with world.database.begin() as tx:
        await CUSTOMER_EVENTS[CustomerMerged](tx, gone)
    moved = await opt(world, old, "GET")
    assert (moved.status_code, moved.json()["merged_into"]) == (308, new)
    for customer in (old, new):
        assert (await invite(world, found, customer)).json()["code"] == "customer_opted_out"
    await opt(world, new, "DELETE")
    made = await invited(world, found, old)
    assert made["customer_id"] == new
    listed = await world.get(f"/v1/surveys/{found}/invitations?customer_id={old}")
    assert [each["id"] for each in listed.json()["data"]] == [made["id"]]


async def test_nobody_is_asked_what_is_not_published_or_closed(world: Any) -> None:
    found, customer = await survey(world, None), await world.customer()
    for body in ({"customer_id": customer}, None):
        path = f"/v1/surveys/{found}/invitations" + ("/by-segment" if body is None else "")
        refused = await world.post(path, body or {"most": 5}, MANAGER)
        assert (refused.status_code, refused.json()["code"]) == (409, "survey_not_open")
    closed = await survey(world)
    await world.patch(f"/v1/surveys/{closed}", {"status": "closed"}, MANAGER)
    assert (await invite(world, closed, customer)).json()["code"] == "survey_not_open"
    assert (await invite(world, str(uuid4()), customer)).status_code == 404
    assert (await invite(world, await survey(world), str(uuid4()))).status_code == 404


async def test_what_it_is_about_must_be_the_customers(world: Any) -> None:
    found, customer = await survey(world), await world.customer()
    other = await world.customer()
    foreign = {
        "complaint_id": (await world.complaint(other))["id"],
        "interaction_id": (await world.interaction(other))["id"],
    }
    for name, record in foreign.items():
        for wrong in (record, str(uuid4())):
            refused = await invite(world, found, customer, **{name: wrong})
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["pointer"] == f"/{name}"
    past = await invite(world, found, customer, expires_at=world.when(hours=1))
    assert past.json()["errors"][0]["code"] == "in_the_past"


async def test_who_is_responsible_is_who_did_what_it_is_about(world: Any) -> None:
    owner, keeper = uuid4(), uuid4()
    customer = await known(world, "core", owner_id=keeper, channel="web")
    case = await world.complaint(customer)
    await world.do(case, "assign", owner_id=str(owner))
    call = await world.interaction(customer)
    found = await survey(world, min_days_between=0)
    for about, wanted in (
        ({"complaint_id": case["id"]}, str(owner)),
        ({"interaction_id": call["id"]}, str(world.lin.id)),
        ({}, str(keeper)),
    ):
        made = await invited(world, found, customer, **about)
        assert (made["owner_id"], made["tier"], made["channel"]) == (wanted, "core", "web")
    assert (await invited(world, found, customer, channel="fair"))["channel"] == "fair"


async def test_a_new_link_ends_the_one_before(world: Any) -> None:
    made = await invited(world, await survey(world))
    path = f"/v1/survey-invitations/{made['id']}/link"
    again = (await world.post(path)).json()
    assert again["token"] != made["token"]
    assert (await browser(world, made)).answer.status_code == 404
    page = await browser(world, again)
    await page.press(q_attitude="5")
    refused = await world.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "invitation_answered")
    late = await invited(world, made["survey_id"])
    await world.sql("UPDATE survey_invitation SET expires_at = now() WHERE answered_at IS NULL")
    refused = await world.post(f"/v1/survey-invitations/{late['id']}/link")
    assert (refused.status_code, refused.json()["code"]) == (409, "invitation_expired")
    assert (await world.post(f"/v1/survey-invitations/{uuid4()}/link")).status_code == 404


async def test_a_segment_is_asked_as_far_as_it_fits_and_can_be(world: Any) -> None:
    distributor, owner = uuid4(), uuid4()
    mine = {"distributor_id": distributor, "owner_id": owner, "channel": "web"}
    fit = [await known(world, "core", **mine) for _ in range(4)]
    for tier, other in (
        ("normal", {}),
        (None, {}),
        ("core", {"channel": "fair"}),
        ("core", {"distributor_id": uuid4()}),
        ("core", {"owner_id": uuid4()}),
    ):
        await known(world, tier, **{**mine, **other})
    unwilling, lately = await known(world, "core", **mine), await known(world, "core", **mine)
    await opt(world, unwilling)
    found = await survey(world)
    await invited(world, await survey(world), lately)
    body = {
        "tiers": ["core", "important"],
        "channels": ["web"],
        "distributor_id": str(distributor),
        "owner_id": str(owner),
        "most": 100,
        "language": "zh",
    }
    started = await world.post(f"/v1/surveys/{found}/invitations/by-segment", body, MANAGER)
    assert started.status_code == 202
    ended = await over(world, started.headers["location"])
    assert (ended["status"], ended["result"]) == ("succeeded", {"invited": 4})
    made = await of_survey(world, found)
    assert sorted(each["customer_id"] for each in made) == sorted(fit)
    assert {(each["occasion"], each["linked"], each["language"]) for each in made} == {
        ("segment", False, "zh")
    }
    again = await world.post(f"/v1/surveys/{found}/invitations/by-segment", body, MANAGER)
    assert (await over(world, again.headers["location"]))["result"] == {"invited": 0}
    link = (await world.post(f"/v1/survey-invitations/{made[0]['id']}/link")).json()
    assert (await browser(world, link)).asked


async def test_of_a_large_segment_so_many_are_asked_as_were_wanted(world: Any) -> None:
    for _ in range(12):
        await known(world)
    found = await survey(world, min_days_between=0)
    started = await world.post(f"/v1/surveys/{found}/invitations/by-segment", {"most": 5}, MANAGER)
    assert (await over(world, started.headers["location"]))["result"] == {"invited": 5}
    assert len({each["customer_id"] for each in await of_survey(world, found)}) == 5


async def test_a_segment_is_what_the_caller_sees(world: Any) -> None:
    manager = staff("manager")
    own = await known(world, owner_id=manager.id)
    await known(world, owner_id=uuid4())
    narrow = type(manager)("staff", manager.id, manager.roles, scope=Scope(holders=frozenset({manager.id})))
    found = await survey(world)
    started = await world.post(f"/v1/surveys/{found}/invitations/by-segment", {"most": 9}, narrow)
    operation = started.headers["location"]

    async def done() -> bool:
        return (await world.get(operation, narrow)).json()["finished_at"] is not None

    await eventually(done)
    assert [each["customer_id"] for each in await of_survey(world, found)] == [own]


async def closed(world: Any, customer: str) -> dict[str, Any]:
    """A complaint that was handled to its end."""
    case: dict[str, Any] = await world.complaint(customer)
    for verb, body in (
        ("classify", {}),
        ("assign", {"owner_id": str(world.wang.id)}),
        ("resolve", {"result": "换货"}),
        ("inform", {"text": "已换货"}),
        ("close", {}),
    ):
        answer = await world.do(case, verb, **body)
        assert answer.status_code == 200, answer.text
    return case


async def test_the_end_of_a_complaint_invites_once(world: Any) -> None:
    found, other = await survey(world, invite_on=["complaint.closed"]), await survey(world)
    customer = await world.customer()
    case = await closed(world, customer)

    async def asked() -> bool:
        return bool(await of_survey(world, found))

    await eventually(asked)
    (event,) = [each for each in await world.events() if each["type"] == "complaint.closed.v1"]
    await world.sql("UPDATE survey_invitation SET created_at = created_at - interval '60 days'")
    for _ in range(2):
        async with world.database.begin() as tx:
            await on_complaint_closed(tx, parse(event).event)  # type: ignore[arg-type]
    (made,) = await of_survey(world, found)
    assert (made["complaint_id"], made["customer_id"]) == (case["id"], customer)
    assert (made["occasion"], made["owner_id"], made["created_by"]) == (
        "complaint.closed",
        str(world.wang.id),
        None,
    )
    assert await of_survey(world, other) == []


@pytest.mark.parametrize("why", ["opted out", "asked lately", "long ago"])
async def test_the_end_of_a_complaint_asks_nobody_who_should_be_left_alone(world: Any, why: str) -> None:
    customer = await world.customer()
    quiet = await survey(world)
    case = await closed(world, customer)
    (event,) = [each for each in await world.events() if each["type"] == "complaint.closed.v1"]
    found = await survey(world, invite_on=["complaint.closed"])
    if why == "opted out":
        await opt(world, customer)
    elif why == "asked lately":
        await invited(world, quiet, customer)
    else:
        event["data"]["closed_at"] = world.when(days=8)
    async with world.database.begin() as tx:
        await on_complaint_closed(tx, parse(event).event)  # type: ignore[arg-type]
    assert await of_survey(world, found) == []
    assert case["id"]


async def test_how_the_handling_satisfied_is_found_by_its_complaint(world: Any) -> None:
    customer, found = await world.customer(), await survey(world, SHORT)
    case = await world.complaint(customer)
    response = await answered(world, found, customer, complaint_id=case["id"], q_attitude="4")
    await answered(world, found)
    listed = await world.get(f"/v1/survey-responses?complaint_id={case['id']}")
    assert [each["id"] for each in listed.json()["data"]] == [response["id"]]
    assert listed.json()["data"][0]["ratings"] == [
        {"question": "attitude", "kind": "rating", "indicator": "service_attitude", "value": 4}
    ]


async def test_a_partner_asks_and_sees_their_own_customers_alone(world: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    mine, foreign = await world.customer(ours), await world.customer(theirs)
    us = world.partner(ours)
    found = await survey(world)
    made = await world.post(f"/v1/surveys/{found}/invitations", {"customer_id": mine}, us)
    assert made.status_code == 201
    refused = await world.post(f"/v1/surveys/{found}/invitations", {"customer_id": foreign}, us)
    assert refused.status_code == 404
    assert (await opt(world, foreign, "PUT", us)).status_code == 404
    assert (await opt(world, foreign, "GET", us)).status_code == 404
    other, own = await answered(world, found, foreign), await answered(world, found, mine)
    listed = await world.get("/v1/survey-responses", us)
    assert [each["id"] for each in listed.json()["data"]] == [own["id"]]
    for path in ("/v1/survey-responses/{}", "/v1/survey-invitations/{}"):
        key = "id" if "responses" in path else "invitation_id"
        assert (await world.get(path.format(other[key]), us)).status_code == 404
        assert (await world.get(path.format(own[key]), us)).status_code == 200
    link = await world.post(f"/v1/survey-invitations/{other['invitation_id']}/link", who=us)
    assert link.status_code == 404
    invitations = await world.get(f"/v1/surveys/{found}/invitations", us)
    assert {each["customer_id"] for each in invitations.json()["data"]} == {mine}


async def test_row_security_hides_what_a_query_forgets(world: Any) -> None:
    ours = uuid4()
    found = await survey(world)
    for distributor in (ours, uuid4(), None):
        customer = await world.customer(distributor)
        await answered(world, found, customer)
        await opt(world, customer)
    for table in ("survey_invitation", "survey_response", "survey_rating", "survey_opt_out"):
        statement = f"SELECT distributor_id FROM {table}"
        for scope, wanted in ((Scope(frozenset({ours})), {ours}), (Scope(frozenset()), set())):
            async with world.database.read(scope) as reader:
                rows = await reader.connection.fetch(statement)
            assert {row["distributor_id"] for row in rows} == wanted, table
        assert len({row["distributor_id"] for row in await world.sql(statement)}) == 3
