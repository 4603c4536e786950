"""Data quality over HTTP: of one customer, as a worklist, by source."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from customer_svc.quality.jobs import JOB, keep_judged
from shared.auth import Principal
from shared.db import Scope
from shared.jobs import JobContext, enqueue, leases
from shared.operations import OperationFollower
from shared.testing import service_client

WORKLIST, SOURCES = "/v1/quality/worklist", "/v1/quality/sources"
GOOD = {
    "name": "上海海纳百货有限公司",
    "kind": "organisation",
    "phone": "021-62881234",
    "tax_number": "91310000MA1FL0001R",
    "industry": "零售",
    "size": "50-100",
    "region": "310000",
    "address": "上海市黄浦区南京东路 1 号",
    "channel": "exhibition",
    "owner_id": str(uuid4()),
}
SELLER = UUID(int=7)
SALES = Principal("staff", SELLER, frozenset({"sales"}), scope=Scope(holders=frozenset({SELLER})))


@pytest.fixture
def codes(client):
    """What is found of a customer, which is the same by itself and in the worklist."""

    async def read(customer):
        one = (await client.get(f"/v1/customers/{customer['id']}/quality")).json()
        listed = (await client.get(WORKLIST, params={"limit": 200})).json()["data"]
        (item,) = [each for each in listed if each["customer_id"] == customer["id"]] or [None]
        if item is None:
            assert (one["findings"], one["score"]) == ([], 100)
        else:
            assert (one["findings"], one["score"]) == (item["findings"], item["score"])
        return [each["code"] for each in one["findings"]]

    return read


@pytest.fixture
def worst(client):
    async def read(asker=client, **params):
        answer = await asker.get(WORKLIST, params=params)
        assert answer.status_code == 200, answer.text
        return [item["customer_id"] for item in answer.json()["data"]]

    return read


async def caught_up(service):
    """What a worker does for the job."""
    async with service.database.begin() as tx:
        await enqueue(tx, JOB, {})
        (claimed,) = await leases.claim(tx, [JOB], most=1, lease=timedelta(minutes=1))
    minute, follower = timedelta(minutes=1), OperationFollower()
    await keep_judged(JobContext(service.database, claimed, lease=minute, follower=follower), {})


async def sql(service, statement, *arguments):
    async with service.database.begin() as tx:
        await tx.connection.execute(statement, *arguments)


async def patch(client, url, **fields):
    answer = await client.patch(url, json=fields, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


async def test_a_finding_goes_when_its_field_is_filled_and_comes_back(client, customer, codes):
    firm = await customer(**{**GOOD, "industry": None})
    url = f"/v1/customers/{firm['id']}"
    assert await codes(firm) == ["industry_missing", "contact_missing"]
    await patch(client, url, industry="零售")
    assert await codes(firm) == ["contact_missing"]
    await patch(client, url, industry="N/A")
    assert await codes(firm) == ["contact_missing", "industry_invalid"]


async def test_a_finding_says_where_it_is_and_speaks_the_language_that_is_asked_for(client, customer):
    firm = await customer(**{**GOOD, "phone": "13800000000"})
    url = f"/v1/customers/{firm['id']}/quality"
    told = [await client.get(url, headers={"Accept-Language": language}) for language in ("en", "zh-CN")]
    english, chinese = (each.json()["findings"][-1] for each in told)
    assert english == {
        "code": "phone_invalid",
        "field": "phone",
        "dimension": "invalid",
        "weight": 15,
        "text": "The phone number is none, or only stands in for one.",
    }
    assert chinese == {**english, "text": "电话号码无效或为占位号码。"}


async def test_people_who_come_and_go_are_noticed(client, customer, codes):
    firm = await customer(**GOOD)
    url = f"/v1/customers/{firm['id']}/contacts"
    contact = (await client.post(url, json={"name": "韩梅梅"})).json()
    assert await codes(firm) == ["decider_missing"]
    await patch(client, f"{url}/{contact['id']}", role="decider")
    assert await codes(firm) == []
    await client.delete(f"{url}/{contact['id']}")
    assert await codes(firm) == ["contact_missing"]


async def test_two_people_who_go_at_once_are_both_missed(client, customer, codes):
    firm = await customer(**GOOD)
    url = f"/v1/customers/{firm['id']}/contacts"
    people = [(await client.post(url, json={"name": name})).json() for name in ("韩梅梅", "李雷")]
    assert await codes(firm) == ["decider_missing"]
    await asyncio.gather(*(client.delete(f"{url}/{each['id']}") for each in people))
    assert await codes(firm) == ["contact_missing"]


async def test_a_strong_identity_is_noticed_and_missed_again(client, customer, codes):
    person = await customer(name="王小明", kind="person", phone="13912345671")
    assert "identity_missing" in await codes(person)
    url = f"/v1/customers/{person['id']}/identities"
    wanted = {"channel": "store", "kind": "phone", "external_id": "13912345671"}
    identity = (await client.post(url, json=wanted)).json()
    assert "identity_missing" in await codes(person)
    await client.post(f"{url}/{identity['id']}/verify")
    assert "identity_missing" not in await codes(person)
    await client.delete(f"{url}/{identity['id']}")
    assert "identity_missing" in await codes(person)


async def test_customers_of_a_batch_and_by_identity_are_judged(client, worst):
    items = [{"name": f"海纳{number}", "kind": "organisation"} for number in range(3)]
    made = (await client.post("/v1/customers/batch", json={"items": items})).json()["results"]
    url = "/v1/customers/by-identity/wechat/ox-1"
    fourth = (await client.put(url, json={"name": "海纳", "kind": "organisation"})).json()
    assert await worst() == [*(each["id"] for each in made), fourth["id"]]


async def test_archived_customers_are_not_worked_on(client, customer, worst):
    firm = await customer()
    url = f"/v1/customers/{firm['id']}"
    await client.delete(url, headers={"If-Match": "*"})
    assert await worst() == []
    assert (await client.get(f"{url}/quality")).status_code == 404
    await client.post(f"{url}/restore")
    assert await worst() == [firm["id"]]


async def test_the_worklist_begins_with_the_worst_and_goes_on_page_by_page(client, customer, worst):
    good, fair, poor = [await customer(**fields) for fields in (GOOD, {"phone": "021-62889999"}, {})]
    assert await worst() == [poor["id"], fair["id"], good["id"]]
    assert await worst(sort="-score") == [good["id"], fair["id"], poor["id"]]
    page = (await client.get(WORKLIST, params={"limit": 2, "count": "exact"})).json()["page"]
    assert page["total"] == 3
    assert await worst(cursor=page["next_cursor"]) == [good["id"]]


async def test_the_worklist_is_filtered(client, customer, distributor, worst):
    mine = (await distributor("D-1"))["id"]
    firm = await customer(name="海纳一", phone="13800000000", channel="fair", distributor_id=mine)
    person = await customer(name="王小明", kind="person", owner_id=str(SELLER))
    for params, expected in (
        ({"code": "phone_invalid"}, [firm]),
        ({"code": "birthday_missing"}, [person]),
        ({"dimension": "invalid"}, [firm]),
        ({"dimension": "missing"}, [person, firm]),
        ({"dimension": "stale"}, []),
        ({"kind": "person"}, [person]),
        ({"channel": "fair"}, [firm]),
        ({"distributor_id": mine}, [firm]),
        ({"owner_id": str(SELLER)}, [person]),
        ({"owner_id": str(SELLER), "code": "phone_invalid"}, []),
    ):
        assert sorted(await worst(**params)) == sorted(each["id"] for each in expected), params
    for params in ({"code": "nothing"}, {"dimension": "bad"}, {"field": "x"}, {"sort": "name"}):
        assert (await client.get(WORKLIST, params=params)).status_code in (400, 422)


async def test_what_nobody_touched_for_a_year_is_stale_until_it_is_confirmed(
    client, service, customer, codes
):
    firm = await customer(**GOOD)
    for table, column in (("customer", "updated_at"), ("customer_quality", "touched_at")):
        await sql(service, f"UPDATE {table} SET {column} = now() - interval '366 days'")
    url = f"/v1/customers/{firm['id']}/quality"
    stale = ["contact_missing", "record_stale", "phone_stale"]
    assert [each["code"] for each in (await client.get(url)).json()["findings"]] == stale
    await caught_up(service)
    assert await codes(firm) == stale
    confirmed = (await client.post(f"{url}/confirm")).json()
    assert confirmed == {**(await client.get(url)).json(), "as_of": confirmed["as_of"]}
    assert confirmed["confirmed_at"] == confirmed["touched_at"] == confirmed["as_of"]
    assert await codes(firm) == ["contact_missing"]


async def test_what_other_rules_judged_is_judged_anew(client, service, customer, codes, worst):
    firms = [await customer(name=f"海纳{number}") for number in range(3)]
    await sql(service, "DELETE FROM customer_quality WHERE customer_id = $1", firms[0]["id"])
    await sql(
        service, "UPDATE customer_quality SET rules = 0, score = 100, missing = 0, address_missing = false"
    )
    assert await worst() == []
    await caught_up(service)
    assert await worst() == [each["id"] for each in firms]
    for each in firms:
        assert "address_missing" in await codes(each)


async def test_what_was_changed_past_the_commands_is_judged_within_an_hour(
    client, service, customer, codes, worst
):
    firm = await customer(**GOOD)
    await sql(service, "UPDATE customer SET phone = '+8613800000000', updated_at = now()")
    assert await worst(code="phone_invalid") == []
    await caught_up(service)
    assert await codes(firm) == ["contact_missing", "phone_invalid"]


async def test_what_is_out_of_sight_is_neither_listed_nor_counted(
    *, client, service, customer, distributor, partner_of, worst
):
    mine = (await distributor("D-1"))["id"]
    behind = await customer(name="海纳一", distributor_id=mine)
    held = await customer(name="海纳二", owner_id=str(SELLER))
    await customer(name="海纳三")
    await caught_up(service)
    everything = (await client.get(SOURCES)).json()
    assert everything["all"]["customers"] == 3
    async with partner_of(mine) as key, service_client(service, SALES) as sales:
        for asker, theirs, other in ((key, behind, held), (sales, held, behind)):
            assert await worst(asker) == [theirs["id"]]
            assert (await asker.get(SOURCES)).json()["all"]["customers"] == 1
            assert (await asker.get(f"/v1/customers/{theirs['id']}/quality")).status_code == 200
            for method, path in (("GET", "quality"), ("POST", "quality/confirm")):
                for customer_id in (other["id"], uuid4()):
                    answer = await asker.request(method, f"/v1/customers/{customer_id}/{path}")
                    assert answer.status_code == 404


async def test_who_sees_what_they_hold_pages_through_it_worst_first(client, service, customer):
    mine = {"owner_id": str(SELLER)}
    made = [
        await customer(**fields) for fields in ({**GOOD, **mine}, {"phone": "021-62889999", **mine}, mine, {})
    ]
    async with service_client(service, SALES) as sales:
        params, seen = {"limit": 1}, []
        while True:
            page = (await sales.get(WORKLIST, params=params)).json()
            seen += [item["customer_id"] for item in page["data"]]
            if not page["page"]["has_more"]:
                break
            params["cursor"] = page["page"]["next_cursor"]
    assert seen == [made[place]["id"] for place in (2, 1, 0)]


async def test_what_is_given_away_is_judged_for_who_has_it_then(client, service, customer, worst):
    firm = await customer(name="海纳", owner_id=str(SELLER))
    manager = Principal("staff", SELLER, frozenset({"manager"}), scope=Scope(holders=frozenset({SELLER})))
    async with service_client(service, manager) as narrowed:
        assert await worst(narrowed) == [firm["id"]]
        answer = await narrowed.post(f"/v1/customers/{firm['id']}/assign", json={"owner_id": None})
        assert answer.status_code == 200
        assert await worst(narrowed) == []
    assert await worst(code="owner_missing") == [firm["id"]]


async def test_sources_are_compared_as_they_were_an_hour_ago_at_most(client, service, customer, distributor):
    empty = {
        "computed_at": None,
        "all": {"customers": 0, "average_score": None, "findings": []},
        "sources": [],
    }
    assert (await client.get(SOURCES)).json() == empty
    mine = (await distributor("D-1"))["id"]
    for number in range(3):
        await customer(name=f"海纳{number}", channel="fair", distributor_id=mine)
    good = await customer(**GOOD)
    await caught_up(service)
    await customer(name="later", channel="fair")
    told = (await client.get(SOURCES)).json()
    assert told["computed_at"]
    assert [(each["source"], each["customers"]) for each in told["sources"]] == [
        ("fair", 3),
        ("exhibition", 1),
    ]
    shares = {each["code"]: (each["customers"], each["share"]) for each in told["all"]["findings"]}
    assert shares["address_missing"] == (3, 0.75)
    assert shares["contact_missing"] == (4, 1)
    (exhibition,) = [each for each in told["sources"] if each["source"] == good["channel"]]
    assert exhibition["average_score"] == 88
    by_distributor = (await client.get(SOURCES, params={"by": "distributor"})).json()["sources"]
    assert [(each["source"], each["customers"]) for each in by_distributor] == [(mine, 3), (None, 1)]


async def test_who_is_merged_is_judged_with_what_it_got_and_so_it_is_undone(client, customer, codes, worst):
    kept, absorbed = await customer(**GOOD), await customer(name="海纳")
    contact = {"name": "韩梅梅", "role": "decider"}
    await client.post(f"/v1/customers/{absorbed['id']}/contacts", json=contact)
    assert await codes(kept) == ["contact_missing"]
    wanted = {"absorbed_id": absorbed["id"]}
    merge = await client.post(f"/v1/customers/{kept['id']}/merge", json=wanted)
    assert merge.status_code == 201, merge.text
    assert await codes(kept) == []
    assert await worst() == []
    await client.post(f"/v1/merges/{merge.json()['id']}/undo")
    assert await codes(kept) == ["contact_missing"]
    assert await worst() == [absorbed["id"], kept["id"]]
