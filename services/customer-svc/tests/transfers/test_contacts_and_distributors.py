"""Contacts come in for customers that are named, distributors with their tree, both as often as one likes."""

from uuid import UUID

import pytest

from shared.testing import partner, staff

from .conftest import counts, ended, sent

CONTACTS = """\
customer_code,name,post,phone,email,role
C-1,韩梅梅,采购总监,139 0013 9000,,decider
C-1,Jane Porter,Buyer,,jane@example.com,user
C-2,韩梅梅,,,,
"""
DISTRIBUTORS = """\
code,name,status,level,territory,product_lines,parent_code,contact_phone
D-EAST,华东海纳商贸有限公司,active,A,310000;330100,TEA|COFFEE,,021-62881234
D-EAST-1,海纳苏州,prospect,,,,D-EAST,
"""


async def _people(client, customer):
    return (await client.get(f"/v1/customers/{customer['id']}/contacts")).json()["data"]


async def test_contacts_come_in_once_for_the_customers_they_name(client, imported, customer):
    one, two = await customer(code="C-1"), await customer(code="C-2")
    foreseen = await imported(CONTACTS, entity="contacts", dry_run=True)
    assert counts(foreseen) == (3, 3, 0, 0, 0)
    assert await _people(client, one) == []
    assert counts(await imported(CONTACTS, entity="contacts")) == (3, 3, 0, 0, 0)
    assert [(p["name"], p["phone"], p["email"], p["role"]) for p in await _people(client, one)] == [
        ("韩梅梅", "+8613900139000", None, "decider"),
        ("Jane Porter", None, "jane@example.com", "user"),
    ]
    assert [p["name"] for p in await _people(client, two)] == ["韩梅梅"]
    assert counts(await imported(CONTACTS, entity="contacts")) == (3, 0, 3, 0, 0)


async def test_customers_of_contacts_are_named_by_id_code_or_identity(client, imported, customer):
    one = await customer(code="C-1")
    body = {"channel": "wechat", "external_id": "w-1"}
    await client.post(f"/v1/customers/{one['id']}/identities", json=body)
    text = "customer_id,customer_code,channel,external_id,name\n"
    text += f"{one['id']},,,,甲\n,C-1,,,乙\n,,wechat,w-1,丙\n"
    assert counts(await imported(text, entity="contacts")) == (3, 3, 0, 0, 0)
    assert {p["name"] for p in await _people(client, one)} == {"甲", "乙", "丙"}


async def test_wrong_contacts_are_named_and_the_others_go_in(client, imported, faults, customer):
    await customer(code="C-1")
    gone = await customer(code="C-3")
    await client.delete(f"/v1/customers/{gone['id']}", headers={"If-Match": '"v1"'})
    rows = [
        ("C-1,甲,,13900139000,decider", None, None),
        ("C-1,甲,,13900139001,decider", "name", "contact_exists"),
        ("C-9,甲,,,", "customer_code", "customer_unknown"),
        (",甲,,,", None, "customer_not_named"),
        ("C-1,,,,", "name", "required"),
        ("C-1,乙,,1x,", "phone", "phone_invalid"),
        ("C-1,乙,,,boss", "role", "not_a_choice"),
        ("C-3,乙,,,", None, "customer_unknown"),
        ("C-1,丁,x-1,,", None, "customer_not_named"),
    ]
    text = "customer_code,name,external_id,phone,role\n" + "".join(f"{row}\n" for row, *_ in rows)
    for dry_run in (True, False):
        done = await imported(text, entity="contacts", dry_run=dry_run)
        assert counts(done) == (9, 1, 0, 1, 7)
        found = [(f["line"], f["code"]) for f in await faults(done)]
        expected = [
            (3, "contact_exists"),
            (4, "customer_unknown"),
            (5, "customer_not_named"),
            (6, "required"),
            (7, "too_short"),
            (8, "not_a_choice"),
            (9, "customer_unknown"),
            (10, "required"),
        ]
        assert found == expected


async def test_a_partner_brings_contacts_of_its_own_customers_only(
    client, imported, distributor, customer, signed_in
):
    home = await distributor("D-1")
    mine = await customer(code="C-1", distributor_id=home["id"])
    other = await customer(code="C-2")
    key = partner(UUID(home["id"]), "imports:write", "imports:read", "operations:read")
    async with signed_in(key) as theirs:
        done = await ended(theirs, (await sent(theirs, CONTACTS, entity="contacts")).json()["id"])
        assert counts(done) == (3, 2, 0, 0, 1)
    assert len(await _people(client, mine)) == 2
    assert await _people(client, other) == []


async def test_distributors_come_in_with_their_tree_and_are_told_of(client, imported, told):
    foreseen = await imported(DISTRIBUTORS, entity="distributors", dry_run=True)
    assert counts(foreseen) == (2, 2, 0, 0, 0)
    assert (await client.get("/v1/distributors")).json()["data"] == []
    assert counts(await imported(DISTRIBUTORS, entity="distributors")) == (2, 2, 0, 0, 0)
    found = {one["code"]: one for one in (await client.get("/v1/distributors")).json()["data"]}
    east, below = found["D-EAST"], found["D-EAST-1"]
    assert (east["territory"], east["product_lines"]) == (["310000", "330100"], ["COFFEE", "TEA"])
    assert east["contact_phone"] == "+862162881234"
    assert (below["parent_id"], below["status"], below["onboarding_stage"]) == (
        east["id"],
        "prospect",
        "applied",
    )
    assert [event["type"] for event in await told()] == ["distributor.changed.v1"] * 2
    assert counts(await imported(DISTRIBUTORS, entity="distributors")) == (2, 0, 2, 0, 0)
    assert len(await told()) == 2


async def test_wrong_distributors_are_named_and_change_nothing(client, imported, faults):
    await imported(DISTRIBUTORS, entity="distributors")
    text = "code,name,status,territory,parent_code\nD-EAST,别家,,,\nX-1,甲,,,D-NONE\nX-2,乙,gone,,\n"
    text += "X-3,丙,,999999,\nX-4,丁,,,X-4\nX-5,戊,,,D-EAST\n"
    done = await imported(text, entity="distributors")
    assert counts(done) == (6, 1, 0, 1, 4)
    assert [(f["line"], f["field"], f["code"]) for f in await faults(done)] == [
        (2, "code", "distributor_exists"),
        (3, "parent_code", "distributor_unknown"),
        (4, "status", "not_a_choice"),
        (5, "territory", "region_invalid"),
        (6, "parent_code", "distributor_unknown"),
    ]


async def test_a_preview_of_a_long_tree_of_distributors_is_what_the_import_does(imported):
    text = "code,name,parent_code\n" + "".join(f"D-{n},甲,{f'D-{n - 1}' if n else ''}\n" for n in range(1100))
    foreseen = await imported(text, entity="distributors", dry_run=True)
    assert counts(foreseen) == (1100, 1100, 0, 0, 0)


@pytest.mark.parametrize("who", [staff("sales"), partner(UUID(int=7), "imports:write", "imports:read")])
async def test_who_may_not_enter_distributors_does_not_import_them(signed_in, service, who):
    async with signed_in(who) as theirs:
        answer = await sent(theirs, DISTRIBUTORS, entity="distributors")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
    async with service.database.read() as db:
        assert await db.connection.fetchval("SELECT count(*) FROM upload") == 0


async def test_birthdays_and_strengths_come_in_and_wrong_ones_are_named(client, imported, faults, customer):
    one = await customer(code="C-1")
    text = (
        "customer_code,name,birthday,relation_strength\n"
        "C-1,甲,1980/5/12,5\nC-1,乙,农历 08-15,\nC-1,丙,02-30,\nC-1,丁,May 12,\nC-1,戊,,6\n"
    )
    done = await imported(text, entity="contacts")
    assert counts(done) == (5, 2, 0, 0, 3)
    assert [(f["line"], f["field"], f["code"]) for f in await faults(done)] == [
        (4, "birthday", "birthday_invalid"),
        (5, "birthday", "not_a_birthday"),
        (6, "relation_strength", "out_of_range"),
    ]
    page = (await client.get(f"/v1/customers/{one['id']}/contacts")).json()["data"]
    found = {each["name"]: (each["birthday"], each["relation_strength"]) for each in page}
    solar = {"calendar": "solar", "year": 1980, "month": 5, "day": 12, "leap": False}
    lunar = {"calendar": "lunar", "year": None, "month": 8, "day": 15, "leap": False}
    assert found == {"甲": (solar, 5), "乙": (lunar, None)}
    assert counts(await imported(text, entity="contacts"))[2] == 2


async def test_a_birthday_of_a_known_customer_is_renewed(client, imported, customer):
    one = await customer(code="C-1")
    text = "code,name,kind,birthday\nC-1,海纳百货,organisation,lunar 08-15\n"
    assert (await imported(text, entity="customers", policy="update"))["changed"] == 1
    assert (await client.get(f"/v1/customers/{one['id']}")).json()["birthday"]["calendar"] == "lunar"
    assert (await imported(text, entity="customers", policy="update"))["unchanged"] == 1
