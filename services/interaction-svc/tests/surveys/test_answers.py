"""An answer counts once, is told without words, and opens a complaint when it is bad."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.events.customer import CustomerAssigned
from shared.references import CUSTOMER_EVENTS

from .steps import BROWSER, LONG, MANAGER, SHORT, answered, browser, invited, survey

_RULE = {"on": True, "rating_at_most": 2, "nps_at_most": 3, "category": "service", "severity": "high"}


async def told(world: Any) -> list[dict[str, Any]]:
    return [event for event in await world.events() if event["type"] == "survey.answered.v1"]


async def test_twenty_answers_at_once_are_one(world: Any) -> None:
    made = await invited(world, await survey(world, open_complaint=_RULE))
    place = (await browser(world, made)).filled["place"]

    async def send(value: int) -> httpx.Response:
        transport = httpx.ASGITransport(app=world.service.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=BROWSER) as client:
            form = {"place": place, "q_attitude": str(value), "do": "next"}
            return await client.post(f"/s/{made['token']}", data=form)

    answers = await asyncio.gather(*(send(1 + number % 2) for number in range(20)))
    assert {answer.status_code for answer in answers} == {303}
    for table in ("survey_response", "survey_rating", "complaint"):
        assert len(await world.sql(f"SELECT FROM {table}")) == 1, table
    assert len(await told(world)) == 1
    assert "感谢" in (await browser(world, made, "?lang=zh")).seen.text


async def test_an_answer_is_told_by_its_numbers_alone(world: Any) -> None:
    customer = await world.customer()
    case = await world.complaint(customer)
    found = await answered(
        world,
        await survey(world),
        customer,
        complaint_id=case["id"],
        q_attitude="4",
        q_recommend="9",
        q_words="call me on 139",
    )
    (event,) = await told(world)
    assert event["subject"] == found["id"]
    assert event["data"] == {
        "customer_id": customer,
        "invitation_id": found["invitation_id"],
        "survey_id": found["survey_id"],
        "complaint_id": case["id"],
        "owner_id": None,
        "answered_at": found["answered_at"],
        "ratings": [{"indicator": "service_attitude", "value": 4}],
        "nps": 9,
    }


@pytest.mark.parametrize(
    ("rule", "filled", "opens"),
    [
        (_RULE, {"q_attitude": "2"}, True),
        (_RULE, {"q_attitude": "3"}, False),
        (_RULE, {"q_attitude": "5", "q_recommend": "3"}, True),
        (_RULE, {"q_attitude": "5", "q_recommend": "4"}, False),
        ({**_RULE, "rating_at_most": None}, {"q_attitude": "1"}, False),
        ({**_RULE, "on": False}, {"q_attitude": "1"}, False),
        (None, {"q_attitude": "1"}, False),
    ],
)
async def test_a_bad_answer_opens_a_complaint_if_the_survey_says_so(
    world: Any, rule: dict[str, Any] | None, filled: dict[str, str], opens: bool
) -> None:
    customer = await world.customer()
    given = {} if rule is None else {"open_complaint": rule}
    found = await answered(world, await survey(world, **given), customer, q_words="<b>等了三天</b>", **filled)
    complaints = (await world.get(f"/v1/complaints?customer_id={customer}")).json()["data"]
    assert [each["id"] for each in complaints] == [found["opened_complaint_id"]] * opens
    if opens:
        (case,) = complaints
        assert (case["channel"], case["category"], case["severity"]) == ("other", "service", "high")
        assert case["created_by"] == str(MANAGER.id)
        assert "<b>等了三天</b>" in case["description"]
        assert f"/v1/survey-responses/{found['id']}" in case["description"]
        types = [event["type"] for event in await world.events()]
        assert types.count("complaint.opened.v1") == 1


async def test_the_complaint_of_a_long_name_fits_its_subject(world: Any) -> None:
    found = await answered(
        world, await survey(world, name="很" * 200, open_complaint=_RULE), None, q_attitude="1"
    )
    case = (await world.get(f"/v1/complaints/{found['opened_complaint_id']}")).json()
    assert len(case["subject"]) == 200


async def test_responses_are_found_by_what_is_asked_for(world: Any) -> None:
    first, second = await survey(world), await survey(world)
    customer = await world.customer()
    one, two = await answered(world, first, customer), await answered(world, second)
    for query, wanted in (
        (f"survey_id={first}", [one]),
        (f"customer_id={customer}", [one]),
        (f"survey_id={second}&survey_version=1", [two]),
        (f"answered_at[lt]={two['answered_at']}", [one]),
        (f"answered_at[gte]={two['answered_at']}", [two]),
        ("sort=answered_at", [one, two]),
        ("", [two, one]),
    ):
        listed = await world.get(f"/v1/survey-responses?{query}")
        assert [each["id"] for each in listed.json()["data"]] == [each["id"] for each in wanted], query
    page = (await world.get("/v1/survey-responses?limit=1")).json()
    after = await world.get(f"/v1/survey-responses?limit=1&cursor={page['page']['next_cursor']}")
    assert [page["data"][0]["id"], after.json()["data"][0]["id"]] == [two["id"], one["id"]]
    assert (await world.get(f"/v1/survey-responses/{one['id']}")).json() == one


async def test_what_is_only_begun_is_nobodys_to_read(world: Any) -> None:
    page = await browser(world, await invited(world, await survey(world, LONG)))
    await page.press(q_attitude="5")
    (row,) = await world.sql("SELECT id FROM survey_response")
    assert (await world.get(f"/v1/survey-responses/{row['id']}")).status_code == 404
    assert await told(world) == []


async def test_an_answer_stands_on_the_timeline(world: Any) -> None:
    customer = await world.customer()
    found = await answered(world, await survey(world, SHORT, name="回访"), customer, q_attitude="4")
    page = await browser(world, await invited(world, await survey(world, LONG), customer, force=True))
    await page.press(q_attitude="5")
    path = f"/v1/customers/{customer}/timeline"
    (item,) = (await world.get(path)).json()["data"]
    assert (item["type"], item["id"], item["at"]) == ("survey", found["id"], found["answered_at"])
    assert item["survey"] == {
        "id": found["id"],
        "survey_id": found["survey_id"],
        "complaint_id": None,
        "ratings": found["ratings"],
    }
    assert (await world.get(f"{path}?type=survey")).json()["data"] == [item]
    assert (await world.get(f"{path}?type=promise")).json()["data"] == []


async def test_answers_follow_a_customer_to_another_distributor(world: Any) -> None:
    customer = await world.customer()
    await answered(world, await survey(world), customer)
    home = UUID(int=7)
    event = CustomerAssigned(
        subject=UUID(customer),
        version=2,
        distributor_id=home,
        owner_id=None,
        org_unit_id=None,
        status="active",
        channel=None,
    )
    async with world.database.begin() as tx:
        await CUSTOMER_EVENTS[CustomerAssigned](tx, event)
    for table in ("survey_invitation", "survey_response", "survey_rating"):
        assert [row["distributor_id"] for row in await world.sql(f"SELECT * FROM {table}")] == [home], table
