"""Customers as the channels know them; however many ask at once, there is one customer."""

import asyncio

WECHAT = "/v1/customers/by-identity/wechat/oX9f-7Qw2"
BODY = {"name": "王小明", "kind": "person", "tags": ["粉丝"]}


async def test_an_unknown_identity_makes_a_customer_and_a_known_one_finds_it(client, told):
    first = await client.put(WECHAT, json=BODY)
    assert first.status_code == 201
    again = await client.put(WECHAT, json={**BODY, "phone": "13800138000"})
    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["phone"] == "+8613800138000"
    assert again.json()["tags"] == ["粉丝"]
    read = await client.get(WECHAT)
    assert read.json() == again.json()
    assert read.headers["etag"] == '"v2"'
    assert [event["type"] for event in await told()] == ["customer.registered.v1", "customer.updated.v1"]


async def test_the_same_upsert_again_changes_nothing(client):
    await client.put(WECHAT, json=BODY)
    assert (await client.put(WECHAT, json=BODY)).headers["etag"] == '"v1"'


async def test_twenty_concurrent_upserts_make_one_customer(client, told):
    answers = await asyncio.gather(*(client.put(WECHAT, json=BODY) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await client.get("/v1/customers")).json()["data"]) == 1
    assert len(await told()) == 1


async def test_an_upsert_brings_an_archived_customer_back(client):
    one = (await client.put(WECHAT, json=BODY)).json()
    await client.delete(f"/v1/customers/{one['id']}", headers={"If-Match": '"v1"'})
    assert (await client.get(WECHAT)).status_code == 404
    back = await client.put(WECHAT, json=BODY)
    assert back.json()["status"] == "active"
    assert back.json()["version"] == 3


async def test_a_refused_upsert_claims_nothing(client, customer):
    await customer(code="C-1")
    refused = await client.put(WECHAT, json={**BODY, "code": "C-1"})
    assert refused.status_code == 409
    assert (await client.put(WECHAT, json=BODY)).status_code == 201


async def test_a_customer_can_have_several_identities_and_each_only_one_customer(client, customer):
    one, other = await customer(), await customer(name="别家")
    url = f"/v1/customers/{one['id']}/identities"
    strong = {"channel": "jd", "external_id": "u-1", "strength": "strong", "verified": True}
    made = await client.post(url, json=strong)
    assert made.status_code == 201
    await client.post(url, json={"channel": "tmall", "external_id": "u-1", "source": "导入"})
    listed = (await client.get(url)).json()["data"]
    assert [(i["channel"], i["strength"], i["verified"]) for i in listed] == [
        ("jd", "strong", True),
        ("tmall", "weak", False),
    ]
    taken = await client.post(f"/v1/customers/{other['id']}/identities", json=strong)
    assert taken.status_code == 409
    assert taken.json()["code"] == "identity_taken"
    assert (await client.get(made.headers["location"])).json()["id"] == one["id"]


async def test_a_channel_is_entered_by_its_first_use(client):
    await client.put("/v1/customers/by-identity/pinduoduo/u-9", json=BODY)
    found = (await client.get("/v1/channels", params={"code": "pinduoduo"})).json()["data"]
    assert [(c["kind"], c["confirmed"]) for c in found] == [("other", False)]
