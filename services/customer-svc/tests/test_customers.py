"""A customer's life: registered, changed, assigned, archived, restored."""

from uuid import uuid4


async def test_a_registered_customer_can_be_read_by_its_location(client):
    made = await client.post(
        "/v1/customers",
        json={
            "code": "C-1",
            "name": "上海海纳百货有限公司",
            "kind": "organisation",
            "phone": "021-6288 1234",
            "email": "Li.Lei@Example.COM",
            "birthday": {"month": 8, "day": 15, "calendar": "lunar"},
            "tags": ["重点", "重点", "华东"],
            "attributes": {"门店数": 12},
            "website": "www.example.com",
        },
    )
    assert made.status_code == 201
    read = await client.get(made.headers["location"])
    assert read.json() == made.json()
    assert read.headers["etag"] == made.headers["etag"] == '"v1"'
    assert made.json()["phone"] == "+862162881234"
    assert made.json()["email"] == "Li.Lei@example.com"
    assert made.json()["tags"] == ["重点", "华东"]
    assert made.json()["birthday"] == {
        "calendar": "lunar",
        "month": 8,
        "day": 15,
        "leap": False,
        "year": None,
    }


async def test_registering_tells_the_other_services_without_personal_data(client, customer, told):
    one = await customer(name="王小明", kind="person", phone="13800138000", channel="wechat")
    (event,) = await told()
    assert event["type"] == "customer.registered.v1"
    assert event["subject"] == one["id"]
    reference = {"owner_id": None, "org_unit_id": None, "status": "active", "channel": "wechat"}
    unknown = dict.fromkeys(("industry", "region", "size", "referred_by"))
    assert event["data"] == {**reference, "kind": "person", **unknown}


async def test_a_code_is_used_once(client, customer):
    await customer(code="C-1")
    again = await client.post("/v1/customers", json={"code": "C-1", "name": "别人", "kind": "person"})
    assert again.status_code == 409
    assert again.json()["code"] == "code_taken"


async def test_the_same_key_answers_the_same_customer_again(client):
    body = {"name": "海纳", "kind": "organisation"}
    first = await client.post("/v1/customers", json=body, headers={"Idempotency-Key": "once-1"})
    again = await client.post("/v1/customers", json=body, headers={"Idempotency-Key": "once-1"})
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = await client.post(
        "/v1/customers", json={**body, "name": "别的"}, headers={"Idempotency-Key": "once-1"}
    )
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"
    assert len((await client.get("/v1/customers")).json()["data"]) == 1


async def test_a_change_is_written_with_its_history(client, customer, told):
    one = await customer(phone="13800138000", tags=["a"])
    url = f"/v1/customers/{one['id']}"
    changed = await client.patch(
        url, json={"name": "新名", "phone": None, "tags": ["a"]}, headers={"If-Match": '"v1"'}
    )
    assert changed.status_code == 200
    assert changed.headers["etag"] == '"v2"'
    assert changed.json() | {"name": "新名", "phone": None, "version": 2} == changed.json()
    history = (await client.get(f"{url}/history")).json()["data"]
    assert {(c["field"], c["old"], c["new"], c["version"]) for c in history} == {
        ("name", "海纳百货", "新名", 2),
        ("phone", "+8613800138000", None, 2),
    }
    assert [event["type"] for event in await told()] == ["customer.registered.v1", "customer.updated.v1"]
    assert (await client.get("/v1/customers", params={"q": "新名"})).json()["data"][0]["id"] == one["id"]


async def test_a_change_without_a_difference_makes_no_version(client, customer):
    one = await customer(birthday={"month": 2, "day": 29})
    url = f"/v1/customers/{one['id']}"
    same = await client.patch(
        url, json={"name": one["name"], "birthday": {"month": 2, "day": 29}}, headers={"If-Match": '"v1"'}
    )
    assert same.headers["etag"] == '"v1"'
    assert (await client.get(f"{url}/history")).json()["data"] == []


async def test_a_stale_change_is_refused_and_a_blind_one_too(client, customer):
    one = await customer()
    url = f"/v1/customers/{one['id']}"
    assert (await client.patch(url, json={"name": "甲"}, headers={"If-Match": '"v1"'})).status_code == 200
    assert (await client.patch(url, json={"name": "乙"}, headers={"If-Match": '"v1"'})).status_code == 412
    assert (await client.patch(url, json={"name": "乙"})).status_code == 428
    assert (await client.delete(url, headers={"If-Match": '"v1"'})).status_code == 412
    assert (await client.delete(url)).status_code == 428
    assert (await client.patch(url, json={"name": "乙"}, headers={"If-Match": "2"})).status_code == 400


async def test_an_owner_is_assigned_and_told(client, customer, told):
    one = await customer()
    owner = str(uuid4())
    answer = await client.post(f"/v1/customers/{one['id']}/assign", json={"owner_id": owner})
    assert answer.status_code == 200
    assert answer.json()["owner_id"] == owner
    event = (await told())[-1]
    assert event["type"] == "customer.assigned.v1"
    assert event["data"]["owner_id"] == owner
    assert event["aggregateversion"] == 2
    mine = await client.get("/v1/customers", params={"owner_id": owner})
    assert [c["id"] for c in mine.json()["data"]] == [one["id"]]


async def test_an_archived_customer_is_gone_until_it_is_restored(client, customer, told):
    one = await customer()
    url = f"/v1/customers/{one['id']}"
    gone = await client.delete(url, headers={"If-Match": '"v1"'})
    assert gone.status_code == 204
    assert gone.content == b""
    assert (await client.get(url)).status_code == 404
    assert (await client.get("/v1/customers")).json()["data"] == []
    assert (await client.get(url, params={"archived": "true"})).json()["status"] == "archived"
    archived = await client.get("/v1/customers", params={"status": "archived"})
    assert [c["id"] for c in archived.json()["data"]] == [one["id"]]
    assert (await told())[-1]["data"]["status"] == "archived"
    assert (await client.post(f"{url}/restore")).json()["status"] == "active"
    assert (await client.get(url)).headers["etag"] == '"v3"'


async def test_a_batch_answers_each_item_by_itself(client, customer, told):
    await customer(code="C-1", name="甲")
    batch = await client.post(
        "/v1/customers/batch",
        json={
            "items": [
                {"name": "乙", "kind": "person", "code": "C-2", "tags": ['引"号', "逗,号", "反\\斜"]},
                {"name": "甲", "kind": "organisation", "code": "C-1"},
                {"name": "丙", "kind": "organisation", "code": "C-1"},
                {"name": "丁", "kind": "person", "phone": "123"},
                {"name": "戊", "kind": "person", "distributor_id": str(uuid4())},
                {"name": "己", "kind": "person", "code": "C-2"},
            ]
        },
    )
    assert batch.status_code == 207
    results = batch.json()["results"]
    assert [r["status"] for r in results] == [201, 200, 409, 422, 422, 409]
    assert results[3]["problem"]["errors"][0]["pointer"] == "/phone"
    assert results[4]["problem"]["errors"][0]["pointer"] == "/distributor_id"
    stored = (await client.get(f"/v1/customers/{results[0]['id']}")).json()
    assert stored["tags"] == ['引"号', "逗,号", "反\\斜"]
    event = (await told())[-1]
    assert event["type"] == "customers.imported.v1"
    assert [row["customer_id"] for row in event["data"]["customers"]] == [results[0]["id"]]
