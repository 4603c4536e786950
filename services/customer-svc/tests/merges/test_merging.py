"""Two customers become one, and two again."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from customer_svc.customers.renewal import Renewal, renew_many
from customer_svc.customers.schemas import CustomerCreate
from shared.db import Scope
from shared.testing import service_client, staff
from shared.testing.clients import partner

CARD = {
    "name": "上海海纳百货有限公司",
    "phone": "+862162881234",
    "tags": ["重点"],
    "attributes": {"门店": 12},
}
OTHER = {
    "name": "海纳百货",
    "phone": "+8613800138000",
    "email": "buying@haina.example",
    "code": "HN-1",
    "tags": ["重点", "华东"],
    "attributes": {"门店": 9, "网店": True},
}


async def merged(client, kept, absorbed, **more):
    answer = await client.post(
        f"/v1/customers/{kept['id']}/merge", json={"absorbed_id": absorbed["id"], **more}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(client, one, **parameters):
    answer = await client.get(f"/v1/customers/{one['id']}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def shown(row):
    """A customer without what counts its versions."""
    return {name: value for name, value in row.items() if name not in ("version", "updated_at")}


async def test_the_kept_customer_keeps_its_values_and_gains_those_it_lacked(client, customer):
    kept, absorbed = await customer(**CARD), await customer(**OTHER)
    preview = await client.post(
        f"/v1/customers/{kept['id']}/merge/preview", json={"absorbed_id": absorbed["id"]}
    )
    assert preview.status_code == 200, preview.text
    expected = {
        "name": "kept",
        "phone": "kept",
        "email": "absorbed",
        "code": "absorbed",
        "attributes.门店": "kept",
        "attributes.网店": "absorbed",
        "tags": "both",
    }
    assert {one["field"]: one["source"] for one in preview.json()["fields"]} == expected
    assert (await read(client, kept)) == kept
    merge = await merged(client, kept, absorbed)
    after = await read(client, kept)
    results = {one["field"]: one["result"] for one in preview.json()["fields"]}
    assert after["email"] == results["email"] == OTHER["email"]
    assert after["code"] == "HN-1"
    assert after["phone"] == CARD["phone"]
    assert after["tags"] == ["重点", "华东"]
    assert after["attributes"] == {"门店": 12, "网店": True}
    assert {one["field"] for one in merge["fields"]} == {"email", "code", "tags", "attributes.网店"}


async def test_a_choice_lets_the_other_value_survive(client, customer):
    kept, absorbed = await customer(**CARD), await customer(**OTHER)
    await merged(client, kept, absorbed, fields={"phone": "absorbed", "attributes.门店": "absorbed"})
    after = await read(client, kept)
    assert after["phone"] == OTHER["phone"]
    assert after["attributes"]["门店"] == 9
    assert after["name"] == CARD["name"]


@pytest.mark.parametrize("field", ["tags", "org_unit_id", "id", "attributes.网", "nothing", "a/b"])
async def test_a_choice_of_no_field_is_pointed_at(client, customer, field):
    kept, absorbed = await customer(**CARD), await customer(**OTHER)
    answer = await client.post(
        f"/v1/customers/{kept['id']}/merge",
        json={"absorbed_id": absorbed["id"], "fields": {field: "absorbed"}},
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/fields/" + field.replace("/", "~1")


async def test_what_belongs_to_the_absorbed_customer_goes_along(client, customer):
    kept, absorbed = await customer(**CARD), await customer(**OTHER)
    path = f"/v1/customers/{absorbed['id']}"
    await client.post(f"{path}/contacts", json={"name": "陈敏", "is_primary": True})
    await client.post(f"/v1/customers/{kept['id']}/contacts", json={"name": "王强", "is_primary": True})
    await client.post(f"{path}/identities", json={"channel": "wechat", "external_id": "oX-1"})
    await client.post("/v1/orders", json=order("S-1", customer_id=absorbed["id"]))
    merge = await merged(client, kept, absorbed)
    assert merge["moved"] == {"contacts": 1, "identities": 1, "orders": 1, "contracts": 0}
    contacts = (await client.get(f"/v1/customers/{kept['id']}/contacts")).json()["data"]
    assert {one["name"]: one["is_primary"] for one in contacts} == {"陈敏": False, "王强": True}
    known = await client.get("/v1/customers/by-identity/wechat/oX-1")
    assert (known.json()["id"], known.headers["tonglu-merged-from"]) == (kept["id"], absorbed["id"])
    summary = (await client.get(f"/v1/customers/{kept['id']}/orders/summary")).json()
    assert summary["sale_count"] == 1


def order(number, **more):
    return {
        "order_no": number,
        "ordered_at": "2026-03-01T10:00:00Z",
        "amount": {"amount_minor": 1000, "currency": "CNY"},
        "channel": "online_shop",
        "kind": "sale",
        **more,
    }


async def test_the_old_id_leads_to_the_customer_that_it_is_now(client, customer):
    kept, absorbed = await customer(**CARD), await customer(**OTHER)
    person = (await client.post(f"/v1/customers/{absorbed['id']}/contacts", json={"name": "陈敏"})).json()
    await merged(client, kept, absorbed)
    old, new = f"/v1/customers/{absorbed['id']}", f"/v1/customers/{kept['id']}"
    requests = [
        ("GET", ""),
        ("GET", "?archived=true"),
        ("GET", "/orders"),
        ("GET", "/orders/summary"),
        ("GET", "/contacts?limit=5"),
        ("GET", "/identities"),
        ("GET", "/history"),
        ("GET", f"/contacts/{person['id']}"),
        ("POST", "/restore"),
        ("DELETE", f"/contacts/{person['id']}"),
        ("DELETE", f"/identities/{uuid4()}"),
    ]
    for method, rest in requests:
        answer = await client.request(method, old + rest)
        assert answer.status_code == 308, (method, rest, answer.text)
        assert answer.headers["location"] == new + rest
        assert answer.json()["merged_into"] == kept["id"]
        assert answer.json()["code"] == "customer_merged"
    patch = await client.patch(old, json={"phone": None}, headers={"If-Match": '"v1"'})
    assert patch.status_code == 308
    followed = await client.get(old, follow_redirects=True)
    assert followed.json()["id"] == kept["id"]


async def test_lists_and_searches_show_the_one_customer_and_the_merged_only_when_asked(client, customer):
    kept, absorbed = await customer(**CARD), await customer(**OTHER)
    await merged(client, kept, absorbed)
    assert [one["id"] for one in (await client.get("/v1/customers")).json()["data"]] == [kept["id"]]
    found = (await client.get("/v1/customers/search", params={"q": "海纳"})).json()["data"]
    assert [one["id"] for one in found] == [kept["id"]]
    gone = (await client.get("/v1/customers", params={"status": "merged"})).json()["data"]
    assert [(one["id"], one["merged_into"]) for one in gone] == [(absorbed["id"], kept["id"])]


async def test_an_order_for_the_old_id_or_code_is_the_kept_customers(client, customer, told):
    kept, absorbed = (
        await customer(**CARD),
        await customer(**{**OTHER, "code": None, "tax_number": "GB123456789"}),
    )
    coded = await customer(name="海纳", code="HN-9")
    await merged(client, kept, absorbed)
    await merged(client, kept, coded, fields={"code": "kept"})
    first = await client.post("/v1/orders", json=order("S-1", customer_id=absorbed["id"]))
    again = await client.post("/v1/orders", json=order("S-1", customer_id=absorbed["id"]))
    second = await client.post("/v1/orders", json=order("S-2", customer_code="HN-9"))
    assert (first.status_code, again.status_code, second.status_code) == (201, 200, 201)
    assert first.json()["customer_id"] == second.json()["customer_id"] == kept["id"]
    for asked in (kept, absorbed, coded):
        listed = (await client.get("/v1/orders", params={"customer_id": asked["id"]})).json()["data"]
        assert {one["order_no"] for one in listed} == {"S-1", "S-2"}
    recorded = [
        event["data"]["customer_id"] for event in await told() if event["type"] == "order.recorded.v1"
    ]
    assert recorded == [absorbed["id"], coded["id"]]


async def test_undoing_gives_back_what_was(client, customer):
    kept, absorbed = await customer(**CARD), await customer(**OTHER)
    await client.post(f"/v1/customers/{absorbed['id']}/contacts", json={"name": "陈敏", "is_primary": True})
    await client.post(f"/v1/customers/{kept['id']}/contacts", json={"name": "王强", "is_primary": True})
    await client.post("/v1/orders", json=order("S-1", customer_id=absorbed["id"]))
    merge = await merged(client, kept, absorbed)
    undone = await client.post(f"/v1/merges/{merge['id']}/undo")
    assert undone.status_code == 200, undone.text
    assert undone.json()["status"] == "undone"
    assert shown(await read(client, kept)) == shown(kept)
    assert shown(await read(client, absorbed)) == shown(absorbed)
    for one, name in ((kept, "王强"), (absorbed, "陈敏")):
        (person,) = (await client.get(f"/v1/customers/{one['id']}/contacts")).json()["data"]
        assert (person["name"], person["is_primary"]) == (name, True)
    summary = (await client.get(f"/v1/customers/{absorbed['id']}/orders/summary")).json()
    assert summary["sale_count"] == 1
    again = await client.post(f"/v1/merges/{merge['id']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "merge_undone")


async def test_undoing_leaves_what_was_changed_since_and_sends_what_came_for_the_other_home(client, customer):
    kept, absorbed = await customer(**CARD), await customer(**OTHER)
    await client.post(
        f"/v1/customers/{absorbed['id']}/identities", json={"channel": "wechat", "external_id": "oX-1"}
    )
    merge = await merged(client, kept, absorbed)
    known_as = {"channel": "wechat", "external_id": "oX-1"}
    await client.post("/v1/orders", json=order("S-1", identity=known_as))
    await client.post("/v1/orders", json=order("S-2", customer_id=kept["id"]))
    etag = (await client.get(f"/v1/customers/{kept['id']}")).headers["etag"]
    changed = {"email": "new@haina.example", "tags": ["重点", "华东", "老客户"]}
    await client.patch(f"/v1/customers/{kept['id']}", json=changed, headers={"If-Match": etag})
    await client.post(f"/v1/merges/{merge['id']}/undo")
    after = await read(client, kept)
    assert after["email"] == "new@haina.example"
    assert after["tags"] == ["重点", "老客户"]
    assert after["code"] is None
    assert (await read(client, absorbed))["code"] == "HN-1"
    for one, number in ((absorbed, "S-1"), (kept, "S-2")):
        orders = (await client.get(f"/v1/customers/{one['id']}/orders")).json()["data"]
        assert [each["order_no"] for each in orders] == [number]


async def test_an_undo_waits_for_that_of_the_merge_built_upon_it(client, customer):
    first, second, third = await customer(name="甲"), await customer(name="乙"), await customer(name="丙")
    one = await merged(client, second, first)
    two = await merged(client, third, second)
    assert (await client.get(f"/v1/customers/{first['id']}")).json()["merged_into"] == third["id"]
    refused = await client.post(f"/v1/merges/{one['id']}/undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "merged_again")
    assert refused.json()["merge_id"] == two["id"]
    await client.post(f"/v1/merges/{two['id']}/undo")
    assert (await client.get(f"/v1/customers/{first['id']}")).json()["merged_into"] == second["id"]
    assert (await client.post(f"/v1/merges/{one['id']}/undo")).status_code == 200


async def test_a_merged_customer_is_not_merged_again(client, customer):
    first, second, third = await customer(name="甲"), await customer(name="乙"), await customer(name="丙")
    await merged(client, second, first)
    absorbed = await client.post(f"/v1/customers/{third['id']}/merge", json={"absorbed_id": first["id"]})
    assert (absorbed.status_code, absorbed.json()["code"]) == (409, "merged_already")
    into = await client.post(f"/v1/customers/{first['id']}/merge", json={"absorbed_id": third["id"]})
    assert into.status_code == 308
    assert into.headers["location"] == f"/v1/customers/{second['id']}/merge"
    itself = await client.post(f"/v1/customers/{third['id']}/merge", json={"absorbed_id": third["id"]})
    assert (itself.status_code, itself.json()["code"]) == (422, "same_customer")


async def test_contradicting_proofs_need_a_persons_word(client, customer, service, distributor):
    home = (await distributor("D-1"))["id"]
    kept = await customer(name="甲", tax_number="GB123456789", distributor_id=home)
    absorbed = await customer(name="乙", tax_number="GB987654321", distributor_id=home)
    body = {"absorbed_id": absorbed["id"]}
    path = f"/v1/customers/{kept['id']}/merge"
    preview = await client.post(f"{path}/preview", json=body)
    assert preview.json()["contradictions"] == ["tax_number"]
    refused = await client.post(path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "strong_ids_differ")
    assert refused.json()["kinds"] == ["tax_number"]
    key = partner(UUID(home), "customers:read", "customers:merge")
    async with service_client(service, key) as other:
        alone = await other.post(path, json={**body, "confirm_strong_ids": True})
    assert (alone.status_code, alone.json()["code"]) == (403, "person_needed")
    assert (await client.post(path, json={**body, "confirm_strong_ids": True})).status_code == 201


async def test_customers_of_different_distributors_are_not_merged(client, customer, distributor):
    kept = await customer(name="甲", distributor_id=(await distributor("D-1"))["id"])
    absorbed = await customer(name="乙")
    refused = await client.post(f"/v1/customers/{kept['id']}/merge", json={"absorbed_id": absorbed["id"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "distributors_differ")


async def test_a_merge_guards_against_changes_since_its_preview(client, customer):
    kept, absorbed = await customer(**CARD), await customer(**OTHER)
    path, body = f"/v1/customers/{kept['id']}/merge", {"absorbed_id": absorbed["id"]}
    stale = await client.post(path, json=body, headers={"If-Match": '"v7"'})
    other = await client.post(path, json={**body, "absorbed_version": 7})
    assert (stale.status_code, other.status_code) == (412, 412)


async def test_an_undo_says_what_somebody_else_has_by_now(client, customer):
    kept, absorbed = await customer(**CARD), await customer(**OTHER)
    merge = await merged(client, kept, absorbed)
    etag = (await client.get(f"/v1/customers/{kept['id']}")).headers["etag"]
    await client.patch(f"/v1/customers/{kept['id']}", json={"code": None}, headers={"If-Match": etag})
    await customer(name="别人", code="HN-1")
    refused = await client.post(f"/v1/merges/{merge['id']}/undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "code_taken")
    assert (await client.get(f"/v1/customers/{absorbed['id']}")).status_code == 308


async def test_an_import_of_a_merged_customers_code_changes_nobody(client, customer, service):
    kept, absorbed = await customer(**CARD), await customer(**OTHER)
    await merged(client, kept, absorbed, fields={"code": "kept"})
    renewal = Renewal(UUID(absorbed["id"]), CustomerCreate(name="新名", kind="organisation"))
    async with service.database.begin() as tx:
        (outcome,) = await renew_many(tx, [renewal], by=uuid4())
    assert (outcome.status, outcome.problem.code) == ("duplicate", "customer_merged")
    assert (await read(client, kept))["name"] == CARD["name"]


async def test_the_merged_customers_names_stay_its_own(client, customer):
    kept, absorbed = await customer(**{**CARD, "code": "HN-0"}), await customer(**OTHER)
    await merged(client, kept, absorbed)
    taken = await client.post("/v1/customers", json={"name": "丙", "kind": "organisation", "code": "HN-1"})
    assert (taken.status_code, taken.json()["code"]) == (409, "code_taken")


def seeing_own(person):
    return replace(person, scope=Scope(holders=frozenset({person.id})))


async def test_who_sees_the_kept_customer_sees_the_merge_and_nobody_else(client, customer, service):
    mine, theirs = (seeing_own(staff("sales")) for _ in range(2))
    kept = await customer(name="甲", owner_id=str(mine.id))
    absorbed = await customer(name="乙", owner_id=str(theirs.id))
    merge = await merged(client, kept, absorbed)
    async with service_client(service, mine) as one, service_client(service, theirs) as other:
        assert (await one.get(f"/v1/customers/{absorbed['id']}")).status_code == 308
        assert (await one.get(f"/v1/merges/{merge['id']}")).status_code == 200
        assert (await other.get(f"/v1/customers/{absorbed['id']}")).status_code == 404
        assert (await other.get(f"/v1/merges/{merge['id']}")).status_code == 404
        assert (await other.get("/v1/merges")).json()["data"] == []
        await client.post(f"/v1/customers/{kept['id']}/assign", json={"owner_id": str(theirs.id)})
        assert (await other.get(f"/v1/customers/{absorbed['id']}")).status_code == 308
        assert (await one.get(f"/v1/customers/{absorbed['id']}")).status_code == 404
        await client.post(f"/v1/merges/{merge['id']}/undo")
        assert (await other.get(f"/v1/customers/{absorbed['id']}")).json()["owner_id"] == str(theirs.id)
        assert (await one.get(f"/v1/customers/{absorbed['id']}")).status_code == 404


async def test_others_are_told_of_the_merge_and_of_its_end(client, customer, told):
    kept, absorbed = await customer(**CARD), await customer(**OTHER)
    merge = await merged(client, kept, absorbed)
    await client.post(f"/v1/merges/{merge['id']}/undo")
    events = [
        (event["type"], event["subject"], event["aggregateversion"])
        for event in await told()
        if event["type"].startswith("customer.") and "registered" not in event["type"]
    ]
    assert events == [
        ("customer.merged.v1", absorbed["id"], 2),
        ("customer.updated.v1", kept["id"], 2),
        ("customer.updated.v1", kept["id"], 3),
        ("customer.unmerged.v1", absorbed["id"], 3),
    ]
