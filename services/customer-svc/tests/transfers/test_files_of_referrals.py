"""Files that say who referred a customer, and what orders consist of."""

import json
from uuid import uuid4

from .conftest import counts
from .test_undo import undone

HEAD = "code,name,kind,referred_by\n"


async def read(client, code):
    (found,) = (await client.get("/v1/customers", params={"code": code})).json()["data"]
    return found


async def test_a_file_says_who_referred_a_customer(client, imported, customer, told):
    one = await customer()
    before = len(await told())
    done = await imported(f"{HEAD}C-1,甲,person,{one['id']}\nC-2,乙,person,\n", entity="customers")
    assert counts(done) == (2, 2, 0, 0, 0)
    assert [(await read(client, code))["referred_by"] for code in ("C-1", "C-2")] == [one["id"], None]
    (event,) = (await told())[before:]
    assert {row["referred_by"] for row in event["data"]["customers"]} == {one["id"], None}


async def test_a_referrer_that_nobody_knows_is_the_fault_of_its_row_alone(imported, faults):
    done = await imported(f"{HEAD}C-1,甲,person,{uuid4()}\nC-2,乙,person,\n", entity="customers")
    assert counts(done) == (2, 1, 0, 0, 1)
    (fault,) = await faults(done)
    assert (fault["line"], fault["field"], fault["code"]) == (2, "referred_by", "customer_unknown")


async def test_a_known_customer_gets_another_referrer_and_the_former_one_back_when_that_is_undone(
    client, imported, customer
):
    first, second = await customer(), await customer()
    one = await customer(code="C-1", name="甲", kind="person", referred_by=first["id"])
    done = await imported(f"{HEAD}C-1,甲,person,{second['id']}\n", entity="customers", policy="update")
    assert (counts(done), done["changed"]) == ((1, 0, 0, 0, 0), 1)
    assert (await read(client, "C-1"))["referred_by"] == second["id"]
    again = await imported(f"{HEAD}C-1,甲,person,{second['id']}\n", entity="customers", policy="update")
    assert counts(again) == (1, 0, 1, 0, 0)
    itself = await imported(f"{HEAD}C-1,甲,person,{one['id']}\n", entity="customers", policy="update")
    assert itself["duplicate"] + itself["failed"] == 1
    await undone(client, done["id"])
    assert (await read(client, "C-1"))["referred_by"] == first["id"]


async def test_orders_of_a_file_are_told_with_their_products(imported, customer, told):
    await customer(code="C-1")
    lines = json.dumps([{"sku": "T", "category": "tea", "quantity": 3}, {"name": "a cup"}]).replace('"', '""')
    text = (
        "order_no,channel,ordered_at,amount_minor,customer_code,sku,category,quantity,lines\n"
        f'S-1,shop,2026-03-01T10:00:00Z,100,C-1,,,,"{lines}"\n'
        "S-2,shop,2026-03-02T10:00:00Z,100,C-1,CUP,cups,2,\n"
        "S-3,shop,2026-03-03T10:00:00Z,100,C-1,,,,\n"
    )
    done = await imported(text, entity="orders")
    assert counts(done) == (3, 3, 0, 0, 0)
    event = (await told())[-1]
    found = [[(line["sku"], line["quantity"]) for line in one["lines"]] for one in event["data"]["orders"]]
    assert found == [[("T", 3.0), (None, 1.0)], [("CUP", 2.0)], []]
