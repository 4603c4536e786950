"""Customers as the channels know them; however many ask at once, there is one customer."""

import asyncio
from uuid import uuid4

import pytest

from shared.auth import Principal
from shared.db import Scope
from shared.testing import service_client

WECHAT = "/v1/customers/by-identity/wechat/oX9f-7Qw2"
WORN = {"channel": "wechat", "external_id": "oX9f-7Qw2"}
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


@pytest.fixture
async def twins(client, distributor):
    """Two distributors, and under one id a customer of each."""
    homes = [(await distributor(code))["id"] for code in ("D-1", "D-2")]
    made = [await client.put(WECHAT, json={**BODY, "distributor_id": home}) for home in homes]
    assert [answer.status_code for answer in made] == [201, 201]
    return [answer.json() for answer in made]


async def test_each_distributor_may_use_an_id_for_a_customer_of_its_own(client, twins):
    for one in twins:
        home = one["distributor_id"]
        body = {"name": "改名", "kind": "person", "distributor_id": home}
        for _ in range(2):
            again = await client.put(WECHAT, json=body)
            assert (again.status_code, again.json()["id"]) == (200, one["id"])
        read = await client.get(WECHAT, params={"distributor_id": home})
        assert read.json() == again.json()
    assert (await client.put(WECHAT, json={**BODY, "distributor_id": None})).status_code == 201


async def test_an_id_that_several_distributors_use_is_ambiguous_until_one_is_named(client, twins):
    for answer in (await client.get(WECHAT), await client.put(WECHAT, json=BODY)):
        assert (answer.status_code, answer.json()["code"]) == (409, "customer_ambiguous")
    order = {
        "identity": {"channel": "wechat", "external_id": "oX9f-7Qw2"},
        "order_no": "1",
        "ordered_at": "2026-03-01T00:00:00Z",
        "channel": "store",
        "amount": {"amount_minor": 1},
    }
    refused = await client.post("/v1/orders", json=order)
    assert refused.json()["errors"][0]["pointer"] == "/identity"
    assert refused.json()["code"] == "customer_ambiguous"
    nobodys = await client.get(WECHAT, params={"distributor_id": str(uuid4())})
    assert nobodys.status_code == 404
    assert (await client.get(WECHAT, params={"distributor_id": "x"})).status_code == 422


async def test_a_customer_does_not_move_to_where_another_has_its_id(client, twins):
    one, other = twins
    url = f"/v1/customers/{one['id']}"
    moved = await client.patch(
        url, json={"distributor_id": other["distributor_id"]}, headers={"If-Match": '"v1"'}
    )
    assert (moved.status_code, moved.json()["code"]) == (409, "identity_taken")
    assert (await client.get(url)).json() == one


async def test_a_customer_that_moved_is_still_known_by_where_it_stood(client, twins, distributor):
    one, _ = twins
    url, away = f"/v1/customers/{one['id']}", (await distributor("D-3"))["id"]
    await client.patch(url, json={"distributor_id": away}, headers={"If-Match": '"v1"'})
    body = {**BODY, "distributor_id": one["distributor_id"]}
    assert (await client.put(WECHAT, json=body)).json()["id"] == one["id"]
    assert (await client.get(url)).json()["distributor_id"] == one["distributor_id"]


async def test_a_colleagues_customer_out_of_sight_keeps_its_id(client, customer, service):
    theirs, mine = await customer(owner_id=str(uuid4())), uuid4()
    await client.post(f"/v1/customers/{theirs['id']}/identities", json=WORN)
    seller = Principal("staff", mine, frozenset({"sales"}), scope=Scope(holders=frozenset({mine})))
    async with service_client(service, seller) as narrowed:
        assert (await narrowed.get(WECHAT)).status_code == 404
        refused = await narrowed.put(WECHAT, json={**BODY, "owner_id": str(mine)})
        assert (refused.status_code, refused.json()["code"]) == (409, "identity_taken")
        assert theirs["id"] not in refused.text


async def test_a_channel_is_entered_by_its_first_use(client):
    await client.put("/v1/customers/by-identity/pinduoduo/u-9", json=BODY)
    found = (await client.get("/v1/channels", params={"code": "pinduoduo"})).json()["data"]
    assert [(c["kind"], c["confirmed"]) for c in found] == [("other", False)]


@pytest.mark.parametrize(
    ("kind", "said", "kept", "strength"),
    [
        ("external", "u-1", "u-1", "weak"),
        ("nickname", "小明", "小明", "weak"),
        ("unionid", "oU-1", "oU-1", "strong"),
        ("tax_number", "91110108551385082q", "91110108551385082Q", "strong"),
        ("phone", "138-0013-8000", "+8613800138000", "weak"),
        ("email", "li@EXAMPLE.com", "li@example.com", "weak"),
    ],
)
async def test_an_identity_is_normal_and_as_strong_as_its_kind(  # noqa: PLR0917 - what is said and kept
    client, customer, kind, said, kept, strength
):
    url = f"/v1/customers/{(await customer())['id']}/identities"
    made = await client.post(url, json={"channel": "wechat", "external_id": said, "kind": kind})
    assert made.status_code == 201
    one = made.json()
    assert (one["external_id"], one["strength"], one["verified"]) == (kept, strength, False)
    found = (await client.get(url, params={"kind": kind, "strength": strength})).json()["data"]
    assert found == [one]
    assert (await client.get(made.headers["location"])).status_code == 200


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "phone", "external_id": "12"}, "identity_invalid"),
        ({"kind": "email", "external_id": "nobody"}, "identity_invalid"),
        ({"kind": "tax_number", "external_id": "91110108551385082X"}, "identity_invalid"),
        ({"kind": "nickname", "external_id": "x", "strength": "strong"}, "strength_wrong"),
        ({"kind": "phone", "external_id": "13800138000", "strength": "strong"}, "strength_wrong"),
        ({"kind": "unionid", "external_id": "x", "strength": "weak"}, "strength_wrong"),
        ({"kind": "fax", "external_id": "x"}, "not_a_choice"),
    ],
)
async def test_an_identity_that_is_none_of_its_kind_is_refused(client, customer, fields, code):
    url = f"/v1/customers/{(await customer())['id']}/identities"
    refused = await client.post(url, json={"channel": "wechat", **fields})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)
    assert (await client.get(url)).json()["data"] == []


async def test_a_phone_is_strong_while_it_is_verified(client, customer):
    url = f"/v1/customers/{(await customer())['id']}/identities"
    body = {"channel": "sms", "external_id": "13800138000", "kind": "phone"}
    one = (await client.post(url, json=body)).json()
    proven = (await client.post(f"{url}/{one['id']}/verify")).json()
    assert (proven["verified"], proven["strength"]) == (True, "strong")
    assert proven["verified_at"] is not None
    assert (await client.post(f"{url}/{one['id']}/verify")).json() == proven
    assert (await client.post(f"{url}/{one['id']}/unverify")).json() == one
    at_once = await client.post(url, json={**body, "channel": "call", "verified": True})
    assert at_once.json()["strength"] == "strong"


async def test_a_channels_own_word_of_an_external_id_stays(client, customer):
    url = f"/v1/customers/{(await customer())['id']}/identities"
    one = (await client.post(url, json={**WORN, "strength": "strong"})).json()
    assert (await client.post(f"{url}/{one['id']}/verify")).json()["strength"] == "strong"
    assert (await client.post(f"{url}/{one['id']}/unverify")).json()["strength"] == "strong"


async def test_an_identity_that_is_removed_is_free_for_another(client, customer):
    one, other = await customer(), await customer(name="别家")
    url = f"/v1/customers/{one['id']}/identities"
    made = (await client.post(url, json=WORN)).json()
    assert (await client.delete(f"/v1/customers/{other['id']}/identities/{made['id']}")).status_code == 404
    assert (await client.delete(f"{url}/{made['id']}")).status_code == 204
    assert (await client.get(WECHAT)).status_code == 404
    assert (await client.delete(f"{url}/{made['id']}")).status_code == 404
    assert (await client.post(f"/v1/customers/{other['id']}/identities", json=WORN)).status_code == 201
    assert (await client.get(WECHAT)).json()["id"] == other["id"]


async def test_a_strangers_identity_is_a_ghost(client, twins, partner_of):
    one, other = twins
    url = f"/v1/customers/{one['id']}/identities"
    (made,) = (await client.get(url)).json()["data"]
    async with partner_of(other["distributor_id"]) as partner:
        for verb in ("verify", "unverify"):
            for path in (made["id"], str(uuid4())):
                assert (await partner.post(f"{url}/{path}/{verb}")).status_code == 404
        assert (await partner.delete(f"{url}/{made['id']}")).status_code == 404
    assert (await client.get(url)).json()["data"] == [made]
