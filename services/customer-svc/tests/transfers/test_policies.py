"""What becomes of customers that are there: left as they are, changed with their history, or made anew."""

import pytest

from .conftest import counts

HEAD = "code,name,kind,phone,tags,channel,external_id,attributes.level\n"


async def _history(client, customer_id):
    page = (await client.get(f"/v1/customers/{customer_id}/history")).json()["data"]
    return {(one["field"], one["version"]): (one["old"], one["new"]) for one in page}


async def test_a_known_customer_gets_the_fields_that_are_given_with_their_history(
    client, imported, customer, told
):
    one = await customer(code="C-1", name="旧名", phone="13800138000", tags=["a"], attributes={"x": 1})
    two = await customer(name="海纳", kind="organisation")
    body = {"channel": "wechat", "external_id": "w-2"}
    await client.post(f"/v1/customers/{two['id']}/identities", json=body)
    before = len(await told())
    text = (
        HEAD
        + "C-1,新名,organisation,,b;c,,,A\n,海纳,organisation,13900139000,,wechat,w-2,\nC-3,丙,person,,,,,\n"
    )
    foreseen = await imported(text, entity="customers", policy="update", dry_run=True)
    assert (counts(foreseen), foreseen["changed"]) == ((3, 1, 0, 0, 0), 2)
    assert (await client.get(f"/v1/customers/{one['id']}")).json() == one
    done = await imported(text, entity="customers", policy="update")
    assert (counts(done), done["changed"], done["policy"]) == ((3, 1, 0, 0, 0), 2, "update")
    now = (await client.get(f"/v1/customers/{one['id']}")).json()
    assert (now["name"], now["phone"], now["tags"]) == ("新名", "+8613800138000", ["b", "c"])
    assert (now["attributes"], now["version"]) == ({"x": 1, "level": "A"}, 2)
    assert await _history(client, one["id"]) == {
        ("name", 2): ("旧名", "新名"),
        ("tags", 2): (["a"], ["b", "c"]),
        ("attributes", 2): ({"x": 1}, {"x": 1, "level": "A"}),
    }
    assert (await client.get("/v1/customers", params={"q": "新名"})).json()["data"][0]["id"] == one["id"]
    assert (await client.get(f"/v1/customers/{two['id']}")).json()["phone"] == "+8613900139000"
    events = (await told())[before:]
    told_of = [{row["customer_id"]: row["version"] for row in event["data"]["customers"]} for event in events]
    assert {one["id"]: 2} in told_of
    assert {two["id"]: 2} in told_of
    again = await imported(text, entity="customers", policy="update")
    assert (counts(again), again["changed"]) == ((3, 0, 3, 0, 0), 0)
    assert len(await told()) == before + len(events)


async def test_of_two_rows_of_one_customer_the_later_is_built_on_the_earlier(client, imported):
    rows = ["C-1,甲,person,,,,,1", "C-1,乙,person,,,,,2", "C-1,丙,person,13800138000,,,,"]
    rows[1:1] = [f"X-{n},客户,person,,,,," for n in range(1500)]
    text = HEAD + "".join(f"{row}\n" for row in rows)
    foreseen = await imported(text, entity="customers", policy="update", dry_run=True)
    done = await imported(text, entity="customers", policy="update")
    assert (counts(foreseen), foreseen["changed"]) == (counts(done), done["changed"])
    assert (done["created"], done["changed"]) == (1501, 2)
    one = (await client.get("/v1/customers", params={"code": "C-1"})).json()["data"][0]
    assert (one["name"], one["attributes"], one["version"]) == ("丙", {"level": "2"}, 3)


async def test_a_code_that_is_another_ones_an_owner_and_an_archived_customer_stay(
    client, imported, customer, faults
):
    await customer(code="C-1")
    two = await customer(name="乙", kind="person")
    await client.post(
        f"/v1/customers/{two['id']}/identities", json={"channel": "wechat", "external_id": "w-2"}
    )
    gone = await customer(code="C-3", name="丙", kind="person")
    await client.delete(f"/v1/customers/{gone['id']}", headers={"If-Match": '"v1"'})
    owner = "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e"
    text = "code,name,kind,channel,external_id,owner_id\n"
    text += f"C-1,乙,person,wechat,w-2,\nC-3,新,person,,,\nC-1,新,organisation,,,{owner}\n"
    done = await imported(text, entity="customers", policy="update")
    assert (counts(done), done["changed"]) == ((3, 0, 0, 3, 0), 0)
    assert [f["code"] for f in await faults(done)] == ["code_taken", "customer_archived", "owner_differs"]
    assert (await client.get(f"/v1/customers/{two['id']}")).json() == two


async def test_another_distributors_customer_is_not_changed(client, imported, customer, distributor):
    home = await distributor("D-1")
    one = await customer(code="C-1", distributor_id=home["id"])
    done = await imported("code,name,kind\nC-1,新,person\n", entity="customers", policy="update")
    assert done["created"] == 1
    assert (await client.get(f"/v1/customers/{one['id']}")).json() == one


async def test_rows_without_a_key_are_made_anew_if_that_is_wanted(client, imported):
    text = "name,kind,code\n甲,person,\n甲,person,\n乙,person,C-1\n"
    assert counts(await imported(text, entity="customers", policy="new")) == (3, 3, 0, 0, 0)
    assert counts(await imported(text, entity="customers", policy="new")) == (3, 2, 1, 0, 0)
    assert len((await client.get("/v1/customers")).json()["data"]) == 5


@pytest.mark.parametrize("entity", ["orders", "contacts", "distributors"])
async def test_policies_are_for_customers(client, entity):
    answer = await client.post(
        "/v1/imports", data={"entity": entity, "policy": "update"}, files={"file": ("f", b"x")}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "policy_of_customers"
