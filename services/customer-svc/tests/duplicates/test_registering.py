"""A customer that is there is not registered again, unless somebody insists; nobody hears too much."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from customer_svc.app import build
from customer_svc.settings import Settings
from shared.auth import Principal
from shared.db import Scope
from shared.testing import running, service_client, staff
from shared.testing.clients import partner

HAINA = {
    "name": "上海海纳百货有限公司",
    "kind": "organisation",
    "phone": "021-62881234",
    "email": "info@haina.example",
    "region": "310115",
    "address": "上海市浦东新区世纪大道100号",
}


def seller(staff_id: UUID) -> Principal:
    """Somebody who sees what they hold."""
    return Principal("staff", staff_id, frozenset({"sales"}), scope=Scope(holders=frozenset({staff_id})))


@pytest.mark.parametrize(
    ("fields", "agreeing"),
    [
        ({"name": "海納百貨", "phone": "021-62881234"}, "phone"),
        ({"name": "海纳百货集团", "email": "INFO@haina.example"}, "email"),
        ({"name": "海纳百货", "region": "310000"}, "region"),
        ({"name": "海纳（上海）百货有限责任公司", "address": "浦东新区世纪大道100号"}, "street"),
        ({"name": "Haina Baihuo Co., Ltd", "phone": "+86 21 6288 1234"}, "phone"),
    ],
)
async def test_a_customer_that_is_there_is_not_registered_again(client, customer, fields, agreeing):
    there = await customer(**HAINA)
    answer = await client.post("/v1/customers", json={"kind": "organisation", **fields})
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate_suspected")
    (hit,) = answer.json()["hits"]
    assert hit.keys() == {
        *("id", "code", "name", "owner_id", "region", "status"),
        *("score", "level", "features"),
    }
    assert (hit["id"], hit["name"], hit["level"]) == (there["id"], HAINA["name"], "likely")
    assert agreeing in {each["feature"] for each in hit["features"] if each["weight"] > 0}
    assert answer.json()["exists"] is False
    assert (await client.get("/v1/customers", params={"count": "exact"})).json()["page"]["total"] == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"name": HAINA["name"]},
        {"name": HAINA["name"], "phone": "021-62885678"},
        {"name": HAINA["name"], "phone": "021-62881235", "region": "310115"},
        {"name": HAINA["name"], "region": "440300"},
        {"name": "上海海纳百货有限公司北京分公司", "region": "110105"},
        {"name": "海纳餐饮管理有限公司", "region": "310115"},
        {"name": "永辉超市", "phone": HAINA["phone"]},
        {"name": "王小明", "kind": "person", "phone": HAINA["phone"]},
    ],
)
async def test_an_equal_name_or_a_shared_phone_alone_is_no_reason(client, customer, fields):
    await customer(**HAINA)
    answer = await client.post("/v1/customers", json={"kind": "organisation", **fields})
    assert answer.status_code == 201, answer.text


async def test_namesakes_are_registered_and_members_of_a_family_share_a_phone(client, customer):
    for name in ("王小明", "王小明", "王小红"):
        await customer(name=name, kind="person", region="310115")
    await customer(name="王大明", kind="person", phone="13800138000")
    await customer(name="王大红", kind="person", phone="13800138000")
    twin = {"name": "王大明先生", "kind": "person", "phone": "138 0013 8000"}
    assert (await client.post("/v1/customers", json=twin)).status_code == 409


async def test_whoever_insists_registers_it(client, customer):
    await customer(**HAINA)
    made = await client.post("/v1/customers", params={"allow_duplicates": True}, json=HAINA)
    assert made.status_code == 201
    assert made.headers["location"].endswith(made.json()["id"])


async def test_a_replayed_request_is_no_duplicate_of_itself(client):
    headers = {"Idempotency-Key": str(uuid4())}
    first, again = [await client.post("/v1/customers", json=HAINA, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.headers["Idempotent-Replayed"], again.json()) == ("true", first.json())


async def test_codes_and_tax_numbers_keep_their_own_refusals(client, customer):
    await customer(**HAINA, code="C-1", tax_number="91310000MA1FL0001R")
    for field, value in (("code", "C-1"), ("tax_number", "91310000MA1FL0001R")):
        answer = await client.post("/v1/customers", json={**HAINA, field: value})
        assert (answer.status_code, answer.json()["code"]) == (409, f"{field}_taken")


async def test_an_archived_customer_counts_and_is_said_to_be_archived(client, customer):
    there = await customer(**HAINA)
    await client.delete(f"/v1/customers/{there['id']}", headers={"If-Match": "*"})
    answer = await client.post("/v1/customers", json=HAINA)
    assert [(hit["id"], hit["status"]) for hit in answer.json()["hits"]] == [(there["id"], "archived")]


async def test_of_a_colleagues_customer_one_hears_only_that_it_exists(service, customer):
    await customer(**HAINA, owner_id=str(uuid4()))
    async with service_client(service, seller(uuid4())) as colleague:
        answer = await colleague.post("/v1/customers", json={**HAINA, "owner_id": None})
        checked = await colleague.post("/v1/duplicates/check", json=HAINA)
    assert (answer.status_code, answer.json()["hits"], answer.json()["exists"]) == (409, [], True)
    assert HAINA["name"] not in answer.text
    assert checked.json() == {"hits": [], "exists": True}


async def test_whoever_fishes_for_customers_out_of_sight_has_to_wait(urls, service, customer, client):
    await customer(**HAINA, owner_id=str(uuid4()))
    fresh = {"name": "永辉超市", "kind": "organisation", "phone": "010-62881234"}
    who = seller(uuid4())
    limited = running(build, Settings, urls, worker=False, settings={"duplicate_disclosures": 2})
    async with limited as other, service_client(other, who) as fisher:
        statuses = [(await fisher.post("/v1/customers", json=HAINA)).status_code for _ in range(3)]
        waiting = await fisher.post("/v1/duplicates/check", json=fresh)
        insisting = await fisher.post("/v1/customers", params={"allow_duplicates": True}, json=fresh)
        async with service_client(other, seller(uuid4())) as colleague:
            elsewhere = await colleague.post("/v1/duplicates/check", json=HAINA)
        async with other.database.begin() as tx:
            await tx.connection.execute(
                "UPDATE duplicate_disclosure SET since = since - $1::interval", timedelta(hours=1)
            )
        later = await fisher.post("/v1/customers", json=HAINA)
    assert statuses == [409, 409, 429]
    assert (waiting.status_code, waiting.json()["code"]) == (429, "too_many_hidden_duplicates")
    assert 3500 < int(waiting.headers["Retry-After"]) <= 3600
    assert (insisting.status_code, elsewhere.json()["exists"], later.status_code) == (201, True, 409)


async def test_customers_of_other_distributors_are_nobodys_business(customer, distributor, partner_of):
    east, west = await distributor("EAST"), await distributor("WEST")
    await customer(**HAINA)
    await customer(**HAINA, distributor_id=east["id"])
    async with partner_of(west["id"]) as key:
        checked = await key.post("/v1/duplicates/check", json=HAINA)
        assert checked.json() == {"hits": [], "exists": False}
        made = await key.post("/v1/customers", json=HAINA)
        again = await key.post("/v1/customers", json=HAINA)
    assert made.status_code == 201
    assert [hit["id"] for hit in again.json()["hits"]] == [made.json()["id"]]


async def test_a_form_hears_also_of_those_for_whom_only_the_name_speaks(client, customer):
    there = await customer(**HAINA)
    answer = await client.post("/v1/duplicates/check", json={"name": "海纳百货", "kind": "organisation"})
    assert answer.status_code == 200
    (hit,) = answer.json()["hits"]
    assert (hit["id"], hit["level"]) == (there["id"], "likely")
    (name, others) = hit["features"]
    assert (name["text_en"], name["text_zh"]) == ("Name: the same", "名称：相同")
    assert others["feature"] == "namesakes"
    assert (await client.get("/v1/customers", params={"count": "exact"})).json()["page"]["total"] == 1


async def test_what_is_hidden_from_a_key_is_not_found_out_by_trying(service, customer, distributor):
    east = await distributor("EAST")
    await customer(**HAINA, distributor_id=east["id"])
    scopes = ("customers:read", "customers:write")
    key = partner(UUID(east["id"]), *scopes)
    blind = replace(key, masked=frozenset({"phone"}))
    guess = {"name": "海纳", "kind": "organisation", "phone": HAINA["phone"]}
    for who, level in ((key, "likely"), (blind, None)):
        async with service_client(service, who) as http:
            hits = (await http.post("/v1/duplicates/check", json=guess)).json()["hits"]
        assert [hit["level"] for hit in hits] == ([level] if level else [])


async def test_the_company_chooses_what_is_shown_of_a_hit(urls, service, customer):
    await customer(**HAINA)
    shown = running(build, Settings, urls, worker=False, settings={"duplicate_fields": "phone"})
    async with shown as other, service_client(other, staff("manager")) as http:
        (hit,) = (await http.post("/v1/customers", json=HAINA)).json()["hits"]
    assert hit.keys() == {"id", "status", "phone", "score", "level", "features"}
