"""The people at a customer: how close they are, who comes first, and what changed."""

import asyncio
from uuid import uuid4

import pytest

HAN = {
    "name": "韩梅梅",
    "role": "decider",
    "relation_strength": 4,
    "birthday": {"calendar": "lunar", "month": 8, "day": 15},
    "is_primary": True,
}


@pytest.fixture
async def place(customer):
    return f"/v1/customers/{(await customer())['id']}/contacts"


@pytest.fixture
def contact(client, place):
    async def make(**fields):
        made = await client.post(place, json={"name": "李雷", **fields})
        assert made.status_code == 201, made.text
        return made.json()

    return make


async def test_a_contact_tells_closeness_and_birthday(client, place):
    made = await client.post(place, json=HAN)
    assert made.status_code == 201
    read = (await client.get(made.headers["location"])).json()
    assert read == made.json()
    assert (read["relation_strength"], read["is_primary"]) == (4, True)
    assert read["birthday"] == {"calendar": "lunar", "month": 8, "day": 15, "leap": False, "year": None}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"relation_strength": 0}, "/relation_strength"),
        ({"relation_strength": 6}, "/relation_strength"),
        ({"relation_strength": True}, "/relation_strength"),
        ({"birthday": {"month": 2, "day": 30}}, "/birthday"),
        ({"is_primary": None}, "/is_primary"),
        ({"is_primary": "yes"}, "/is_primary"),
    ],
)
async def test_a_wrong_field_of_a_contact_is_named(client, place, fields, pointer):
    refused = await client.post(place, json={"name": "李雷", **fields})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_one_contact_is_primary_and_the_former_one_steps_back(client, place, contact):
    first, second = await contact(is_primary=True), await contact(name="韩梅梅")
    moved = await client.patch(f"{place}/{second['id']}", json={"is_primary": True})
    assert moved.json()["is_primary"]
    listed = (await client.get(place, params={"is_primary": "true"})).json()["data"]
    assert [one["id"] for one in listed] == [second["id"]]
    history = (await client.get(f"{place}/{first['id']}/history")).json()["data"]
    assert [(c["field"], c["old"], c["new"], c["version"]) for c in history] == [
        ("is_primary", True, False, 2)
    ]
    third = await contact(name="小明", is_primary=True)
    listed = (await client.get(place, params={"is_primary": "true"})).json()["data"]
    assert [one["id"] for one in listed] == [third["id"]]


async def test_of_many_who_are_made_primary_at_once_one_is(client, place, contact):
    made = [await contact() for _ in range(6)]
    answers = await asyncio.gather(
        *(client.patch(f"{place}/{one['id']}", json={"is_primary": True}) for one in made),
        *(client.post(place, json={"name": "新人", "is_primary": True}) for _ in range(4)),
    )
    assert {answer.status_code for answer in answers} == {200, 201}
    listed = (await client.get(place, params={"is_primary": "true"})).json()["data"]
    assert len(listed) == 1


async def test_what_changed_of_a_contact_is_told_newest_first(client, place, contact):
    one = await contact(phone="13800138000", birthday={"month": 1, "day": 2})
    url = f"{place}/{one['id']}"
    await client.patch(url, json={"phone": None, "birthday": {"month": 1, "day": 3}})
    same = await client.patch(url, json={"phone": None, "birthday": {"month": 1, "day": 3}})
    assert same.headers["etag"] == '"v2"'
    await client.patch(url, json={"post": "总经理"})
    history = (await client.get(f"{url}/history")).json()["data"]
    assert [c["field"] for c in history][:1] == ["post"]
    assert {c["field"]: c["old"] for c in history} | {"phone": "+8613800138000", "post": None} == {
        c["field"]: c["old"] for c in history
    }
    phones = (await client.get(f"{url}/history", params={"field": "phone"})).json()["data"]
    assert [(c["new"], c["version"]) for c in phones] == [(None, 2)]


async def test_a_field_of_a_contact_goes_back_and_that_is_a_change_too(client, place, contact):
    one = await contact(phone="13800138000", birthday={"month": 1, "day": 2})
    url = f"{place}/{one['id']}"
    await client.patch(url, json={"phone": None, "birthday": None})
    changes = {c["field"]: c["id"] for c in (await client.get(f"{url}/history")).json()["data"]}
    stale = await client.post(f"{url}/history/{changes['phone']}/restore", headers={"If-Match": '"v1"'})
    assert stale.status_code == 412
    back = await client.post(f"{url}/history/{changes['phone']}/restore", headers={"If-Match": '"v2"'})
    assert (back.status_code, back.headers["etag"]) == (200, '"v3"')
    assert back.json()["phone"] == "+8613800138000"
    born = await client.post(f"{url}/history/{changes['birthday']}/restore")
    assert born.json()["birthday"] == one["birthday"]
    assert len((await client.get(f"{url}/history")).json()["data"]) == 4


async def test_a_contact_that_is_removed_takes_its_history_along(client, place, contact, service):
    one = await contact()
    await client.patch(f"{place}/{one['id']}", json={"post": "经理"})
    assert (await client.delete(f"{place}/{one['id']}")).status_code == 204
    assert (await client.get(f"{place}/{one['id']}/history")).status_code == 404
    async with service.database.read() as db:
        assert await db.connection.fetchval("SELECT count(*) FROM contact_change") == 0


async def test_a_strangers_contact_has_no_history(client, customer, distributor, partner_of):
    homes = [(await distributor(code))["id"] for code in ("D-1", "D-2")]
    url = f"/v1/customers/{(await customer(distributor_id=homes[0]))['id']}/contacts"
    one = (await client.post(url, json=HAN)).json()
    await client.patch(f"{url}/{one['id']}", json={"post": "经理"})
    change = (await client.get(f"{url}/{one['id']}/history")).json()["data"][0]["id"]
    places = [f"{url}/{one['id']}/history", f"{url}/{uuid4()}/history"]
    async with partner_of(homes[1]) as partner:
        for path in places:
            assert (await partner.get(path)).status_code == 404
            assert (await partner.post(f"{path}/{change}/restore")).status_code == 404
    async with partner_of(homes[0]) as partner:
        assert (await partner.get(places[0])).status_code == 200
