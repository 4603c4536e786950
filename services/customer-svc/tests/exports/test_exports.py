"""What somebody sees leaves as a file, runs nothing in a spreadsheet, and is understood by an import."""

import asyncio
import csv
import dataclasses
import io
import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from customer_svc.exports.commands import forget_files
from customer_svc.exports.jobs import LOOKS_SECONDS
from shared.sheets.texts import safe_cell
from shared.testing import partner, staff
from shared.testing.talking import eventually

from .conftest import ended, exported

CUSTOMERS = """\
code,name,kind,phone,email,tags,channel,external_id,attributes.门店数,attributes.remark,birthday
C-1,上海海纳百货有限公司𠮷,organisation,021-62881234,,重点;华东,wechat,w-1,12,=1+1,1998-10-01
C-2,"Harbour ""Lights"", Ltd",organisation,+44 20 7946 0018,buying@harbourlights.example,wholesale,,,,'quoted,
,@王小明,person,138 0013 8000,,,online_shop,u-7,,-5,lunar 8-15
"""
ORDERS = """\
order_no,channel,ordered_at,amount,currency,kind,external_id,return_of,sku,name,quantity
S-1,wechat,2026-03-01T09:30:00.123456Z,129.00,CNY,sale,w-1,,TEA,=龙井,2.500
S-2,wechat,2026-03-02 09:30:00,5000,JPY,sale,w-1,,,,
S-3,wechat,2026-03-03 09:30:00,0.005,KWD,sale,w-1,,COFFEE,,1
R-1,wechat,2026-03-05 09:00,29,CNY,return,w-1,S-1,,,
"""
WAITING = """
SELECT count(*) > 0 FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE datname = current_database() AND relation = 'customer'::regclass AND NOT granted
"""


def rows(raw: bytes, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode(encoding), newline="")))


def untouched(done):
    return {name: done[name] for name in ("created", "changed", "duplicate", "failed")} == {
        "created": 0,
        "changed": 0,
        "duplicate": 0,
        "failed": 0,
    }


async def filled(imported, client):
    await imported(CUSTOMERS, entity="customers")
    done = await imported(ORDERS, entity="orders")
    assert done["created"] == 4, done
    people = "customer_code,name,role,relation_strength,birthday\nC-1,韩梅梅,decider,4,农历 1980-06-01 闰\n"
    assert (await imported(people, entity="contacts"))["created"] == 1
    text = "code,name,territory,parent_code\nD-1,海纳,310000;330100,\nD-2,苏州,,D-1\n"
    assert (await imported(text, entity="distributors"))["created"] == 2


@pytest.mark.parametrize("form", [("csv", "utf-8-bom"), ("csv", "gb18030"), ("xlsx", "utf-8-bom")])
@pytest.mark.parametrize("entity", ["customers", "orders", "contacts", "distributors"])
async def test_what_was_exported_is_known_again_by_an_import(client, imported, entity, form):
    await filled(imported, client)
    raw = await exported(client, entity=entity, format=form[0], encoding=form[1])
    done = await imported(raw, entity=entity)
    expected = {"customers": 3, "orders": 4, "contacts": 1, "distributors": 2}[entity]
    assert done["unchanged"] == expected, done
    assert untouched(done)


async def test_every_cell_is_quoted_and_none_runs_as_a_formula(client, imported):
    await filled(imported, client)
    raw = await exported(client, entity="customers", columns=["code", "name", "phone", "attributes"])
    assert raw.startswith(b'\xef\xbb\xbf"code","name","phone","attributes.remark",')
    found = {row["code"]: row for row in rows(raw)}
    assert found["C-1"]["attributes.remark"] == "'=1+1"
    assert found["C-1"]["phone"] == "'+862162881234"
    assert found["C-2"]["attributes.remark"] == "'quoted"
    assert found["C-2"]["name"] == 'Harbour "Lights", Ltd'
    assert found[""]["name"] == "'@王小明"
    assert found[""]["attributes.remark"] == "'-5"


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "'=1", "''-1", "'x", "\uff1d1", "\u3000=1", "a=1", "\u2003@", "=\n"]
)
async def test_the_database_keeps_formulas_from_running_as_we_do(client, customer, text):
    await customer(code="C-1", attributes={"x": text})
    raw = await exported(client, entity="customers", columns=["attributes"])
    assert [row["attributes.x"] for row in rows(raw)] == [safe_cell(text)]


async def test_amounts_and_times_are_written_exactly(client, imported):
    await filled(imported, client)
    columns = ["order_no", "amount", "ordered_at", "quantity", "customer_code", "customer_name"]
    found = {row["order_no"]: row for row in rows(await exported(client, entity="orders", columns=columns))}
    assert {no: row["amount"] for no, row in found.items()} == {
        "S-1": "129.00",
        "S-2": "5000",
        "S-3": "0.005",
        "R-1": "29.00",
    }
    assert found["S-1"]["ordered_at"] == "2026-03-01T09:30:00.123456Z"
    assert (found["S-1"]["quantity"], found["S-1"]["customer_code"]) == ("2.5", "C-1")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_orders_leave_with_all_their_lines_and_come_back(client, customer, imported, form):
    buyer = await customer(code="C-1")
    lines = [
        {
            "sku": "TEA",
            "name": "=龙井",
            "category": "茶叶",
            "quantity": 2.5,
            "amount": {"amount_minor": 12000},
        },
        {"name": "运费; 包装", "amount": {"amount_minor": 900}},
    ]
    body = {
        "customer_id": buyer["id"],
        "ordered_at": "2026-03-01T17:30:00+08:00",
        "channel": "store",
        "amount": {"amount_minor": 12900, "currency": "JPY"},
    }
    for line in lines:
        line["amount"]["currency"] = "JPY"
    for number, some in (("S-1", lines), ("S-2", lines[:1]), ("S-3", [])):
        answer = await client.post("/v1/orders", json={**body, "order_no": number, "lines": some})
        assert answer.status_code == 201, answer.text
    raw = await exported(client, entity="orders", format=form)
    done = await imported(raw, entity="orders")
    assert done["unchanged"] == 3, done
    assert untouched(done)
    if form == "csv":
        found = {row["order_no"]: row["lines"] for row in rows(raw)}
        assert json.loads(found["S-1"]) == [lines[0], {**lines[1], "quantity": 1}]
        assert not found["S-3"]


async def test_birthdays_are_written_as_they_are_read(client, imported):
    await filled(imported, client)
    customers = rows(await exported(client, entity="customers"))
    assert sorted(row["birthday"] for row in customers) == ["", "1998-10-01", "lunar 08-15"]
    columns = ["name", "birthday", "relation_strength", "is_primary"]
    people = rows(await exported(client, entity="contacts", columns=columns))
    assert [tuple(row.values()) for row in people] == [("韩梅梅", "lunar 1980-06-01 leap", "4", "false")]


async def test_filters_are_those_of_the_list(client, imported):
    await filled(imported, client)
    for entity, filters, expected in (
        ("customers", {"q": "海纳"}, 1),
        ("customers", {"kind": "person"}, 1),
        ("customers", {"tags": ["重点", "华东"]}, 1),
        ("customers", {"created_at[gte]": "2999-01-01T00:00:00Z"}, 0),
        ("orders", {"kind": "return", "channel": "wechat"}, 1),
        ("contacts", {"role": "payer"}, 0),
        ("distributors", {"code": "D-2"}, 1),
    ):
        assert len(rows(await exported(client, entity=entity, filters=filters))) == expected, filters
    one = (await client.get("/v1/customers", params={"code": "C-1"})).json()["data"][0]
    await client.delete(f"/v1/customers/{one['id']}", headers={"If-Match": "*"})
    columns = ["code", "status", "created_at"]
    found = rows(await exported(client, entity="customers", filters={"status": "all"}, columns=columns))
    assert {row["code"]: row["status"] for row in found}["C-1"] == "archived"
    assert len(rows(await exported(client, entity="customers"))) == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"entity": "pets"}, "/entity"),
        ({}, "/entity"),
        ({"entity": "orders", "columns": ["phone"]}, ""),
        ({"entity": "orders", "columns": ["kind", "kind"]}, ""),
        ({"entity": "orders", "columns": []}, "/columns"),
        ({"entity": "orders", "format": "pdf"}, "/format"),
        ({"entity": "orders", "encoding": "utf-7"}, "/encoding"),
        ({"entity": "orders", "filters": {"phone": "1"}}, "/filters/phone"),
        ({"entity": "orders", "filters": {"limit": 1}}, "/filters/limit"),
        ({"entity": "orders", "filters": {"ordered_at[gte]": "now"}}, "/filters/ordered_at[gte]"),
        ({"entity": "customers", "filters": {"tags": [[]]}}, "/filters/tags"),
        ({"entity": "orders", "colour": 1}, "/colour"),
    ],
)
async def test_a_wrong_wish_is_refused(client, body, pointer):
    answer = await client.post("/v1/exports", json=body)
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_a_partner_gets_its_own_customers_and_learns_of_no_parent(
    *, client, distributor, customer, signed_in
):
    above = await distributor("D-1")
    home = await distributor("D-2", parent_id=above["id"])
    await customer(code="C-1", distributor_id=home["id"])
    await customer(code="C-2")
    scopes = ("exports:write", "exports:read", "operations:read", "customers:read", "distributors:read")
    key = partner(UUID(home["id"]), *scopes)
    async with signed_in(key) as theirs:
        assert [row["code"] for row in rows(await exported(theirs, entity="customers"))] == ["C-1"]
        mine = rows(await exported(theirs, entity="distributors"))
        assert [(row["code"], row["parent_code"]) for row in mine] == [("D-2", "")]
        assert (await theirs.post("/v1/exports", json={"entity": "orders"})).status_code == 403
        page = (await theirs.get("/v1/exports")).json()["data"]
        assert len(page) == 2
    assert (await client.get("/v1/exports")).json()["data"] == []
    for path in ("", "/file"):
        assert (await client.get(f"/v1/exports/{page[0]['id']}{path}")).status_code == 404
    async with signed_in(staff("admin")) as admin:
        assert len((await admin.get("/v1/exports", params={"entity": "customers"})).json()["data"]) == 1
    async with signed_in(dataclasses.replace(key, masked=frozenset({"phone"}))) as masked:
        answer = await masked.post("/v1/exports", json={"entity": "customers"})
        assert (answer.status_code, answer.json()["code"]) == (403, "answer_not_maskable")
        assert (await masked.get(f"/v1/exports/{page[0]['id']}/file")).status_code == 403


async def test_staff_who_see_their_own_export_their_own(client, customer, signed_in):
    me = staff("sales")
    narrowed = dataclasses.replace(me, scope=dataclasses.replace(me.scope, holders=frozenset({me.id})))
    await customer(code="C-1", owner_id=str(me.id))
    await customer(code="C-2")
    async with signed_in(narrowed) as mine:
        assert [row["code"] for row in rows(await exported(mine, entity="customers"))] == ["C-1"]


async def test_a_file_expires_and_is_gone(client, customer, service):
    await customer(code="C-1")
    await exported(client, entity="customers")
    one = (await client.get("/v1/exports")).json()["data"][0]
    assert (one["rows"], one["status"]) == (1, "succeeded")
    assert one["size"] > 0
    async with service.database.begin() as tx:
        tx.now += timedelta(days=6)
        await forget_files(tx)
    assert (await client.get(f"/v1/exports/{one['id']}/file")).status_code == 200
    async with service.database.begin() as tx:
        tx.now += timedelta(days=8)
        await forget_files(tx)
        assert await tx.connection.fetchval("SELECT count(*) FROM upload_chunk") == 0
    assert (await client.get(f"/v1/exports/{one['id']}/file")).status_code == 404
    assert (await client.get(f"/v1/exports/{one['id']}")).status_code == 200
    assert (await client.get(f"/v1/exports/{uuid4()}/file")).status_code == 404


async def test_the_audit_knows_who_exported_and_who_downloaded(client, customer, service):
    await customer(code="C-1")
    await exported(client, entity="customers")
    one = (await client.get("/v1/exports")).json()["data"][0]
    await service.journal.flush()
    async with service.database.read() as db:
        found = await db.connection.fetch(
            "SELECT action FROM audit_entry WHERE $1 = ANY (subjects::text[])", one["id"]
        )
    assert {"startExport", "downloadExport"} <= {row["action"] for row in found}


async def test_an_export_tells_its_progress_and_is_empty_where_nothing_is(client):
    assert rows(await exported(client, entity="orders")) == []
    started = (await client.post("/v1/exports", json={"entity": "orders"})).json()
    operation = await ended(client, started["id"])
    assert (operation["kind"], operation["done"], operation["total"]) == ("orders.export", 0, 0)
    assert operation["result"]["export_id"] == started["id"]


async def test_a_file_that_is_not_ready_is_refused(client, service):
    started = (await client.post("/v1/exports", json={"entity": "orders"})).json()
    await ended(client, started["id"])
    async with service.database.begin() as tx:
        await tx.connection.execute("UPDATE data_export SET upload_id = NULL")
        await tx.connection.execute("UPDATE operation SET status = 'running'")
    answer = await client.get(f"/v1/exports/{started['id']}/file")
    assert (answer.status_code, answer.json()["code"]) == (409, "export_not_ready")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_an_export_that_is_not_wanted_any_more_leaves_no_file(client, service, imported, form):
    await imported(CUSTOMERS, entity="customers")
    async with service.database.begin(timeout=60) as tx:
        await tx.connection.execute("LOCK TABLE customer")  # so that the end is asked for while it reads
        started = (await client.post("/v1/exports", json={"entity": "customers", "format": form})).json()
        await eventually(lambda: tx.connection.fetchval(WAITING))
        await client.post(f"/v1/operations/{started['id']}/cancel")
        await asyncio.sleep(LOOKS_SECONDS)
    operation = await ended(client, started["id"])
    assert operation["status"] == "cancelled"
    one = (await client.get(f"/v1/exports/{started['id']}")).json()
    assert (one["status"], one["expires_at"]) == ("cancelled", None)
    assert (await client.get(f"/v1/exports/{started['id']}/file")).status_code == 404
    async with service.database.begin() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM upload") == 0


async def test_voided_orders_leave_only_when_they_are_asked_for(client, imported):
    await filled(imported, client)
    one = (await client.get("/v1/orders", params={"order_no": "S-2"})).json()["data"][0]
    await client.post(f"/v1/orders/{one['id']}/void")
    columns = ["order_no", "status"]
    left = rows(await exported(client, entity="orders", columns=columns))
    assert sorted(row["order_no"] for row in left) == ["R-1", "S-1", "S-3"]
    found = rows(await exported(client, entity="orders", columns=columns, filters={"status": "all"}))
    assert {row["order_no"]: row["status"] for row in found}["S-2"] == "voided"
