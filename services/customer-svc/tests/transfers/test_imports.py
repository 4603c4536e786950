"""Files of customers and orders come in through the API, once, row by row."""

import asyncio
import json
from uuid import UUID, uuid4

import pytest

from customer_svc.staff.commands import keep
from customer_svc.staff.domain import StaffMember
from shared.testing import partner, staff

from .conftest import counts, ended, sent

CUSTOMERS = """\
code,name,kind,phone,email,tags,channel,external_id,attributes.门店数,contact_name,contact_phone
C-1,上海海纳百货有限公司,organisation,021-62881234,,重点;华东,wechat,w-1,12,韩梅梅,13900139000
C-2,"Harbour ""Lights""
Ltd",organisation,+44 20 7946 0018,buying@harbourlights.example,wholesale|uk,,,,,
,王小明,person,138 0013 8000,,,online_shop,u-7,,,
,无号先生,person,,,,,,,,
"""
ORDERS = """\
order_no,channel,ordered_at,amount,currency,kind,external_id,customer_code,return_of,sku,name,quantity
S-1,wechat,2026-03-01 17:30:00,129.00,CNY,sale,w-1,,,TEA,龙井,2
S-2,store,2026-03-02T08:00:00+01:00,5000,JPY,,,C-2,,,,
S-3,wechat,2026-03-05 09:00,29,CNY,return,w-1,,S-1,,,
S-4,online_shop,2026-03-06,0.5,,,u-7,,,,,
"""


async def test_customers_come_in_with_identities_contacts_tags_and_own_fields(client, imported, told):
    done = await imported(CUSTOMERS, entity="customers")
    assert counts(done) == (4, 4, 0, 0, 0)
    assert done["status"] == "succeeded"
    assert done["total"] == 4
    first = (await client.get("/v1/customers/by-identity/wechat/w-1")).json()
    assert first["phone"] == "+862162881234"
    assert first["tags"] == ["重点", "华东"]
    assert first["attributes"] == {"门店数": "12"}
    people = (await client.get(f"/v1/customers/{first['id']}/contacts")).json()["data"]
    assert [(person["name"], person["phone"]) for person in people] == [("韩梅梅", "+8613900139000")]
    second = (await client.get("/v1/customers", params={"code": "C-2"})).json()["data"][0]
    assert second["name"].startswith('Harbour "Lights"')
    events = await told()
    assert [event["type"] for event in events] == ["customers.imported.v1"]
    assert events[0]["subject"] == done["id"]
    assert len(events[0]["data"]["customers"]) == 4


async def test_orders_come_in_with_times_amounts_lines_and_returns(client, imported, told):
    await imported(CUSTOMERS, entity="customers")
    done = await imported(ORDERS, entity="orders")
    assert counts(done) == (4, 4, 0, 0, 0)
    found = {o["order_no"]: o for o in (await client.get("/v1/orders")).json()["data"]}
    assert found["S-1"]["ordered_at"] == "2026-03-01T09:30:00Z"
    assert found["S-1"]["amount"] == {"amount_minor": 12900, "currency": "CNY"}
    assert found["S-2"]["amount"] == {"amount_minor": 5000, "currency": "JPY"}
    assert found["S-2"]["ordered_at"] == "2026-03-02T07:00:00Z"
    assert (found["S-3"]["kind"], found["S-3"]["return_of"]) == ("return", "S-1")
    assert found["S-4"]["amount"]["amount_minor"] == 50
    lines = (await client.get(f"/v1/orders/{found['S-1']['id']}")).json()["lines"]
    assert [(line["sku"], line["name"], line["quantity"]) for line in lines] == [("TEA", "龙井", 2)]
    assert [event["type"] for event in await told()] == ["customers.imported.v1", "orders.imported.v1"]


async def test_times_without_an_offset_are_of_the_zone_that_is_named(client, imported, customer):
    await customer(code="C-1")
    text = "order_no,channel,ordered_at,amount_minor,customer_code\nA,store,2026-07-01 12:00:00,5,C-1\n"
    await imported(text, entity="orders", timezone="Europe/London")
    assert (await client.get("/v1/orders")).json()["data"][0]["ordered_at"] == "2026-07-01T11:00:00Z"


async def test_the_same_files_sent_twice_add_nothing_and_say_so(client, imported, told):
    await imported(CUSTOMERS, entity="customers")
    await imported(ORDERS, entity="orders")
    before = await told()
    assert counts(await imported(CUSTOMERS, entity="customers")) == (4, 0, 4, 0, 0)
    assert counts(await imported(ORDERS, entity="orders")) == (4, 0, 4, 0, 0)
    assert await told() == before
    assert len((await client.get("/v1/customers")).json()["data"]) == 4


async def test_the_same_key_with_other_content_changes_nothing_and_is_named(imported, faults, client):
    await imported(CUSTOMERS, entity="customers")
    await imported(ORDERS, entity="orders")
    other = CUSTOMERS.replace("海纳百货有限公司", "另一家").replace("王小明", "王大明")
    done = await imported(other, entity="customers")
    assert counts(done) == (4, 0, 2, 2, 0)
    assert [(f["line"], f["field"], f["code"], f["kind"]) for f in await faults(done)] == [
        (2, "external_id", "identity_taken", "text"),
        (5, "external_id", "identity_taken", "text"),
    ]
    done = await imported(ORDERS.replace("129.00", "129.01"), entity="orders")
    assert counts(done) == (4, 0, 3, 1, 0)
    assert [(f["line"], f["field"], f["code"]) for f in await faults(done)] == [
        (2, "order_no", "order_exists")
    ]
    names = [one["name"] for one in (await client.get("/v1/customers")).json()["data"]]
    assert "王大明" not in names


async def test_rows_that_are_equal_within_a_file_make_one_customer(imported, client):
    text = "name,kind,channel,external_id\n" + "海纳,person,wechat,w-1\n" * 3 + "甲,person,,\n" * 2
    assert counts(await imported(text, entity="customers")) == (5, 2, 3, 0, 0)
    assert len((await client.get("/v1/customers")).json()["data"]) == 2


async def test_a_later_row_of_a_refused_identity_is_refused_too(imported, faults, customer):
    await customer(code="C-1")
    text = "code,name,kind,channel,external_id\nC-1,别家,person,wechat,w-1\n,别家,person,wechat,w-1\n"
    done = await imported(text, entity="customers")
    assert counts(done) == (2, 0, 0, 1, 1)
    assert [f["code"] for f in await faults(done)] == ["code_taken", "refused_before"]


async def test_a_code_that_comes_again_with_an_identity_learns_it(imported, client, customer):
    one = await customer(name="海纳", kind="person", code="C-9")
    text = "code,name,kind,channel,external_id\nC-9,海纳,person,,\nC-9,海纳,person,wechat,w-9\n"
    done = await imported(text.replace("wechat", "jd"), entity="customers")
    assert counts(done)[1] == 0
    assert done["unchanged"] + done["duplicate"] == 2
    text = "code,name,kind,external_id\nC-9,海纳,person,w-9\n"
    assert (await imported(text, entity="customers"))["failed"] == 1
    assert (await client.get(f"/v1/customers/{one['id']}")).json()["version"] == 1


async def test_distributors_are_named_by_code_and_the_unit_is_the_owners(
    imported, distributor, client, service
):
    home = await distributor("D-1")
    owner = "0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e"
    unit = await client.post("/v1/org-units", json={"code": "A", "name": "A", "kind": "team"})
    async with service.database.begin() as tx:
        await keep(tx, StaffMember(UUID(owner), UUID(unit.json()["id"]), "active", 1))
    text = f"code,name,kind,distributor_code,owner_id\nC-1,甲,person,D-1,{owner}\n"
    assert (await imported(text, entity="customers"))["created"] == 1
    one = (await client.get("/v1/customers")).json()["data"][0]
    assert one["distributor_id"] == home["id"]
    assert (one["owner_id"], one["org_unit_id"]) == (owner, unit.json()["id"])
    assert (await imported(text, entity="customers"))["unchanged"] == 1


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("gb18030", ","), ("gb18030", "\t"), ("ascii", ",")],
)
async def test_encodings_and_separators_are_found_out(imported, client, encoding, separator):
    name = "Hainan" if encoding == "ascii" else "上海海纳百货有限公司𠮷"
    text = f'code,name,kind,industry\r\nC-1,{name},organisation,"a\nb"\r\n\r\nC-2,{name},person,\r\n'
    raw = text.replace(",", separator).encode(encoding)
    done = await imported(raw, entity="customers")
    assert counts(done) == (2, 2, 0, 0, 0)
    assert {one["name"] for one in (await client.get("/v1/customers")).json()["data"]} == {name}


async def test_only_mapped_columns_are_read(imported, client):
    text = "编号,客户名称,类型,备注\nC-1,海纳,organisation,机密\n"
    mapping = {"code": "编号", "name": "客户名称", "kind": "类型"}
    assert counts(await imported(text, entity="customers", mapping=mapping)) == (1, 1, 0, 0, 0)
    assert (await client.get("/v1/customers")).json()["data"][0]["name"] == "海纳"


async def test_progress_is_told_while_it_runs_and_the_last_event_is_the_end(client, customer):
    await customer(code="C-1")
    started = (await sent(client, many(3000), entity="orders")).json()
    stream = (await client.get(f"/v1/operations/{started['id']}/events")).text
    events = [json.loads(line[5:]) for line in stream.splitlines() if line.startswith("data:")]
    assert events[-1]["status"] == "succeeded"
    assert events[-1]["done"] == events[-1]["total"] == 3000
    assert events[-1]["result"]["created"] == 3000
    assert [event["done"] for event in events] == sorted(event["done"] for event in events)
    assert events[-1]["result"]["rows_per_second"] > 0
    assert events[-1]["result"]["seconds_left"] == 0
    guesses = [event["result"] for event in events if event["result"] and event["result"]["rows_per_second"]]
    for guess in guesses:
        left = 3000 - guess["read"]
        assert (guess["seconds_left"] > 0) == (left > 0)


def many(rows: int) -> str:
    head = "order_no,channel,ordered_at,amount_minor,customer_code\n"
    return head + "".join(f"S-{n},store,2026-03-01T00:00:00Z,{n},C-1\n" for n in range(rows))


async def test_cancelling_keeps_what_is_in_and_says_how_far_it_got(client, customer):
    await customer(code="C-1")
    url = f"/v1/operations/{(await sent(client, many(60_000), entity='orders')).json()['id']}"
    async with asyncio.timeout(30):
        while (await client.get(url)).json()["done"] == 0:  # noqa: ASYNC110 - it happens in a database
            await asyncio.sleep(0.005)
    assert (await client.post(f"{url}/cancel")).status_code == 202
    done = await ended(client, url.rpartition("/")[2])
    assert done["status"] == "cancelled"
    assert done["read"] == done["created"] == done["operation"]["result"]["created"]
    assert 0 < done["read"] < 60_000
    assert done["read"] % 1000 == 0
    total = (await client.get("/v1/orders", params={"count": "exact", "limit": 1})).json()["page"]["total"]
    assert total == done["read"]


async def test_each_chunk_is_told_once_with_its_number(client, customer, imported, told):
    await customer(code="C-1")
    done = await imported(many(2500), entity="orders")
    events = [event for event in await told() if event["type"] == "orders.imported.v1"]
    assert [event["aggregateversion"] for event in events] == [1, 2, 3]
    assert {event["subject"] for event in events} == {done["id"]}
    assert [len(event["data"]["orders"]) for event in events] == [1000, 1000, 500]


async def test_a_repeated_request_starts_one_import(client):
    key = {"Idempotency-Key": "one"}
    first = await sent(client, CUSTOMERS, headers=key, entity="customers")
    again = await sent(client, CUSTOMERS, headers=key, entity="customers")
    assert again.status_code == 202
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    other = await sent(client, CUSTOMERS + "X,Y,person,,,,,,,,\n", headers=key, entity="customers")
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"
    assert (await sent(client, CUSTOMERS, headers=key, entity="customers", dry_run=True)).status_code == 422
    await ended(client, first.json()["id"])
    assert len((await client.get("/v1/imports")).json()["data"]) == 1


async def test_nothing_of_a_file_stays_behind(service, imported):
    await imported(CUSTOMERS, entity="customers")
    await imported(CUSTOMERS, entity="customers", dry_run=True)
    await imported("a,b\n", entity="customers")
    async with service.database.read() as db:
        assert await db.connection.fetchval("SELECT count(*) FROM upload") == 0
        assert await db.connection.fetchval("SELECT count(*) FROM import_foreseen") == 0


async def test_imports_are_listed_and_seen_by_their_sender_only(client, imported, signed_in):
    done = await imported(CUSTOMERS, entity="customers")
    await imported(ORDERS, entity="orders", dry_run=True)
    listed = (await client.get("/v1/imports", params={"entity": "customers"})).json()["data"]
    assert [one["id"] for one in listed] == [done["id"]]
    assert len((await client.get("/v1/imports", params={"dry_run": "true"})).json()["data"]) == 1
    async with signed_in(staff("manager")) as colleague:
        assert (await colleague.get("/v1/imports")).json()["data"] == []
        for path in ("", "/errors", "/errors.csv"):
            assert (await colleague.get(f"/v1/imports/{done['id']}{path}")).status_code == 404
    async with signed_in(staff("admin")) as admin:
        assert len((await admin.get("/v1/imports")).json()["data"]) == 2
    async with signed_in(staff("analyst")) as analyst:
        assert (await sent(analyst, CUSTOMERS, entity="customers")).status_code == 403
    assert (await client.get(f"/v1/imports/{uuid4()}")).status_code == 404


async def test_a_partner_brings_customers_of_its_own_and_meets_no_others(
    client, imported, distributor, signed_in, faults
):
    await imported(CUSTOMERS, entity="customers")
    home = await distributor("D-1")
    scopes = ("imports:write", "imports:read", "operations:read", "customers:read")
    async with signed_in(partner(UUID(home["id"]), *scopes)) as theirs:
        done = await ended(theirs, (await sent(theirs, CUSTOMERS, entity="customers")).json()["id"])
        assert counts(done) == (4, 4, 0, 0, 0)
        mine = (await theirs.get("/v1/customers")).json()["data"]
        assert {one["distributor_id"] for one in mine} == {home["id"]}
        again = await ended(theirs, (await sent(theirs, CUSTOMERS, entity="customers")).json()["id"])
        assert counts(again) == (4, 0, 4, 0, 0)
    assert len((await client.get("/v1/customers")).json()["data"]) == 8


async def test_ids_are_a_distributors_own_within_a_file_and_after_a_move(
    *, client, imported, distributor, faults
):
    homes = {code: (await distributor(code))["id"] for code in ("D-1", "D-2", "D-3")}
    head = "name,kind,channel,external_id,distributor_code\n"
    rows = [f"{name},person,wechat,w-1,{code}\n" for name, code in (("甲", "D-1"), ("乙", "D-2"), ("丙", ""))]
    assert counts(await imported(head + "".join(rows[:2]), entity="customers", dry_run=True))[1] == 2
    done = await imported(head + "".join(rows), entity="customers")
    assert counts(done) == (3, 2, 0, 0, 1)
    assert [(f["line"], f["field"], f["code"]) for f in await faults(done)] == [
        (4, "external_id", "customer_ambiguous")
    ]
    known = "/v1/customers/by-identity/wechat/w-1"
    one = (await client.get(known, params={"distributor_id": homes["D-1"]})).json()
    url = f"/v1/customers/{one['id']}"
    await client.patch(url, json={"distributor_id": homes["D-3"]}, headers={"If-Match": '"v1"'})
    assert counts(await imported(head + "".join(rows[:2]), entity="customers")) == (2, 0, 1, 1, 0)
    assert len((await client.get("/v1/customers")).json()["data"]) == 2


async def test_cells_of_custom_fields_are_read_by_their_types(client, imported, faults):
    names = {"en": "x", "zh": "数"}
    options = [{"value": "chain", "names": {"en": "Chain", "zh": "连锁"}}]
    for key, kind, more in (
        ("门店数", "number", {}),
        ("since", "date", {}),
        ("form", "choice", {"options": options}),
        ("licence", "text", {"unique": True}),
    ):
        body = {"entity": "customer", "key": key, "names": names, "type": kind, **more}
        assert (await client.post("/v1/fields", json=body)).status_code == 201
    text = (
        "code,name,kind,attributes.门店数,attributes.since,attributes.form,attributes.licence,attributes.free\n"
        "C-1,甲,organisation,12,2020/3/1,连锁,L-1,5\n"
        "C-2,乙,organisation,many,2020-03-01,chain,L-2,5\n"
        "C-3,丙,organisation,1.5,2020-03-01,Chain,L-1,\n"
    )
    done = await imported(text, entity="customers")
    assert (done["created"], done["failed"]) == (1, 2)
    assert [(each["line"], each["column"], each["code"]) for each in await faults(done)] == [
        (3, "attributes.门店数", "not_a_number"),
        (4, "attributes.licence", "value_taken"),
    ]
    (one,) = (await client.get("/v1/customers")).json()["data"]
    assert one["attributes"] == {
        "门店数": 12,
        "since": "2020-03-01",
        "form": "chain",
        "licence": "L-1",
        "free": "5",
    }
    again = await imported(text, entity="customers")
    assert again["unchanged"] == 1
