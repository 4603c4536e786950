"""What customers want, through the door and as it is judged: recorded, remembered, merged, counted once."""

import asyncio
from uuid import uuid4

import pytest

from notify_svc.preferences import commands
from notify_svc.preferences.domain import Sending
from shared.references import CustomerRef, apply

GRANTED = {"purpose": "marketing", "channel": "email", "state": "granted", "source": "form"}


@pytest.fixture(autouse=True)
async def _a_policy(world):
    await world.sql(
        "INSERT INTO contact_policy VALUES (1, '{\"marketing\": [\"email\"]}', NULL, '{}', "
        "'[{\"most\": 2, \"days\": 7}]', '[]', 'Asia/Shanghai', 1, now()) ON CONFLICT (id) DO UPDATE SET "
        "needs_consent = excluded.needs_consent, caps = excluded.caps, "
        "quiet_hours = NULL, send_windows = '{}', version = 1"
    )


async def judged(world, customer, *, message=None, purpose="service"):
    async with world.database.begin() as tx:
        (verdict,) = await commands.judge(tx, [Sending(message or uuid4(), customer, purpose, "email", None)])
    return verdict


async def test_what_a_customer_wants_is_recorded_and_remembered(world):
    customer = await world.customer()
    place = f"/v1/preferences/{customer}"
    assert (await world.get(world.lin, place)).json()["version"] == 0
    async with world.client(world.lin) as client:
        put = await client.put(place, json={"consents": [GRANTED], "timezone": "Europe/London"})
    assert (put.status_code, put.headers["etag"]) == (200, '"v1"')
    assert put.json()["consents"][0]["by"] == str(world.lin.id)
    stale = await world.patch(world.lin, place, {"language": "en"}, **{"If-Match": '"v9"'})
    assert stale.status_code == 412
    changed = await world.patch(world.lin, place, {"consents": []}, **{"If-Match": '"v1"'})
    assert (changed.json()["consents"], changed.json()["timezone"]) == ([], "Europe/London")
    history = (await world.get(world.lin, f"{place}/consents")).json()["data"]
    assert [each["state"] for each in history] == ["withdrawn", "granted"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"quiet_hours": {"start": "08:00", "end": "08:00"}}, "/quiet_hours"),
        ({"quiet_hours": {"start": "25:00", "end": "08:00"}}, "/quiet_hours/start"),
        ({"caps": [{"most": 0, "days": 7}]}, "/caps/0/most"),
        ({"caps": [{"most": 1, "days": 1000000000}]}, "/caps/0/days"),
        ({"consents": [{**GRANTED, "purpose": "gossip"}]}, "/consents/0/purpose"),
        ({"consents": [GRANTED, {**GRANTED, "state": "withdrawn"}]}, ""),
    ],
)
async def test_a_wrong_wish_is_refused_at_its_place(world, body, pointer):
    async with world.client(world.lin) as client:
        refused = await client.put(f"/v1/preferences/{await world.customer()}", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_cap_holds_however_many_judge_at_once_and_a_message_counts_once(world):
    customer = await world.customer()
    verdicts = await asyncio.gather(*(judged(world, customer) for _ in range(8)))
    assert sum(each.allowed for each in verdicts) == 2
    assert {each.rule for each in verdicts if not each.allowed} == {"frequency_cap"}
    other, message = await world.customer(), uuid4()
    assert [(await judged(world, other, message=message)).allowed for _ in range(4)] == [True] * 4
    assert (await judged(world, other)).allowed


async def test_merged_customers_keep_the_stricter_wish_and_take_it_back_apart(world):
    kept, absorbed = await world.customer(), await world.customer()
    async with world.client(world.lin) as client:
        await client.put(f"/v1/preferences/{kept}", json={"consents": [GRANTED]})
        await client.put(f"/v1/preferences/{absorbed}", json={"do_not_contact": [{"channel": "*"}]})
    assert (await judged(world, kept, purpose="marketing")).allowed
    merged = CustomerRef(absorbed, None, None, None, "merged", None, kept, 2)
    async with world.database.begin() as tx:
        await apply(tx, [merged])
    assert (await judged(world, kept, purpose="marketing")).rule == "do_not_contact"
    apart = CustomerRef(absorbed, None, None, None, "active", None, None, 3)
    async with world.database.begin() as tx:
        await apply(tx, [apart])
    assert (await judged(world, kept, purpose="marketing")).allowed
    assert (await judged(world, absorbed)).rule == "do_not_contact"


async def test_the_companys_policy_is_changed_by_those_who_may_with_the_version_they_read(world):
    policy = (await world.get(world.lin, "/v1/contact-policy")).json()
    body = {
        name: policy[name]
        for name in ("needs_consent", "quiet_hours", "send_windows", "caps", "always", "timezone")
    }
    async with world.client(world.manager) as client:
        assert (await client.put("/v1/contact-policy", json=body)).status_code == 428
        changed = await client.put(
            "/v1/contact-policy", json={**body, "caps": []}, headers={"If-Match": '"v1"'}
        )
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    async with world.client(world.lin) as client:
        assert (
            await client.put("/v1/contact-policy", json=body, headers={"If-Match": "*"})
        ).status_code == 403
