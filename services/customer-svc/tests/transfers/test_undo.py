"""An import is undone: all is as before, but for what happened since, and that is told."""

import csv
import io
import random
from uuid import UUID, uuid4

import pytest

from shared.testing import partner, staff

from .conftest import ended, ended_operation, sent, until

KEEPING = ("version", "created_at", "updated_at")


async def undo(client, import_id, **headers):
    return await client.post(f"/v1/imports/{import_id}/undo", headers=headers)


async def undone(client, import_id):
    """The import when its undoing is over."""
    answer = await undo(client, import_id)
    assert answer.status_code == 202, answer.text
    operation = await ended_operation(client, answer.json()["id"])
    assert operation["status"] == "succeeded", operation
    done = (await client.get(f"/v1/imports/{import_id}")).json()
    assert (operation["done"], operation["total"]) == (done["undo"]["total"],) * 2
    return done


async def kept(client, import_id, **headers):
    answer = await client.get(f"/v1/imports/{import_id}/kept", params={"limit": 200}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def everything(client):
    """All that a user can see, but for versions and their times."""
    found = {}
    for place in ("customers", "distributors", "orders"):
        page = (await client.get(f"/v1/{place}", params={"limit": 200})).json()["data"]
        found[place] = {one["id"]: {k: v for k, v in one.items() if k not in KEEPING} for one in page}
    for customer in found["customers"]:
        for part in ("contacts", "identities"):
            page = (await client.get(f"/v1/customers/{customer}/{part}")).json()["data"]
            found[part, customer] = {one["id"]: one for one in page}
    return found


CUSTOMERS = """\
code,name,kind,tags,channel,external_id,contact_name,contact_phone,attributes.level
C-1,上海海纳百货有限公司,organisation,重点;华东,wechat,w-1,韩梅梅,13900139000,A
,Harbour Lights Ltd,organisation,,,,Jane Porter,,
C-3,王小明,person,,wechat,w-3,,,
"""


async def test_customers_go_with_all_that_came_and_the_file_may_come_again(client, imported, customer, told):
    await customer(code="C-0")
    before = await everything(client)
    done = await imported(CUSTOMERS, entity="customers")
    assert (done["created"], done["undo"]) == (3, None)
    ids = {one["code"]: one["id"] for one in (await client.get("/v1/customers")).json()["data"]}
    undoing = (await undone(client, done["id"]))["undo"]
    assert (undoing["status"], undoing["total"], undoing["undone"], undoing["kept"]) == ("succeeded", 3, 3, 0)
    assert undoing["undone_at"] is not None
    assert await everything(client) == before
    event = (await told())[-1]
    assert event["type"] == "customers.imported.v1"
    assert {row["status"] for row in event["data"]["customers"]} == {"archived"}
    history = (await client.get(f"/v1/customers/{ids['C-1']}/history")).json()["data"]
    assert {(one["field"], one["old"], one["changed_by"]) for one in history} == {
        ("status", "active", done["created_by"]),
        ("code", "C-1", done["created_by"]),
    }
    assert (await imported(CUSTOMERS, entity="customers"))["created"] == 3


async def test_what_happened_since_keeps_a_customer_and_is_told_row_by_row(client, imported, signed_in):
    names = ["changed", "ordered", "called", "named", "proven", "restored", "free"]
    text = "code,name,kind,channel,external_id,contact_name\n"
    text += "".join(f"{name},甲,person,wechat,{name},韩梅梅\n" for name in names)
    done = await imported(text, entity="customers")
    found = {one["code"]: one["id"] for one in (await client.get("/v1/customers")).json()["data"]}
    places = {name: f"/v1/customers/{found[name]}" for name in names}
    await client.patch(places["changed"], json={"phone": "13800138000"}, headers={"If-Match": "*"})
    order = {"order_no": "S-1", "channel": "store", "ordered_at": "2026-03-01T00:00:00Z"}
    body = {**order, "amount": {"amount_minor": 1}, "customer_id": found["ordered"]}
    assert (await client.post("/v1/orders", json=body)).status_code == 201
    contact = (await client.get(f"{places['called']}/contacts")).json()["data"][0]
    await client.patch(f"{places['called']}/contacts/{contact['id']}", json={"post": "CEO"})
    await client.post(f"{places['named']}/identities", json={"channel": "shop", "external_id": "1"})
    identity = (await client.get(f"{places['proven']}/identities")).json()["data"][0]
    verify = f"{places['proven']}/identities/{identity['id']}/verify"
    assert (await client.post(verify)).status_code == 200
    await client.delete(places["restored"], headers={"If-Match": "*"})
    await client.post(f"{places['restored']}/restore")
    before = await everything(client)
    undoing = (await undone(client, done["id"]))["undo"]
    assert (undoing["undone"], undoing["kept"]) == (1, 6)
    assert [(one["line"], one["kind"], one["code"]) for one in await kept(client, done["id"])] == [
        (2, "customer", "changed_since"),
        (3, "customer", "in_use"),
        (4, "customer", "in_use"),
        (5, "customer", "in_use"),
        (6, "customer", "in_use"),
        (7, "customer", "changed_since"),
    ]
    after = await everything(client)
    gone = found["free"]
    assert after == {
        **{name: part for name, part in before.items() if gone not in name},
        "customers": {k: v for k, v in before["customers"].items() if k != gone},
    }
    file = await client.get(f"/v1/imports/{done['id']}/kept.csv", headers={"Accept-Language": "zh-CN"})
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert (rows[0]["line"], rows[0]["record_id"]) == ("2", found["changed"])
    assert (rows[0]["reason"], rows[1]["reason"]) == ("导入后已被修改", "已被其他记录引用")
    async with signed_in(staff("manager")) as colleague:
        for place in ("kept", "kept.csv"):
            assert (await colleague.get(f"/v1/imports/{done['id']}/{place}")).status_code == 404


async def test_changed_fields_are_as_before_unless_somebody_changed_them(client, imported, customer):
    one = await customer(
        code="C-1", name="旧名", phone="13800138000", tags=["a"], attributes={"x": "1", "y": "1", "z": 1}
    )
    two = await customer(code="C-2", name="乙", kind="person")
    text = (
        "code,name,kind,phone,email,tags,channel,external_id,attributes.x,attributes.y,attributes.w\n"
        "C-1,新名,organisation,13900139000,a@x.example,b,wechat,w-1,2,2,2\n"
        "C-2,丙,person,,,,,,,,\n"
        "C-2,丁,person,,b@x.example,,,,,,\n"
        "C-3,戊,person,,,,,,,,\n"
    )
    done = await imported(text, entity="customers", policy="update")
    assert (done["created"], done["changed"]) == (1, 3)
    now = (await client.get(f"/v1/customers/{one['id']}")).json()
    patch = {"phone": None, "attributes": {**now["attributes"], "y": "3"}}
    await client.patch(f"/v1/customers/{one['id']}", json=patch, headers={"If-Match": "*"})
    undoing = (await undone(client, done["id"]))["undo"]
    assert (undoing["total"], undoing["undone"], undoing["kept"]) == (4, 3, 1)
    assert [(k["field"], k["code"], k["record_id"]) for k in await kept(client, done["id"])] == [
        ("attributes.y", "changed_since", one["id"]),
        ("phone", "changed_since", one["id"]),
    ]
    after = (await client.get(f"/v1/customers/{one['id']}")).json()
    assert after == {
        **one,
        "phone": None,
        "attributes": {"x": "1", "y": "3", "z": 1},
        "version": 4,
        "updated_at": after["updated_at"],
    }
    assert (await client.get(f"/v1/customers/{one['id']}/identities")).json()["data"] == []
    back = (await client.get(f"/v1/customers/{two['id']}")).json()
    assert {k: v for k, v in back.items() if k not in KEEPING} == {
        k: v for k, v in two.items() if k not in KEEPING
    }
    assert len((await client.get("/v1/customers")).json()["data"]) == 2


async def test_a_former_code_that_is_taken_stays_away(client, imported, customer):
    one = await customer(code="C-1")
    body = {"channel": "wechat", "external_id": "w-1"}
    await client.post(f"/v1/customers/{one['id']}/identities", json=body)
    text = "code,name,kind,channel,external_id\nC-9,新名,organisation,wechat,w-1\n"
    done = await imported(text, entity="customers", policy="update")
    await customer(code="C-1", name="别人")
    assert (await undone(client, done["id"]))["undo"]["kept"] == 1
    assert [each["code"] for each in await kept(client, done["id"])] == ["key_taken"]
    assert (await client.get(f"/v1/customers/{one['id']}")).json()["code"] == "C-9"


async def test_customers_that_were_merged_since_stay(client, imported, customer):
    old = await customer(code="C-0")
    text = "code,name,kind,channel,external_id\nC-1,甲,person,wechat,w-1\nC-2,乙,person,,\n"
    text += "C-0,新名,organisation,,\n"
    done = await imported(text, entity="customers", policy="update")
    found = {one["code"]: one["id"] for one in (await client.get("/v1/customers")).json()["data"]}
    body = {"absorbed_id": found["C-0"]}
    answer = await client.post(f"/v1/customers/{found['C-1']}/merge", json=body)
    assert answer.status_code == 201, answer.text
    before = await everything(client)
    undoing = (await undone(client, done["id"]))["undo"]
    assert (undoing["undone"], undoing["kept"]) == (1, 2)
    codes = {one["record_id"]: one["code"] for one in await kept(client, done["id"])}
    assert codes[old["id"]] == "changed_since"
    assert codes[found["C-1"]] in ("changed_since", "in_use")
    after = await everything(client)
    assert after["customers"][found["C-1"]] == before["customers"][found["C-1"]]
    assert after["identities", found["C-1"]] == before["identities", found["C-1"]]
    assert found["C-2"] not in after["customers"]


async def test_unique_values_are_free_again(client, imported):
    field = {"entity": "customer", "key": "card", "type": "text", "names": {"en": "Card", "zh": "卡号"}}
    made = await client.post("/v1/fields", json={**field, "unique": True})
    assert made.status_code == 201, made.text
    await until(client, f"/v1/fields/{made.json()['id']}", lambda found: found["ready"])
    text = "name,kind,tax_number,attributes.card\n甲,organisation,91110108551385082Q,K-1\n"
    done = await imported(text, entity="customers")
    assert done["created"] == 1, done
    await undone(client, done["id"])
    assert (await imported(text, entity="customers"))["created"] == 1


ORDERS = """\
order_no,channel,ordered_at,amount,customer_code,kind,return_of
S-1,shop,2026-03-01T09:30:00Z,129.00,C-1,sale,
S-2,shop,2026-03-02T09:30:00Z,19.00,C-1,sale,
R-1,shop,2026-03-03T09:30:00Z,29.00,C-1,return,S-1
"""


async def test_orders_are_voided_told_in_chunks_and_may_come_again(client, imported, customer, told):
    one = await customer(code="C-1")
    there = await imported(ORDERS.replace("S-", "X-"), entity="orders")
    assert there["created"] == 3
    await undone(client, there["id"])
    before = await everything(client)
    done = await imported(ORDERS, entity="orders")
    undoing = (await undone(client, done["id"]))["undo"]
    assert (undoing["undone"], undoing["kept"]) == (3, 0)
    assert await everything(client) == before
    event = (await told())[-1]
    assert (event["type"], event["subject"]) == ("orders.voided.v1", done["id"])
    assert {row["customer_id"] for row in event["data"]["orders"]} == {one["id"]}
    assert len(event["data"]["orders"]) == 3
    away = (await client.get("/v1/orders", params={"status": "voided", "order_no": "S-1"})).json()["data"]
    assert [each["voided_by"] for each in away] == [done["created_by"]]
    again = await imported(ORDERS, entity="orders")
    assert again["created"] == 3
    summary = (await client.get(f"/v1/customers/{one['id']}/orders/summary")).json()
    assert (summary["sale_count"], summary["return_count"]) == (2, 1)


async def test_a_sale_stays_while_something_was_returned_of_it(client, imported, customer):
    one = await customer(code="C-1")
    done = await imported(ORDERS, entity="orders")
    order = {"order_no": "R-2", "channel": "shop", "ordered_at": "2026-03-05T00:00:00Z", "kind": "return"}
    body = {**order, "amount": {"amount_minor": 1}, "customer_id": one["id"], "return_of": "S-2"}
    assert (await client.post("/v1/orders", json=body)).status_code == 201
    undoing = (await undone(client, done["id"]))["undo"]
    assert (undoing["undone"], undoing["kept"]) == (2, 1)
    assert [(k["line"], k["kind"], k["code"]) for k in await kept(client, done["id"])] == [
        (3, "order", "in_use")
    ]
    left = (await client.get("/v1/orders")).json()["data"]
    assert {each["order_no"] for each in left} == {"S-2", "R-2"}


async def test_contacts_are_removed_unless_they_were_changed(client, imported, customer):
    one = await customer(code="C-1")
    text = "customer_code,name,post\nC-1,韩梅梅,CEO\nC-1,李雷,\nC-1,Jane,\n"
    done = await imported(text, entity="contacts")
    contacts = (await client.get(f"/v1/customers/{one['id']}/contacts")).json()["data"]
    by_name = {each["name"]: f"/v1/customers/{one['id']}/contacts/{each['id']}" for each in contacts}
    await client.patch(by_name["李雷"], json={"post": "CFO"})
    await client.delete(by_name["Jane"])
    assert (await undone(client, done["id"]))["undo"]["kept"] == 2
    assert [(k["line"], k["code"]) for k in await kept(client, done["id"])] == [
        (3, "changed_since"),
        (4, "gone"),
    ]
    left = (await client.get(f"/v1/customers/{one['id']}/contacts")).json()["data"]
    assert [each["name"] for each in left] == ["李雷"]


async def test_what_is_taken_back_is_judged_anew(client, imported, customer):
    one = await customer(code="C-1")
    place = f"/v1/customers/{one['id']}/quality"
    before = (await client.get(place)).json()["findings"]
    people = await imported("customer_code,name,role\nC-1,韩梅梅,decider\n", entity="contacts")
    text = "code,name,kind,channel,external_id\nC-1,海纳百货,organisation,wechat,w-1\nC-2,乙,person,,\n"
    known = await imported(text, entity="customers")
    assert (await client.get(place)).json()["findings"] != before
    for done in (people, known):
        assert (await undone(client, done["id"]))["undo"]["kept"] == 0
    assert (await client.get(place)).json()["findings"] == before
    worst = (await client.get("/v1/quality/worklist")).json()["data"]
    assert {each["customer_id"] for each in worst} == {one["id"]}


async def test_distributors_go_from_the_leaves_up_unless_somebody_needs_them(
    client, imported, customer, told, signed_in
):
    text = "code,name,parent_code\nD-1,海纳,\nD-2,苏州,D-1\nD-3,昆山,D-2\nD-4,北京,\nD-5,天津,\n"
    done = await imported(text, entity="distributors")
    found = {each["code"]: each["id"] for each in (await client.get("/v1/distributors")).json()["data"]}
    await customer(distributor_id=found["D-4"])
    await client.patch(f"/v1/distributors/{found['D-5']}", json={"level": "A"}, headers={"If-Match": "*"})
    async with signed_in(staff("sales", staff_id=UUID(done["created_by"]))) as me:
        assert (await undo(me, done["id"])).status_code == 403
    assert (await undone(client, done["id"]))["undo"]["undone"] == 3
    assert [(k["line"], k["code"]) for k in await kept(client, done["id"])] == [
        (5, "in_use"),
        (6, "changed_since"),
    ]
    left = (await client.get("/v1/distributors")).json()["data"]
    assert {each["code"] for each in left} == {"D-4", "D-5"}
    ends = [e["subject"] for e in await told() if e["type"] == "distributor.changed.v1"][-3:]
    assert ends == [found["D-3"], found["D-2"], found["D-1"]]


async def test_only_what_was_stored_and_has_ended_is_undone_and_only_once(client, imported, signed_in):
    preview = await imported("name,kind\n甲,person\n", entity="customers", dry_run=True)
    answer = await undo(client, preview["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "import_preview")
    done = await imported("name,kind\n甲,person\n乙,pet\n", entity="customers")
    async with signed_in(staff("manager")) as colleague:
        assert (await undo(colleague, done["id"])).status_code == 404
    assert (await undo(client, uuid4())).status_code == 404
    await undone(client, done["id"])
    answer = await undo(client, done["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "import_undone")
    async with signed_in(staff("admin")) as admin:
        other = await imported("name,kind\n丙,person\n", entity="customers")
        assert (await undone(admin, other["id"]))["undo"]["undone"] == 1


async def test_a_running_import_is_not_undone_and_one_that_was_cancelled_is(client, customer):
    await customer(code="C-1")
    before = await everything(client)
    text = "order_no,channel,ordered_at,amount_minor,customer_code\n"
    text += "".join(f"S-{n},store,2026-03-01T00:00:00Z,{n},C-1\n" for n in range(30_000))
    started = (await sent(client, text, entity="orders")).json()
    answer = await undo(client, started["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "import_running")
    await until(client, f"/v1/imports/{started['id']}", lambda found: found["created"])
    await client.post(f"/v1/operations/{started['id']}/cancel")
    done = await ended(client, started["id"])
    assert done["status"] == "cancelled"
    assert (await undone(client, done["id"]))["undo"]["undone"] == done["created"] > 0
    assert await everything(client) == before


async def test_an_undo_that_was_stopped_goes_on_when_it_is_asked_for_again(client, imported, customer):
    await customer(code="C-1")
    text = "order_no,channel,ordered_at,amount_minor,customer_code\n"
    text += "".join(f"S-{n},store,2026-03-01T00:00:00Z,{n},C-1\n" for n in range(6000))
    done = await imported(text, entity="orders")
    started = await undo(client, done["id"], **{"Idempotency-Key": "undo-1"})
    again = await undo(client, done["id"], **{"Idempotency-Key": "undo-1"})
    assert again.json() == started.json()
    assert (await undo(client, done["id"])).json()["code"] == "undo_running"
    place = started.headers["location"]
    await client.post(f"{place}/cancel")
    stopped = await ended_operation(client, started.json()["id"])
    assert stopped["status"] == "cancelled"
    assert (await client.get(f"/v1/imports/{done['id']}")).json()["undo"]["undone_at"] is None
    undoing = (await undone(client, done["id"]))["undo"]
    assert (undoing["undone"], undoing["kept"]) == (6000, 0)
    assert (await client.get("/v1/orders")).json()["data"] == []


async def test_a_partner_undoes_only_its_own_imports(client, distributor, signed_in, imported):
    home, away = await distributor("D-1"), await distributor("D-2")
    scopes = ("imports:write", "imports:read", "operations:read", "customers:read")
    async with (
        signed_in(partner(UUID(home["id"]), *scopes)) as mine,
        signed_in(partner(UUID(away["id"]), *scopes)) as other,
    ):
        done = await ended(mine, (await sent(mine, CUSTOMERS, entity="customers")).json()["id"])
        theirs = await ended(other, (await sent(other, CUSTOMERS, entity="customers")).json()["id"])
        ours = await imported("name,kind\n丙,person\n", entity="customers")
        assert (await undo(other, done["id"])).status_code == 404
        assert (await undo(mine, ours["id"])).status_code == 404
        assert (await undone(mine, done["id"]))["undo"]["undone"] == 3
        assert (await mine.get("/v1/customers")).json()["data"] == []
        assert len((await other.get("/v1/customers")).json()["data"]) == theirs["created"] == 3
    assert len((await client.get("/v1/customers")).json()["data"]) == 4


async def test_the_audit_knows_who_undid_an_import(client, imported, service):
    done = await imported("name,kind\n甲,person\n", entity="customers")
    await undone(client, done["id"])
    await service.journal.flush()
    async with service.database.read() as db:
        found = await db.connection.fetch(
            "SELECT actor_id FROM audit_entry WHERE action = 'undoImport' AND $1 = ANY (subjects::text[])",
            done["id"],
        )
    assert [str(row["actor_id"]) for row in found] == [done["created_by"]]


def _random_file(chance):
    header = "code,name,kind,phone,tags,channel,external_id,attributes.a,contact_name"
    rows = [header.split(",")]
    for _ in range(chance.randrange(5, 40)):
        known = chance.random() < 0.5
        number = chance.randrange(30)
        rows.append(
            [
                f"C-{number}" if known else "",
                chance.choice(["甲", "乙", "丙", "Li"]),
                chance.choice(["person", "organisation", "pet"]),
                chance.choice(["", "13800138000", "+44 20 7946 0018"]),
                chance.choice(["", "x", "x;y"]),
                "wechat" if (named := chance.random() < 0.4) else "",
                f"w-{chance.randrange(20)}" if named else "",
                chance.choice(["", "1", "2"]),
                chance.choice(["", "韩梅梅"]),
            ]
        )
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_the_file_undoing_it_leaves_all_as_it_was(client, imported, seed):
    chance = random.Random(seed)
    await imported(_random_file(chance), entity="customers", policy="new")
    before = await everything(client)
    policy = chance.choice(["skip", "update", "update", "new"])
    done = await imported(_random_file(chance), entity="customers", policy=policy)
    undoing = (await undone(client, done["id"]))["undo"]
    assert undoing["kept"] == 0
    assert await everything(client) == before


@pytest.mark.parametrize("seed", range(4))
async def test_later_changes_stay_as_they_are(client, imported, seed):
    chance = random.Random(100 + seed)
    await imported(_random_file(chance), entity="customers", policy="new")
    done = await imported(_random_file(chance), entity="customers", policy="update")
    there = (await client.get("/v1/customers", params={"limit": 200})).json()["data"]
    later = {}
    for one in chance.sample(there, len(there) // 2):
        patch = {"email": f"x{len(later)}@later.example", "industry": "F52"}
        answer = await client.patch(f"/v1/customers/{one['id']}", json=patch, headers={"If-Match": "*"})
        later[one["id"]] = answer.json()
    await undone(client, done["id"])
    reported = {one["record_id"] for one in await kept(client, done["id"]) if one["field"] is None}
    page = (await client.get("/v1/customers", params={"limit": 200})).json()["data"]
    now = {one["id"]: one for one in page}
    for customer_id, said in later.items():
        assert now[customer_id]["email"] == said["email"]
        assert now[customer_id] == said or customer_id not in reported
